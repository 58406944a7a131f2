import CLLHTTP

/// Push parser over llhttp, one request at a time. It refuses what smuggles requests: both Content-Length and Transfer-Encoding, two
/// lengths, an encoding that does not end in chunked, lines that end in CR or LF alone.
///
/// Confined to its connection's loop.
final class RequestParser: @unchecked Sendable {
  /// A request and how its connection goes on after it.
  struct Parsed {
    var request: HTTPRequest
    var keepsAlive: Bool
    var isHTTP10: Bool
  }

  private let parser = UnsafeMutablePointer<llhttp_t>.allocate(capacity: 1)
  private let limits: HTTPLimits
  private let streams: (String) -> Bool
  /// Of the body of the present request.
  private var stream: ByteStream?
  private var last: [UInt8] = []
  private var target: [UInt8] = []
  private var headers = HTTPHeaders()
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var nameBytes = 0
  private var bytesSinceBody = 0
  private var hasHeaders = false
  private var isComplete = false
  private var refusal: HTTPRefusal?
  /// The client waits for 100 Continue before it sends the body.
  private(set) var expectsContinue = false
  /// Bytes of a request have been seen, but not all of it.
  private(set) var isInRequest = false

  init(limits: HTTPLimits, streams: @escaping (String) -> Bool = { _ in false }) {
    (self.limits, self.streams) = (limits, streams)
    llhttp_init(parser, HTTP_REQUEST, RequestParser.settings)
    parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { parser.deallocate() }

  /// Consumes bytes up to the end of one request. What follows belongs to the next request or to the upgraded protocol.
  func feed(_ bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) -> (parsed: Parsed?, used: Int) {
    isComplete = false
    if !bytes.isEmpty { isInRequest = true }
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    let bodyCount = body.count
    let code = llhttp_execute(parser, start, bytes.count)
    if let refusal { throw refusal }
    if isComplete {
      let used = llhttp_get_error_pos(parser) - start!
      return (try makeParsed(), used)
    }
    if code == HPE_INVALID_METHOD || code == HPE_PAUSED_H2_UPGRADE { throw .unknownMethod }
    if code != HPE_OK { throw .badRequest("malformed HTTP request: \(String(cString: llhttp_get_error_reason(parser)))") }
    // What the callbacks never see, such as blanks before a value, has a limit as well.
    bytesSinceBody = body.count == bodyCount ? bytesSinceBody + bytes.count : 0
    if bytesSinceBody > 2 * limits.headerBytes { throw .headersTooLarge(limit: limits.headerBytes) }
    return (nil, bytes.count)
  }

  /// A request whose body is still coming and is to be streamed; once, then its pieces are consumed.
  func consumeHead() throws(HTTPRefusal) -> Parsed? {
    guard hasHeaders, stream == nil, streams(try splitTarget(target).path) else { return nil }
    stream = ByteStream()
    return try makeHead()
  }

  /// The end of a streamed body.
  func consumeLast() -> [UInt8] {
    defer { last = [] }
    return last
  }

  /// What has come of a streamed body.
  func consumeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  func didSendContinue() { expectsContinue = false }

  private func makeParsed() throws(HTTPRefusal) -> Parsed {
    isInRequest = false
    expectsContinue = false
    defer {
      headers = HTTPHeaders()
      (body, stream) = ([], nil)
      bytesSinceBody = 0
      hasHeaders = false
      llhttp_reset(parser)
    }
    var parsed = try makeHead()
    if stream == nil { parsed.request.body = body } else { last = body }
    return parsed
  }

  private func makeHead() throws(HTTPRefusal) -> Parsed {
    let name = String(cString: llhttp_method_name(llhttp_method_t(UInt32(parser.pointee.method))))
    guard let method = HTTPMethod(rawValue: name) else { throw .unknownMethod }
    let (path, query) = try splitTarget(target)
    var request = HTTPRequest(method: method, path: path, query: query, headers: headers)
    request.stream = stream
    if parser.pointee.upgrade != 0 { request.upgrade = headers["upgrade"] }
    return Parsed(
      request: request, keepsAlive: llhttp_should_keep_alive(parser) != 0,
      isHTTP10: parser.pointee.http_major == 1 && parser.pointee.http_minor == 0)
  }

  private func begin() {
    target.removeAll(keepingCapacity: true)
    headers = HTTPHeaders()
    headers.reserve()
    body = []
    headerBytes = 0
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
    nameBytes += bytes.count
    guard !hasHeaders else { return count(bytes.count) }
    headers.receiveName(bytes)
    return count(bytes.count)
  }

  /// llhttp takes a line that begins with a colon for a field.
  private func finishName() -> Bool {
    if nameBytes == 0 { refusal = .badRequest("a header has no name") }
    nameBytes = 0
    return refusal == nil
  }

  private func appendToValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !hasHeaders else { return count(bytes.count) }
    headers.receiveValue(bytes)
    return count(bytes.count + 4)
  }

  private func finishHeaders() -> Bool {
    headers.finish()
    hasHeaders = true
    let isStreamed = (try? splitTarget(target).path).map(streams) ?? false
    if !isStreamed, parser.pointee.content_length > UInt64(limits.bodyBytes) {
      refusal = .bodyTooLarge(limit: limits.bodyBytes)
    } else if let expectation = headers["expect"] {
      expectsContinue = expectation.lowercased() == "100-continue"
      if !expectsContinue { refusal = .unknownExpectation }
    }
    return refusal == nil
  }

  private func appendToBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= limits.bodyBytes || stream != nil else {
      refusal = .bodyTooLarge(limit: limits.bodyBytes)
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  private static func of(_ parser: UnsafeMutablePointer<llhttp_t>?) -> RequestParser {
    Unmanaged<RequestParser>.fromOpaque(parser!.pointee.data).takeUnretainedValue()
  }

  /// llhttp keeps no copy: they stay where they are.
  private nonisolated(unsafe) static let settings: UnsafePointer<llhttp_settings_t> = {
    var settings = llhttp_settings_t()
    settings.on_message_begin = {
      of($0).begin()
      return 0
    }
    settings.on_url = { parser, start, count in
      let me = of(parser)
      me.target.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count) ? 0 : -1
    }
    settings.on_header_field = { of($0).appendToName(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : -1 }
    settings.on_header_field_complete = { of($0).finishName() ? 0 : -1 }
    settings.on_header_value = { of($0).appendToValue(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : -1 }
    settings.on_headers_complete = { of($0).finishHeaders() ? 0 : -1 }
    settings.on_chunk_extension_name = { of($0).count($2) ? 0 : -1 }
    settings.on_chunk_extension_value = { of($0).count($2) ? 0 : -1 }
    settings.on_body = { of($0).appendToBody(UnsafeRawBufferPointer(start: $1, count: $2)) ? 0 : -1 }
    settings.on_message_complete = {
      of($0).isComplete = true
      return Int32(HPE_PAUSED.rawValue)
    }
    let place = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
    place.initialize(to: settings)
    return UnsafePointer(place)
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
  if path.hasBrokenEscape { throw .badRequest("the path has a broken percent escape") }
  return (String(decoding: path, as: UTF8.self), mark.map { String(decoding: rest[($0 + 1)...], as: UTF8.self) } ?? "")
}
