import CNGHTTP2
package import EdgeLinux

/// One call of grpc.health.v1.Health/Check over a connection of its own, without TLS.
/// Source: pkg/probe/grpc/grpc.go, v1.36, and the protocol: grpc/doc/PROTOCOL-HTTP2.md, health-checking.md.
package final class HealthQuestion {
  package enum Answer: Sendable, Equatable {
    case serving
    case notServing(String)
    /// What the server said instead, by the code of gRPC.
    case failed(code: Int, String)
  }

  private static let states = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]

  /// The request's message, as far as it has not been sent.
  private var message: [UInt8]
  private var body: [UInt8] = []
  private var trailers: [String: String] = [:]
  private var isOver = false
  private var session: OpaquePointer?

  /// - Parameter service: empty: the server as a whole
  private init(service: String, authority: String) {
    // A field of number 1, after a mark that nothing is compressed and the length.
    let text = Array(service.utf8.prefix(255))
    let fields = text.isEmpty ? [] : [0x0A] + HealthQuestion.number(text.count) + text
    message = [0, 0, 0, UInt8(fields.count >> 8), UInt8(fields.count & 0xFF)] + fields
    nghttp2_session_client_new(&session, HealthQuestion.callbacks, Unmanaged.passUnretained(self).toOpaque())
    nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil, 0)
    let headers = [
      (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"), (":authority", authority),
      ("content-type", "application/grpc"), ("user-agent", "kube-probe/1.36"), ("te", "trailers"),
    ]
    let bytes = headers.map { (Array($0.utf8), Array($1.utf8)) }
    let fieldsOfRequest = bytes.map { name, value in
      nghttp2_nv(
        name: name.copy(), value: value.copy(), namelen: name.count, valuelen: value.count,
        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
    }
    var provider = nghttp2_data_provider()
    provider.read_callback = { _, _, buffer, count, flags, _, context in
      let question = HealthQuestion.of(context)
      let sent = min(count, question.message.count)
      for index in 0..<sent { buffer![index] = question.message[index] }
      question.message.removeFirst(sent)
      if question.message.isEmpty { flags!.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
      return sent
    }
    nghttp2_submit_request(session, nil, fieldsOfRequest, fieldsOfRequest.count, &provider, nil)
    for field in fieldsOfRequest {
      field.name.deallocate()
      field.value.deallocate()
    }
  }

  deinit { nghttp2_session_del(session) }

  private static func number(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80), UInt8(value >> 7)]
  }

  /// - Parameter socket: connected and non-blocking
  /// - Throws: what a connection that ends or speaks something else leads to
  package static func ask(_ socket: Descriptor, service: String, authority: String) async throws -> Answer {
    let question = HealthQuestion(service: service, authority: authority)
    while !question.isOver {
      try await socket.write(question.output())
      // nghttp2 has given up: what came is not its protocol.
      if nghttp2_session_want_read(question.session) == 0 { throw ConnectionError.closed }
      let bytes = try await socket.read()
      guard !bytes.isEmpty, question.receive(bytes) else { throw ConnectionError.closed }
    }
    return question.answer
  }

  private func output() -> [UInt8] {
    var output: [UInt8] = []
    var start: UnsafePointer<UInt8>?
    while case let count = nghttp2_session_mem_send(session, &start), count > 0 {
      output += UnsafeBufferPointer(start: start, count: count)
    }
    return output
  }

  private func receive(_ bytes: [UInt8]) -> Bool { nghttp2_session_mem_recv(session, bytes, bytes.count) >= 0 }

  private var answer: Answer {
    let code = trailers["grpc-status"].flatMap { Int($0) } ?? (body.isEmpty ? 2 : 0)
    if code != 0 { return .failed(code: code, trailers["grpc-message"] ?? "the server does not speak gRPC") }
    // The state is a field of number 1; zero, which is unknown, is left out.
    let state = body.count >= 7 && body[5] == 0x08 ? Int(body[6]) : 0
    return state == 1 ? .serving : .notServing(state < HealthQuestion.states.count ? HealthQuestion.states[state] : "\(state)")
  }

  // MARK: What nghttp2 calls

  private static func of(_ context: UnsafeMutableRawPointer?) -> HealthQuestion {
    Unmanaged<HealthQuestion>.fromOpaque(context!).takeUnretainedValue()
  }

  private nonisolated(unsafe) static let callbacks: OpaquePointer = {
    var callbacks: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, _, name, nameCount, value, valueCount, _, context in
      let name = String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
      guard name.hasPrefix("grpc-") else { return 0 }
      of(context).trailers[name] = String(
        decoding: UnsafeBufferPointer(start: value, count: min(valueCount, 1024)), as: UTF8.self)
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, _, bytes, count, context in
      // An answer is a few bytes.
      if of(context).body.count < 64 { of(context).body += UnsafeBufferPointer(start: bytes, count: min(count, 64)) }
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, _, _, context in
      of(context).isOver = true
      return 0
    }
    return callbacks!
  }()
}

extension [UInt8] {
  fileprivate func copy() -> UnsafeMutablePointer<UInt8> {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: Swift.max(1, count))
    copy.initialize(from: self, count: count)
    return copy
  }
}
