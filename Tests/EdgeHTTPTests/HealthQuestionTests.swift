import EdgeHTTP
import EdgeLinux
import Glibc
import Testing

@Suite("gRPC's health service is asked")
struct HealthQuestionTests {
  private static func frame(_ kind: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0, 0, UInt8(payload.count), kind, flags, 0, 0, 0, stream] + payload
  }

  private static func trailer(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }

  /// Settings, the head 200, a message and the trailers.
  private static func answer(_ message: [UInt8]?, _ code: String, _ text: String = "") -> [UInt8] {
    var bytes = frame(4, flags: 0, stream: 0, []) + frame(1, flags: 4, stream: 1, [0x88])
    if let message { bytes += frame(0, flags: 0, stream: 1, [0, 0, 0, 0, UInt8(message.count)] + message) }
    return bytes + frame(1, flags: 5, stream: 1, trailer("grpc-status", code) + trailer("grpc-message", text))
  }

  /// - Returns: what was found, and what was sent
  private func ask(_ bytes: [UInt8], service: String = "") async throws -> (HealthQuestion.Answer, sent: [UInt8]) {
    var numbers: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &numbers) == 0)
    let (client, server) = (Descriptor(owning: numbers[0]), Descriptor(owning: numbers[1]))
    try await server.write(bytes)
    let answer = try await HealthQuestion.ask(client, service: service, authority: "pod:1")
    return (answer, try server.readNow() ?? [])
  }

  @Test("a server that serves says so, and hears which of its services is meant")
  func serving() async throws {
    let (answer, sent) = try await ask(Self.answer([0x08, 1], "0"), service: "store")
    #expect(answer == .serving)
    #expect(sent.starts(with: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)))
    let message: [UInt8] = [0, 0, 0, 0, 7, 0x0A, 5] + Array("store".utf8)
    #expect(sent.indices.contains { sent[$0...].starts(with: message) })
  }

  @Test("what does not serve, does not know the service or has no such service is told from one another")
  func failures() async throws {
    #expect(try await ask(Self.answer([0x08, 2], "0")).0 == .notServing("NOT_SERVING"))
    #expect(try await ask(Self.answer([], "0")).0 == .notServing("UNKNOWN"))
    #expect(try await ask(Self.answer(nil, "12", "no such method")).0 == .failed(code: 12, "no such method"))
  }

  @Test("who speaks something else is no health service", arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0"])
  func otherProtocol(text: String) async throws {
    await #expect(throws: (any Error).self) { try await ask(Array(text.utf8) + [UInt8](repeating: 0, count: 64)) }
  }
}
