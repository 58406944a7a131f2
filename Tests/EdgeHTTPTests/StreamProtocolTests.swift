import CZlib
import Synchronization
import Testing

@testable import EdgeHTTP

/// Bytes that a peer has sent, and what it was sent.
final class MemoryTransport: ByteTransport {
  private let incoming = ByteStream(maximumBytes: 64 << 20, maximumCount: 1_000_000)
  private let sent = Mutex<[UInt8]>([])
  private let wasClosed = Mutex(false)

  init(_ pieces: [[UInt8]], ends: Bool = true) {
    for piece in pieces { incoming.offer(piece) }
    if ends { incoming.finish() }
  }

  var output: [UInt8] { sent.withLock { $0 } }
  func read() async throws -> [UInt8]? { await incoming.read() }
  func write(_ bytes: [UInt8]) async throws { sent.withLock { $0 += bytes } }
  func close() async {
    wasClosed.withLock { $0 = true }
    incoming.finish()
  }
}

/// A frame as a client sends it, masked.
private func frame(_ opcode: UInt8, _ payload: [UInt8], final: Bool = true) -> [UInt8] {
  let mask: [UInt8] = [1, 2, 3, 4]
  var bytes = [(final ? 0x80 : 0) | opcode]
  switch payload.count {
  case ..<126: bytes.append(0x80 | UInt8(payload.count))
  case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
  default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
  }
  return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

@Suite struct WebSocketTests {
  @Test("the handshake proves that the key was read, with the example of RFC 6455")
  func acceptance() { #expect(WebSocketHandshake.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") }

  @Test("messages of every length arrive whole, however the bytes are cut", arguments: [0, 1, 125, 126, 65_535, 65_536, 200_000])
  func lengths(count: Int) async throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let bytes = frame(2, payload)
    let pieces = stride(from: 0, to: bytes.count, by: 777).map { Array(bytes[$0..<min($0 + 777, bytes.count)]) }
    #expect(try await WebSocket(MemoryTransport(pieces)).read() == payload)
  }

  @Test("fragments become one message, and a ping between them is answered")
  func fragments() async throws {
    let transport = MemoryTransport([frame(2, [1, 2], final: false) + frame(9, [7]) + frame(0, [3])])
    #expect(try await WebSocket(transport).read() == [1, 2, 3])
    #expect(transport.output == [0x8A, 1, 7])
  }

  @Test("what breaks the protocol ends the connection with its code")
  func refusals() async throws {
    let unmasked = MemoryTransport([[0x82, 1, 0]])
    #expect(try await WebSocket(unmasked).read() == nil)
    #expect(unmasked.output.prefix(4) == [0x88, UInt8(unmasked.output.count - 2), 0x03, 0xEA])
    let huge = MemoryTransport([[0x82, 0xFF, 0, 0, 0, 0, 0x7F, 0, 0, 0]])
    #expect(try await WebSocket(huge).read() == nil)
    #expect(huge.output.dropFirst(2).prefix(2) == [0x03, 0xF1])
    let stray = MemoryTransport([frame(0, [1])])
    #expect(try await WebSocket(stray).read() == nil)
    #expect(stray.output.dropFirst(2).prefix(2) == [0x03, 0xEA])
  }

  @Test("channels carry input, sizes and the end of the input")
  func channels() async {
    let transport = MemoryTransport([
      frame(2, [0] + Array("hello".utf8)), frame(2, [4] + Array(#"{"Width":80,"Height":24}"#.utf8)), frame(2, [255, 0]),
    ])
    let channel = WebSocketChannel(WebSocket(transport), "v5.channel.k8s.io")
    await channel.pump()
    #expect(await channel.readInput() == Array("hello".utf8))
    #expect(await channel.readInput() == nil)
    #expect(await channel.readSize() == Array(#"{"Width":80,"Height":24}"#.utf8))
    await channel.untilGone()
  }

  @Test("before version 4 a client is told of a failure alone, in words")
  func plainStatus() async {
    let versions: [(String, [[UInt8]])] = [
      ("", [Array("ended with 3".utf8)]), ("channel.k8s.io", [Array("ended with 3".utf8)]),
      ("v4.channel.k8s.io", [Array("fine".utf8), Array("failed".utf8)]),
    ]
    for (version, told) in versions {
      let transport = MemoryTransport([])
      let channel = WebSocketChannel(WebSocket(transport), version)
      await channel.finish(status: Array("fine".utf8), failure: nil)
      await channel.finish(status: Array("failed".utf8), failure: "ended with 3")
      let frames: [UInt8] = told.flatMap { [0x82, UInt8($0.count + 1), 3] + $0 }
      #expect(transport.output == frames, "\(version)")
    }
  }

  @Test("a request without a subprotocol that is served is refused, and no upgrade at all too")
  func negotiation() {
    var request = HTTPRequest(
      method: .get, path: "/",
      headers: ["sec-websocket-key": "x", "sec-websocket-version": "13", "sec-websocket-protocol": "a, b"],
      upgrade: "websocket")
    let names = CommandStreamNames(stdin: false, stdout: true, stderr: false, terminal: false)
    #expect(CommandUpgrade.accept(request, names) { _ in }.status == 400)
    let none = HTTPRequest(
      method: .get, path: "/", headers: ["sec-websocket-key": "x", "sec-websocket-version": "13"], upgrade: "websocket")
    let plain = CommandUpgrade.accept(none, names) { _ in }
    #expect(plain.status == 101 && plain.headers["sec-websocket-protocol"] == nil)
    request.headers.append("sec-websocket-protocol", "v4.channel.k8s.io")
    let answer = CommandUpgrade.accept(request, names) { _ in }
    #expect(answer.status == 101)
    #expect(answer.headers["sec-websocket-protocol"] == "v4.channel.k8s.io")
    request.upgrade = nil
    #expect(CommandUpgrade.accept(request, names) { _ in }.status == 400)
    request.upgrade = "SPDY/3.1"
    #expect(CommandUpgrade.accept(request, names) { _ in }.status == 403)
  }
}

/// A port of a pod that answers each piece with the piece and its own number.
private struct EchoPort: PortConnection {
  let number: UInt16
  let pieces = ByteStream()

  func read() async throws -> [UInt8]? { await pieces.read() }
  func write(_ bytes: [UInt8]) async throws { pieces.offer(bytes + [UInt8(number & 0xFF)]) }
  func finish() async { pieces.finish() }
  func close() async {}
}

@Suite struct WebSocketPortTests {
  @Test("each port has a channel for data and one for errors, which begin with its number")
  func forwards() async {
    let transport = MemoryTransport([frame(2, [0, 7]), frame(2, [9, 9]), frame(2, [2, 8]), frame(2, [])])
    let isRefused = SystemProblem()
    await PortForwardUpgrade.serve(WebSocket(transport), [0x1F90, 80]) { port in
      if port == 80 { throw isRefused }
      return EchoPort(number: port)
    }
    let heads: [[UInt8]] = [[0, 0x90, 0x1F], [1, 0x90, 0x1F], [2, 80, 0], [3, 80, 0]]
    let sent: [UInt8] = heads.flatMap { [0x82, 3] + $0 }
    #expect(Array(transport.output.prefix(sent.count)) == sent)
    let rest = Array(transport.output.dropFirst(sent.count))
    let refusal: [UInt8] = [0x82, UInt8(isRefused.description.utf8.count + 1), 3] + Array(isRefused.description.utf8)
    let echo: [UInt8] = [0x82, 3, 0, 7, 0x90]
    #expect(rest == echo + refusal || rest == refusal + echo)
  }

  @Test("a client that names no port is not answered in channels")
  func wantsPorts() {
    let request = HTTPRequest(
      method: .get, path: "/",
      headers: ["sec-websocket-key": "x", "sec-websocket-version": "13", "sec-websocket-protocol": "v4.channel.k8s.io"],
      upgrade: "websocket")
    #expect(PortForwardUpgrade.accept(request, ports: []) { EchoPort(number: $0) }.status == 400)
    #expect(PortForwardUpgrade.accept(request, ports: [80]) { EchoPort(number: $0) }.status == 101)
  }

  private struct SystemProblem: Error, CustomStringConvertible { let description = "nobody listens" }
}

@Suite struct SPDYTests {
  @Test("the dictionary is the one whose checksum every peer names")
  func dictionary() {
    #expect(SPDYHeaders.dictionary.count == 1423)
    #expect(adler32(1, SPDYHeaders.dictionary, 1423) == 0xE3C6_A7C2)
  }

  @Test("header blocks are read in the order of their connection, several values included")
  func headers() throws {
    let (client, server) = (SPDYHeaders(), SPDYHeaders())
    for round in 0..<3 {
      let block = client.encode([("streamtype", "stdout"), ("port", "80\u{0}81"), ("round", String(round))])
      let decoded = try server.decode(block[...])
      #expect(decoded["streamtype"] == "stdout")
      #expect(decoded.values("port") == ["80", "81"])
      #expect(decoded["round"] == String(round))
    }
    #expect(throws: SPDYError.headers) { try SPDYHeaders().decode([1, 2, 3, 4]) }
  }

  @Test("a block that unpacks to more than its limit is refused")
  func bomb() {
    let client = SPDYHeaders()
    let block = client.encode([("a", String(repeating: "x", count: SPDYHeaders.limit))])
    #expect(block.count < 4096)
    #expect(throws: SPDYError.headers) { try SPDYHeaders().decode(block[...]) }
  }

  /// SYN_STREAM as kubectl sends it.
  static func open(_ id: UInt32, _ name: String, _ headers: SPDYHeaders) -> [UInt8] {
    let payload = bigEndian(id) + bigEndian(0) + [0, 0] + headers.encode([("streamtype", name)])
    return [0x80, 3, 0, 1, 0] + bigEndian(UInt32(payload.count)).dropFirst() + payload
  }

  static func data(_ id: UInt32, _ bytes: [UInt8], last: Bool = false) -> [UInt8] {
    bigEndian(id) + bigEndian(UInt32(bytes.count) | (last ? 1 << 24 : 0)) + bytes
  }

  @Test("a command's streams are found by their names, and carry both ways")
  func command() async throws {
    let headers = SPDYHeaders()
    let ping: [UInt8] = [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]
    let transport = MemoryTransport(
      [
        SPDYTests.open(1, "error", headers), SPDYTests.open(3, "stdin", headers), SPDYTests.open(5, "stdout", headers), ping,
        SPDYTests.data(3, Array("in".utf8), last: true),
      ], ends: false)
    let session = SPDYSession(transport)
    let serving = Task { await session.run() }
    let names = CommandStreamNames(stdin: true, stdout: true, stderr: false, terminal: false)
    let channel = try #require(await SPDYChannel(session, names))
    #expect(await channel.readInput() == Array("in".utf8))
    #expect(await channel.readInput() == nil)
    try await channel.writeOutput(Array("out".utf8))
    await channel.finish(status: Array("{}".utf8), failure: nil)
    await session.close()
    await serving.value
    await channel.untilGone()
    let sent = String(decoding: transport.output, as: Unicode.ASCII.self)
    #expect(transport.output.firstRange(of: ping) != nil)
    #expect(transport.output.firstRange(of: SPDYTests.data(5, Array("out".utf8))) != nil)
    #expect(transport.output.firstRange(of: SPDYTests.data(5, [], last: true)) != nil)
    #expect(transport.output.firstRange(of: SPDYTests.data(1, Array("{}".utf8))) != nil, "\(sent)")
  }

  @Test("a client that leaves before its streams are there is let go")
  func leaves() async {
    let transport = MemoryTransport([SPDYTests.open(1, "error", SPDYHeaders())])
    let session = SPDYSession(transport)
    async let serving: Void = session.run()
    let names = CommandStreamNames(stdin: false, stdout: true, stderr: true, terminal: false)
    let channel = await SPDYChannel(session, names)
    #expect(channel == nil)
    await serving
  }

  @Test("frames that are too large, of another version, or open a stream twice end the session")
  func refusals() async {
    let headers = SPDYHeaders()
    let first = SPDYTests.open(1, "error", headers)
    for bad in [
      [0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF], [0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1], SPDYTests.open(1, "stdin", headers),
    ] {
      let session = SPDYSession(MemoryTransport([first, bad], ends: false))
      await session.run()
      var count = 0
      for await _ in session.opened { count += 1 }
      #expect(count <= 1)
    }
  }
}
