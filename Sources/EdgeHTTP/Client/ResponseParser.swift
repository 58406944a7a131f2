import CHTTPParser

/// Push parser over http_parser for the answers of one connection, one at a time.
final class ResponseParser {
  private static let headerLimit = 256 << 10
  private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
  private let isHead: Bool
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private(set) var hasHeaders = false
  private(set) var isComplete = false
  private(set) var keepsAlive = false
  private var isInValue = false
  private var headerBytes = 0
  private var body: [UInt8] = []

  init(isHead: Bool) {
    self.isHead = isHead
    http_parser_init(parser, HTTP_RESPONSE)
    parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { parser.deallocate() }

  /// What came of the body since it was last taken.
  func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  /// Consumes bytes; none at the end of the connection.
  /// - Returns: what was wrong.
  func feed(_ bytes: UnsafeRawBufferPointer) -> String? {
    var settings = ResponseParser.settings
    _ = http_parser_execute(parser, &settings, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    if isComplete { return nil }
    let code = UInt32(c_hp_errno(parser))
    return code == 0 ? nil : String(cString: http_errno_description(http_errno(code)))
  }

  private func count(_ bytes: Int) -> Int32 {
    headerBytes += bytes
    return headerBytes <= ResponseParser.headerLimit ? 0 : 1
  }

  private static func of(_ parser: UnsafeMutablePointer<http_parser>?) -> ResponseParser {
    Unmanaged<ResponseParser>.fromOpaque(parser!.pointee.data).takeUnretainedValue()
  }

  private static let settings: http_parser_settings = {
    var settings = http_parser_settings()
    settings.on_message_begin = {
      let me = of($0)
      me.headers = HTTPHeaders()
      me.headers.reserve()
      me.hasHeaders = false
      me.isInValue = false
      return 0
    }
    settings.on_header_field = { parser, start, count in
      let me = of(parser)
      guard !me.hasHeaders else { return me.count(count) }
      if me.isInValue || me.headers.count == 0 {
        if me.isInValue { me.headers.endField() }
        me.headers.beginField()
        me.isInValue = false
      }
      me.headers.appendToName(UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count)
    }
    settings.on_header_value = { parser, start, count in
      let me = of(parser)
      guard !me.hasHeaders else { return me.count(count) }
      if !me.isInValue {
        me.headers.beginValue()
        me.isInValue = true
      }
      me.headers.appendToValue(UnsafeRawBufferPointer(start: start, count: count))
      return me.count(count)
    }
    settings.on_headers_complete = { parser in
      let me = of(parser)
      if me.isInValue { me.headers.endField() }
      me.status = Int(c_hp_status(parser))
      me.hasHeaders = me.status >= 200
      return me.isHead ? 1 : 0
    }
    settings.on_body = { parser, start, count in
      of(parser).body.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return 0
    }
    settings.on_message_complete = { parser in
      let me = of(parser)
      // 100 Continue and its like come before the answer.
      guard me.status >= 200 else { return 0 }
      me.isComplete = true
      me.keepsAlive = http_should_keep_alive(parser) != 0
      http_parser_pause(parser, 1)
      return 0
    }
    return settings
  }()
}
