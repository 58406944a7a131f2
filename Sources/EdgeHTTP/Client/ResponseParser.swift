import CLLHTTP

/// Push parser over llhttp for the answers of one connection, one at a time.
final class ResponseParser {
  private static let headerLimit = 256 << 10
  private let parser = UnsafeMutablePointer<llhttp_t>.allocate(capacity: 1)
  private let isHead: Bool
  /// The request asked for another protocol, so 101 is an answer.
  private let allowsUpgrade: Bool
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private(set) var hasHeaders = false
  private(set) var isComplete = false
  private(set) var keepsAlive = false
  private var headerBytes = 0
  private var body: [UInt8] = []
  /// What came behind an answer that is complete: the first bytes of another protocol.
  private(set) var surplus: [UInt8] = []
  var isUpgraded: Bool { isComplete && status == 101 }

  init(isHead: Bool, allowsUpgrade: Bool = false) {
    (self.isHead, self.allowsUpgrade) = (isHead, allowsUpgrade)
    llhttp_init(parser, HTTP_RESPONSE, ResponseParser.settings)
    // Applications whose probes are answered by a line of shell end their lines in LF alone.
    llhttp_set_lenient_headers(parser, 1)
    parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { parser.deallocate() }

  /// What came of the body since it was last taken.
  func consumeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  /// Consumes bytes; none at the end of the connection.
  /// - Returns: what was wrong.
  func feed(_ bytes: UnsafeRawBufferPointer) -> String? {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    let code = bytes.isEmpty ? llhttp_finish(parser) : llhttp_execute(parser, start, bytes.count)
    if isUpgraded, let start { surplus = Array(bytes[(llhttp_get_error_pos(parser) - start)...]) }
    return isComplete || code == HPE_OK ? nil : String(cString: llhttp_get_error_reason(parser))
  }

  private var isAnswer: Bool { status >= 200 || (status == 101 && allowsUpgrade) }

  private func count(_ bytes: Int) -> Int32 {
    headerBytes += bytes
    return headerBytes <= ResponseParser.headerLimit ? 0 : -1
  }

  private static func of(_ parser: UnsafeMutablePointer<llhttp_t>?) -> ResponseParser {
    Unmanaged<ResponseParser>.fromOpaque(parser!.pointee.data).takeUnretainedValue()
  }

  private nonisolated(unsafe) static let settings: UnsafePointer<llhttp_settings_t> = {
    var settings = llhttp_settings_t()
    settings.on_message_begin = {
      let me = of($0)
      me.headers = HTTPHeaders()
      me.headers.reserve()
      me.hasHeaders = false
      return 0
    }
    settings.on_header_field = { parser, start, count in
      let me = of(parser)
      guard !me.hasHeaders else { return me.count(count) }
      me.headers.receiveName(UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count)
    }
    settings.on_header_value = { parser, start, count in
      let me = of(parser)
      guard !me.hasHeaders else { return me.count(count) }
      me.headers.receiveValue(UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count)
    }
    settings.on_headers_complete = { parser in
      let me = of(parser)
      me.headers.finish()
      me.status = Int(parser!.pointee.status_code)
      me.hasHeaders = me.isAnswer
      return me.isHead ? 1 : 0
    }
    settings.on_body = { parser, start, count in
      of(parser).body.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return 0
    }
    settings.on_message_complete = { parser in
      let me = of(parser)
      // 100 Continue and its like come before the answer.
      guard me.isAnswer else { return 0 }
      me.isComplete = true
      me.keepsAlive = llhttp_should_keep_alive(parser) != 0
      return Int32(HPE_PAUSED.rawValue)
    }
    let place = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
    place.initialize(to: settings)
    return UnsafePointer(place)
  }()
}
