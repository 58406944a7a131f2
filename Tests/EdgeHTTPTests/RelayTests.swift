import EdgeLinux
import Glibc
import Synchronization
import Testing

@testable import EdgeHTTP

private func local(_ port: UInt16) -> SocketAddress { SocketAddress(host: "127.0.0.1", port: port) }

private func connect(_ port: UInt16) async throws -> Descriptor {
  let socket = try Socket.connect(to: local(port))
  while !(try Socket.finishConnecting(socket.number)) { try await Readiness.shared.wait(for: socket, writing: true) }
  return socket
}

private func wait(_ what: String, until holds: () -> Bool) async throws {
  let limit = ContinuousClock.now + .seconds(10)
  while !holds() {
    if ContinuousClock.now > limit { throw SystemError("wait", what, code: ETIMEDOUT) }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// A relay to a server whose side the test plays.
private struct RelayedServer {
  private let listener: Descriptor
  let relay: StreamRelay
  let port: UInt16

  init(limit: Int = StreamRelay.limit) throws {
    let listener = try Socket.listen(on: local(0))
    self.listener = listener
    let entrance = try ListeningSocket(local(0))
    port = entrance.address.port
    relay = StreamRelay(entrance, loops: testLoops, limit: limit) {
      try await connect(SocketAddress.local(of: listener.number)!.port)
    }
  }

  func accept() async throws -> Descriptor {
    try await Readiness.shared.wait(for: listener, writing: false, timeout: .seconds(10), what: "a connection")
    return try Socket.accept(listener.number)
  }

  /// Both ends of a connection.
  func pair() async throws -> (client: Descriptor, server: Descriptor) {
    let client = try await connect(port)
    return (client, try await accept())
  }
}

@Suite("Connections that are passed on", .timeLimit(.minutes(1))) struct StreamRelayTests {
  @Test("all bytes come through both ways, also after one side has said that it sends no more")
  func halfClose() async throws {
    let relayed = try RelayedServer()
    let (client, server) = try await relayed.pair()
    let question = [UInt8](repeating: 7, count: 3_000_000)
    let answer = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
    async let asked: Void = {
      try await client.write(question)
      Socket.endWriting(client.number)
    }()
    #expect(try await server.readToEnd(limit: .max) == question)
    try await asked
    async let answered: Void = {
      try await server.write(answer)
      Socket.endWriting(server.number)
    }()
    #expect(try await client.readToEnd(limit: .max) == answer)
    try await answered
    try await wait("the end of the connection") { relayed.relay.count == 0 }
    await relayed.relay.stop()
  }

  @Test("who does not read stops who sends, and gets all of it later")
  func backPressure() async throws {
    let relayed = try RelayedServer()
    let (client, server) = try await relayed.pair()
    let bytes = [UInt8](repeating: 1, count: 64 << 20)
    var sent = 0
    // Once the kernel's buffers are full nothing more goes: what is not read is nowhere but with its sender.
    await #expect(throws: SystemError("wait", "room", code: ETIMEDOUT)) {
      while sent < bytes.count {
        if let count = try server.writeNow(bytes, from: sent) {
          sent += count
        } else {
          try await Readiness.shared.wait(for: server, writing: true, timeout: .milliseconds(300), what: "room")
        }
      }
    }
    async let rest: Void = {
      try await server.write(Array(bytes[sent...]))
      Socket.endWriting(server.number)
    }()
    #expect(try await client.readToEnd(limit: .max) == bytes)
    try await rest
    await relayed.relay.stop()
  }

  @Test("an answer that is broken off is an error for its reader, and no end")
  func abort() async throws {
    let relayed = try RelayedServer()
    let client = try await connect(relayed.port)
    do {
      let server = try await relayed.accept()
      try await server.write([1, 2, 3])
      #expect(try await client.read() == [1, 2, 3])
      Socket.setAborting(server.number)
    }
    await #expect(throws: SystemError("read", code: ECONNRESET)) { try await client.read() }
    try await wait("the end of the connection") { relayed.relay.count == 0 }
    await relayed.relay.stop()
  }

  @Test("where nobody is, the connection ends at once with an error")
  func nobody() async throws {
    let entrance = try ListeningSocket(local(0))
    let relay = StreamRelay(entrance, loops: testLoops) { throw SystemError("connect", code: ECONNREFUSED) }
    let error = await #expect(throws: SystemError.self) { try await connect(entrance.address.port).read() }
    #expect(error?.code == ECONNRESET)
    await relay.stop()
  }

  @Test("more connections than may be at a time wait until one ends")
  func limit() async throws {
    let relayed = try RelayedServer(limit: 1)
    var first: Descriptor? = try await connect(relayed.port)
    var server: Descriptor? = try await relayed.accept()
    let second = try await connect(relayed.port)
    try await second.write([2])
    #expect(relayed.relay.count == 1)
    (first, server) = (nil, nil)
    let later = try await relayed.accept()
    #expect(try await later.read() == [2])
    #expect(first == nil && server == nil && relayed.relay.count == 1)
    await relayed.relay.stop()
  }

  @Test("a thousand connections at a time keep their bytes apart")
  func many() async throws {
    let relayed = try RelayedServer()
    let echo = Task {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<1000 {
          guard let server = try? await relayed.accept() else { return }
          group.addTask { if let bytes = try? await server.readToEnd(limit: 100) { try? await server.write(bytes) } }
        }
      }
    }
    var clients: [Descriptor] = []
    for _ in 0..<1000 { clients.append(try await connect(relayed.port)) }
    for (index, client) in clients.enumerated() { try await client.write(Array("client \(index)".utf8)) }
    for client in clients { Socket.endWriting(client.number) }
    for (index, client) in clients.enumerated() {
      #expect(try await client.readToEnd(limit: 100) == Array("client \(index)".utf8))
    }
    await echo.value
    await relayed.relay.stop()
  }

  @Test("once it has stopped, connections are broken off, more are refused, and the port is free")
  func stop() async throws {
    let relayed = try RelayedServer()
    let (client, server) = try await relayed.pair()
    await relayed.relay.stop()
    await #expect(throws: SystemError("read", code: ECONNRESET)) { try await client.read() }
    await #expect(throws: SystemError("read", code: ECONNRESET)) { try await server.read() }
    await #expect(throws: SystemError("connect", code: ECONNREFUSED)) { _ = try await connect(relayed.port) }
    _ = try ListeningSocket(local(relayed.port))
  }
}

