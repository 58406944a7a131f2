import COpenSSL

/// The server's side of a WebSocket (RFC 6455) after its handshake. One task reads; several may write.
package actor WebSocket {
  /// One message is never longer; a longer one ends the connection with 1009.
  package static let messageLimit = 4 << 20
  private let transport: any ByteTransport
  private var buffer: [UInt8] = []
  private var start = 0
  private var hasSentClose = false

  package init(_ transport: any ByteTransport) { self.transport = transport }

  /// The next binary or text message; nil when the peer ended the connection or broke the protocol. Pings are answered.
  package func read() async throws -> [UInt8]? {
    var message: [UInt8] = []
    var isFragmented = false
    while true {
      guard let frame = try await frame() else { return nil }
      switch frame.opcode {
      case .continuation where isFragmented, .text where !isFragmented, .binary where !isFragmented:
        guard message.count + frame.payload.count <= WebSocket.messageLimit else {
          return try await refuse(1009, "message too big")
        }
        if message.isEmpty { message = frame.payload } else { message.append(contentsOf: frame.payload) }
        if frame.isFinal { return message }
        isFragmented = true
      case .ping: try await send(.pong, frame.payload)
      case .pong: continue
      case .close:
        await close(1000, "")
        return nil
      default: return try await refuse(1002, "unexpected frame")
      }
    }
  }

  package func write(_ message: [UInt8]) async throws { try await send(.binary, message) }

  /// Says why the connection ends. What is written afterwards is not sent.
  package func close(_ code: UInt16, _ reason: String) async {
    guard !hasSentClose else { return }
    try? await send(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason.utf8)
    hasSentClose = true
  }
}

extension WebSocket {
  private enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  private struct Frame {
    var opcode: Opcode
    var isFinal: Bool
    var payload: [UInt8]
  }

  private func refuse(_ code: UInt16, _ reason: String) async throws -> [UInt8]? {
    await close(code, reason)
    return nil
  }

  private func send(_ opcode: Opcode, _ payload: [UInt8]) async throws {
    guard !hasSentClose else { return }
    var frame: [UInt8] = [0x80 | opcode.rawValue]
    frame.reserveCapacity(payload.count + 10)
    switch payload.count {
    case ..<126: frame.append(UInt8(payload.count))
    case ..<65_536: frame += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      frame.append(127)
      frame.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) })
    }
    frame.append(contentsOf: payload)
    try await transport.write(frame)
  }

  /// One frame, unmasked; nil at the end of the connection or after a frame that breaks the protocol.
  private func frame() async throws -> Frame? {
    guard try await fill(2) else { return nil }
    let (first, second) = (buffer[start], buffer[start + 1])
    guard first & 0x70 == 0, second & 0x80 != 0, let opcode = Opcode(rawValue: first & 0x0F) else {
      await close(1002, "frames of clients are masked and use no extension")
      return nil
    }
    var length = Int(second & 0x7F)
    var head = 2
    if length >= 126 {
      let width = length == 126 ? 2 : 8
      guard try await fill(2 + width) else { return nil }
      let wide = buffer[(start + 2)..<(start + 2 + width)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      length = Int(clamping: wide)
      head += width
    }
    guard length <= WebSocket.messageLimit, opcode.rawValue < 8 || length < 126 else {
      await close(1009, "frame too big")
      return nil
    }
    guard try await fill(head + 4 + length) else { return nil }
    let mask = start + head
    var payload = Array(buffer[(mask + 4)..<(mask + 4 + length)])
    for index in payload.indices { payload[index] ^= buffer[mask + index % 4] }
    start += head + 4 + length
    return Frame(opcode: opcode, isFinal: first & 0x80 != 0, payload: payload)
  }

  /// Reads until `count` bytes wait. False at the end of the connection.
  private func fill(_ count: Int) async throws -> Bool {
    if start > 0, start == buffer.count || start > 1 << 16 {
      buffer.removeFirst(start)
      start = 0
    }
    while buffer.count - start < count {
      guard let bytes = try await transport.read() else { return false }
      buffer.append(contentsOf: bytes)
    }
    return true
  }
}

/// The server's half of the handshake (RFC 6455, section 4.2).
package enum WebSocketHandshake {
  /// The answer to a request that asks for one of `protocols`, in the client's order of preference; nil for any other request. The
  /// empty one is for clients that offer none.
  package static func accept(
    _ request: HTTPRequest, protocols: [String], run: @escaping @Sendable (WebSocket, String) async -> Void
  ) -> HTTPResponse? {
    guard request.upgrade?.lowercased() == "websocket", let key = request.headers["sec-websocket-key"] else { return nil }
    guard request.headers["sec-websocket-version"] == "13" else {
      var refusal = HTTPResponse.text(400, "only version 13 of WebSocket is spoken here")
      refusal.headers.append("sec-websocket-version", "13")
      return refusal
    }
    let offered = request.headers.values("sec-websocket-protocol").flatMap { $0.split(separator: ",") }
      .map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
    guard let chosen = (offered.isEmpty ? [""] : offered).first(where: protocols.contains) else {
      return .text(400, "none of the subprotocols \(offered) is served here: \(protocols.joined(separator: ", "))")
    }
    var headers: HTTPHeaders = ["connection": "Upgrade", "upgrade": "websocket", "sec-websocket-accept": acceptance(of: key)]
    if !chosen.isEmpty { headers.append("sec-websocket-protocol", chosen) }
    return HTTPResponse(
      status: 101, headers: headers,
      body: .upgrade { connection in
        let socket = WebSocket(connection)
        await run(socket, chosen)
        await socket.close(1000, "")
      })
  }

  /// What proves that the server has read the client's key.
  static func acceptance(of key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1(text, text.count, &digest)
    var encoded = [UInt8](repeating: 0, count: 29)
    EVP_EncodeBlock(&encoded, digest, 20)
    return String(decoding: encoded.dropLast(), as: UTF8.self)
  }
}

/// A byte transport inside the messages of a WebSocket.
package struct WebSocketTunnel: ByteTransport {
  private let socket: WebSocket
  package init(_ socket: WebSocket) { self.socket = socket }
  package func read() async throws -> [UInt8]? { try await socket.read() }
  package func write(_ bytes: [UInt8]) async throws { try await socket.write(bytes) }
  package func close() async { await socket.close(1000, "") }
}
