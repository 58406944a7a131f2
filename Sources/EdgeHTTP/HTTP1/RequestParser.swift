import CHTTPParser

/// Push parser over http_parser, one request at a time. It refuses what smuggles requests: both Content-Length and
/// Transfer-Encoding, two lengths, an encoding that does not end in chunked.
final class RequestParser {
  /// A request and how its connection goes on after it.
  struct Parsed {
    var request: HTTPRequest
    var keepsAlive: Bool
    var isHTTP10: Bool
  }

  private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
  private let limits: HTTPLimits
  private var target: [UInt8] = []
  private var headers = HTTPHeaders()
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var isInValue = false
  private var hasHeaders = false
  private var isComplete = false
  private var refusal: HTTPRefusal?
  /// The client waits for 100 Continue before it sends the body.
  private(set) var expectsContinue = false
  /// Bytes of a request have been seen, but not all of it.
  private(set) var isInRequest = false

  init(limits: HTTPLimits) {
    self.limits = limits
    http_parser_init(parser, HTTP_REQUEST)
    parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { parser.deallocate() }

  /// Consumes bytes up to the end of one request. What follows belongs to the next request or to the upgraded protocol.
  func feed(_ bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) -> (parsed: Parsed?, used: Int) {
    isComplete = false
    if !bytes.isEmpty { isInRequest = true }
    var settings = RequestParser.settings
    let used = http_parser_execute(parser, &settings, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    if let refusal { throw refusal }
    if isComplete {
      if c_hp_errno(parser) == HPE_PAUSED.rawValue { c_hp_unpause(parser) }
      return (try makeParsed(), used)
    }
    let code = UInt32(c_hp_errno(parser))
    if code == HPE_HEADER_OVERFLOW.rawValue { throw .headersTooLarge(limit: limits.headerBytes) }
    if code == HPE_INVALID_METHOD.rawValue { throw .unknownMethod }
    if code != 0 { throw .badRequest("malformed HTTP request: \(String(cString: http_errno_description(http_errno(code))))") }
    return (nil, used)
  }

  func didSendContinue() { expectsContinue = false }

  private func makeParsed() throws(HTTPRefusal) -> Parsed {
    isInRequest = false
    expectsContinue = false
    let name = String(cString: http_method_str(http_method(rawValue: UInt32(c_hp_method(parser)))))
    guard let method = HTTPMethod(rawValue: name) else { throw .unknownMethod }
    let (path, query) = try splitTarget(target)
    var request = HTTPRequest(method: method, path: path, query: query, headers: headers, body: body)
    if c_hp_upgrade(parser) != 0 { request.upgrade = headers["upgrade"] }
    defer {
      headers = HTTPHeaders()
      body = []
    }
    return Parsed(
      request: request, keepsAlive: http_should_keep_alive(parser) != 0,
      isHTTP10: parser.pointee.http_major == 1 && parser.pointee.http_minor == 0)
  }

  private func begin() {
    target.removeAll(keepingCapacity: true)
    headers = HTTPHeaders()
    headers.reserve()
    body = []
    headerBytes = 0
    isInValue = false
    hasHeaders = false
  }

  private func count(_ bytes: Int) -> Bool {
    headerBytes += bytes
    if headerBytes <= limits.headerBytes && headers.count <= limits.headerFields { return true }
    refusal = .headersTooLarge(limit: limits.headerBytes)
    return false
  }

  /// Fields after the body (trailers) are counted and dropped: nobody may change a header once the body is read.
  private func appendToName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // Debian's http_parser lets spaces through (it is built without HTTP_PARSER_STRICT); RFC 9112, 5.1 asks for a 400.
    if bytes.contains(0x20) {
      refusal = .badRequest("a header's name holds a space")
      return false
    }
    guard !hasHeaders else { return count(bytes.count) }
    if isInValue || headers.count == 0 {
      if isInValue { headers.endField() }
      headers.beginField()
      isInValue = false
    }
    headers.appendToName(bytes)
    return count(bytes.count)
  }

  private func appendToValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !hasHeaders else { return count(bytes.count) }
    if !isInValue {
      headers.beginValue()
      isInValue = true
    }
    headers.appendToValue(bytes)
    return count(bytes.count + 4)
  }

  private func finishHeaders() -> Bool {
    if isInValue { headers.endField() }
    hasHeaders = true
    let length = parser.pointee.content_length
    if length != .max && length > UInt64(limits.bodyBytes) {
      refusal = .bodyTooLarge(limit: limits.bodyBytes)
    } else if let expectation = headers["expect"] {
      expectsContinue = expectation.lowercased() == "100-continue"
      if !expectsContinue { refusal = .unknownExpectation }
    }
    return refusal == nil
  }

  private func appendToBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= limits.bodyBytes else {
      refusal = .bodyTooLarge(limit: limits.bodyBytes)
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  private static func of(_ parser: UnsafeMutablePointer<http_parser>?) -> RequestParser {
    Unmanaged<RequestParser>.fromOpaque(parser!.pointee.data).takeUnretainedValue()
  }

  private static let settings: http_parser_settings = {
    var settings = http_parser_settings()
    settings.on_message_begin = {
      of($0).begin()
      return 0
    }
    settings.on_url = { parser, start, count in
      let me = of(parser)
      me.target.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count) ? 0 : 1
    }
    settings.on_header_field = { of($0).appendToName(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : 1 }
    settings.on_header_value = { of($0).appendToValue(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : 1 }
    settings.on_headers_complete = { of($0).finishHeaders() ? 0 : -1 }
    settings.on_body = { of($0).appendToBody(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : 1 }
    settings.on_message_complete = {
      of($0).isComplete = true
      http_parser_pause($0, 1)
      return 0
    }
    return settings
  }()
}

/// Path and query, both as they came, of a request target in origin form or absolute form (RFC 9112, 3.2).
func splitTarget(_ target: [UInt8]) throws(HTTPRefusal) -> (path: String, query: String) {
  var rest = target[...]
  if rest.first != UInt8(ascii: "/") {
    if rest.elementsEqual([UInt8(ascii: "*")]) { return ("*", "") }
    guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[colon...].starts(with: "://".utf8) else {
      throw .badRequest("the request target is neither a path nor a URL")
    }
    let authority = rest[(colon + 3)...]
    rest = authority.firstIndex(of: UInt8(ascii: "/")).map { authority[$0...] } ?? [UInt8(ascii: "/")]
  }
  let mark = rest.firstIndex(of: UInt8(ascii: "?"))
  let path = rest[..<(mark ?? rest.endIndex)]
  if path.contains(UInt8(ascii: "%")), percentDecoded(path) == nil { throw .badRequest("the path has a broken percent escape") }
  return (String(decoding: path, as: UTF8.self), mark.map { String(decoding: rest[($0 + 1)...], as: UTF8.self) } ?? "")
}