@Suite("Datagrams that are passed on", .timeLimit(.minutes(1))) struct DatagramRelayTests {
  /// Sends back to each what it has said, until its task is cancelled.
  private static func echo(_ socket: Descriptor) async {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { buffer.deallocate() }
    while (try? await Readiness.shared.wait(for: socket, writing: false)) != nil {
      while let (bytes, sender) = Datagrams.receive(socket, buffer) { Datagrams.send(Array(bytes), to: sender, from: socket) }
    }
  }

  private static func answer(_ client: Descriptor, to text: String) async throws -> String {
    try await client.write(Array(text.utf8))
    try await Readiness.shared.wait(for: client, writing: false, timeout: .seconds(10), what: "an answer to \(text)")
    return String(decoding: try client.readNow() ?? [], as: UTF8.self)
  }

  @Test("each client has its own answers, until it has been silent for a while; more clients than may be are not heard")
  func echo() async throws {
    let server = try Datagrams.bind(to: local(0))
    let echoing = Task { await Self.echo(server) }
    var entrance: ListeningSocket? = try ListeningSocket(local(0), forDatagrams: true)
    let address = entrance!.address
    let relay = DatagramRelay(entrance!, loop: testLoops[0], limit: 2, idle: .milliseconds(400)) {
      try Datagrams.connect(to: SocketAddress.local(of: server.number)!)
    }
    entrance = nil
    let clients = try (0..<3).map { _ in try Datagrams.connect(to: address) }
    #expect(try await Self.answer(clients[0], to: "first") == "first")
    #expect(try await Self.answer(clients[1], to: "second") == "second")
    #expect(relay.count == 2)
    try await clients[2].write(Array("lost".utf8))
    #expect(try await Self.answer(clients[0], to: "still there") == "still there")
    #expect(relay.count == 2)
    try await wait("the end of silent clients") { relay.count == 0 }
    #expect(try await Self.answer(clients[2], to: "third") == "third")
    await relay.stop()
    #expect(relay.count == 0)
    _ = try ListeningSocket(address, forDatagrams: true)
    echoing.cancel()
  }

  @Test("a client whose datagrams nobody takes is forgotten, and finds who comes later")
  func nobody() async throws {
    let dials = Atomic(0)
    let place = withExtendedLifetime(try Datagrams.bind(to: local(0))) { SocketAddress.local(of: $0.number)! }
    let entrance = try ListeningSocket(local(0), forDatagrams: true)
    let relay = DatagramRelay(entrance, loop: testLoops[0]) {
      dials.add(1, ordering: .relaxed)
      return try Datagrams.connect(to: place)
    }
    let client = try Datagrams.connect(to: entrance.address)
    try await client.write([1])
    try await wait("the client's end") { dials.load(ordering: .relaxed) == 1 && relay.count == 0 }
    let server = try Datagrams.bind(to: place)
    let echoing = Task { await Self.echo(server) }
    #expect(try await Self.answer(client, to: "now") == "now")
    await relay.stop()
    echoing.cancel()
  }
}
