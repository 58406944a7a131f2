import EdgeLinux
import Foundation
import Testing

@testable import EdgeHTTP

@Suite(.timeLimit(.minutes(1))) struct HTTP1Tests {
  @Test("two requests on one connection are answered in order, the second sent before the first was answered")
  func pipelining() async throws {
    let test = try TestServer()
    let client = try RawClient(port: test.port)
    client.send(
      "GET /a%20b?x=%31 HTTP/1.1\r\nhost: h\r\n\r\nPOST /c HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc"
    )
    let text = try await client.receiveAll()
    #expect(text.contains("GET /a%20b [x=%31] 0\n"))
    #expect(text.hasSuffix("POST /c [] 3\n"))
  }

  @Test("HEAD is answered with the length that GET would have, and without a body")
  func head() async throws {
    let test = try TestServer()
    let client = try RawClient(port: test.port)
    client.send("HEAD /chunks HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    let text = try await client.receiveAll()
    #expect(text.contains("content-length: 3890\r\n"))
    #expect(text.hasSuffix("\r\n\r\n"))
  }

  @Test("204 has neither a body nor a length")
  func noContent() async throws {
    let client = try RawClient(port: TestServer().port)
    client.send("GET /empty HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    let text = try await client.receiveAll()
    #expect(text.hasPrefix("HTTP/1.1 204 No Content\r\n"))
    #expect(!text.contains("content-length"))
  }

  @Test("204 and 304 whose handler has a stream for a body are no chunked answers", arguments: [204, 304])
  func emptyStream(_ status: Int) async throws {
    let test = try TestServer { _ in
      let body = ByteStream()
      body.finish()
      return HTTPResponse(status: status, body: .stream(body))
    }
    let client = try RawClient(port: test.port)
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    let text = try await client.receiveAll()
    #expect(text.hasPrefix("HTTP/1.1 \(status) ") && text.hasSuffix("\r\n\r\n"))
    #expect(!text.contains("transfer-encoding"))
  }

  @Test("a client that expects 100-continue gets it before it sends the body")
  func expectContinue() async throws {
    let client = try RawClient(port: TestServer().port)
    client.send("PUT /x HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n")
    #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("body")
    #expect(try await client.receiveAll().hasSuffix("PUT /x [] 4\n"))
  }

  @Test(
    "a malformed request is answered with 400 and the connection ends",
    arguments: [
      "GARBAGE\u{1}\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd",
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: -1\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nhost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nbad header: x\r\n\r\n",
    ])
  func malformed(request: String) async throws {
    let client = try RawClient(port: TestServer().port)
    client.send(request)
    let text = try await client.receiveAll()
    #expect(text.hasPrefix("HTTP/1.1 400 ") || text.hasPrefix("HTTP/1.1 501 "), "\(text)")
    #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2)
  }

  @Test("a header of more than 64 KiB is answered with 431")
  func largeHeader() async throws {
    let client = try RawClient(port: TestServer().port)
    client.send("GET / HTTP/1.1\r\nhost: h\r\nx: " + String(repeating: "y", count: 70_000) + "\r\n\r\n")
    #expect(try await client.receiveAll().hasPrefix("HTTP/1.1 431 "))
  }

  @Test("a body of more than 3 MiB is answered with 413 while the client still sends, by length and by chunks")
  func largeBody() async throws {
    let test = try TestServer()
    let byLength = try RawClient(port: test.port)
    byLength.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n")
    try await byLength.sendLarge([UInt8](repeating: 0x61, count: 1_000_000))
    byLength.halfClose()
    #expect(try await byLength.receiveAll().hasPrefix("HTTP/1.1 413 "))
    let byChunks = try RawClient(port: test.port)
    byChunks.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n400000\r\n")
    try await byChunks.sendLarge([UInt8](repeating: 0x61, count: 0x400000))
    byChunks.halfClose()
    #expect(try await byChunks.receiveAll().hasPrefix("HTTP/1.1 413 "))
  }

  @Test("a request that stops arriving is answered with 408, an idle connection is closed without a word")
  func timeouts() async throws {
    var limits = HTTPLimits()
    limits.request = .milliseconds(80)
    limits.idle = .milliseconds(80)
    let test = try TestServer(limits: limits)
    let slow = try RawClient(port: test.port)
    slow.send("GET / HTTP/1.1\r\nho")
    #expect(try await slow.receiveAll().hasPrefix("HTTP/1.1 408 "))
    #expect(try await RawClient(port: test.port).receiveAll() == "")
  }

  @Test("a client that half-closes after its request still gets the answer")
  func halfClose() async throws {
    let client = try RawClient(port: TestServer().port)
    client.send("GET /big HTTP/1.1\r\nhost: h\r\n\r\n")
    client.halfClose()
    #expect(try await client.receiveAll().utf8.count > 5_000_000)
  }

  @Test("connections above the limit are closed at once")
  func tooManyConnections() async throws {
    var limits = HTTPLimits()
    limits.connections = 1
    let test = try TestServer(limits: limits)
    let first = try RawClient(port: test.port)
    first.send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\n")
    #expect(try await first.receive(until: "/1").contains("200 OK"))
    let second = try RawClient(port: test.port)
    second.send("GET /2 HTTP/1.1\r\nhost: h\r\n\r\n")
    #expect(try await second.receiveAll() == "")
  }

  @Test("a port in use is a clear error that names the address")
  func portInUse() throws {
    let test = try TestServer()
    let address = SocketAddress(host: "127.0.0.1", port: test.port)
    #expect(throws: ListenError.portInUse(address)) { try TestServer().server.listen(on: address) }
    #expect(throws: ListenError.notAnAddress("nowhere")) {
      try TestServer().server.listen(on: SocketAddress(host: "nowhere", port: 0))
    }
  }

  @Test("a stopping server lets a request in progress end and refuses new connections")
  func gracefulStop() async throws {
    let (entered, enter) = AsyncStream.makeStream(of: Void.self)
    let (released, release) = AsyncStream.makeStream(of: Void.self)
    let test = try TestServer { _ in
      enter.finish()
      for await _ in released {}
      return .text(200, "done")
    }
    let client = try RawClient(port: test.port)
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    for await _ in entered {}
    async let stopped: Void = test.server.stop()
    while !test.server.addresses.isEmpty { await Task.yield() }
    release.finish()
    await stopped
    let text = try await client.receiveAll()
    #expect(text.contains("connection: close\r\n"))
    #expect(text.hasSuffix("done\n"))
    #expect(test.server.connectionCount == 0)
  }

  @Test("the handler's task is cancelled when the client goes")
  func cancellation() async throws {
    let (entered, enter) = AsyncStream.makeStream(of: Void.self)
    let (cancelled, cancel) = AsyncStream.makeStream(of: Bool.self)
    let test = try TestServer { request in
      enter.finish()
      for await _ in AsyncStream<Void>.makeStream().stream {}
      cancel.yield(Task.isCancelled)
      cancel.finish()
      return .text(200, "")
    }
    var client: RawClient? = try RawClient(port: test.port)
    client?.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    for await _ in entered {}
    client = nil
    var seen: [Bool] = []
    for await value in cancelled { seen.append(value) }
    #expect(seen == [true])
  }
}
