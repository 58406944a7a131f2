import Synchronization
import TestMachine
import Testing

@testable import EdgeHTTP

@Suite("The client", .timeLimit(.minutes(1))) struct ClientTests {
  private let client = HTTPClient(tls: nil, loop: testLoops[0], patience: .seconds(5))
  private func origin(_ port: UInt16) -> HTTPOrigin { HTTPOrigin(isTLS: false, host: "127.0.0.1", port: port) }

  @Test("an answer comes whole, whatever its length and framing")
  func answers() async throws {
    let test = try TestServer()
    let at = origin(test.port)
    let echoed = try await client.send(HTTPClientRequest(.post, "/a?b=c", body: Array("12345".utf8)), to: at)
    #expect(echoed.status == 200 && String(decoding: echoed.body, as: UTF8.self) == "POST /a [b=c] 5\n")
    #expect(try await client.send(HTTPClientRequest(.get, "/empty"), to: at).status == 204)
    #expect(try await client.send(HTTPClientRequest(.get, "/big"), to: at).body.count == 5_000_000)
    let chunks = try await client.send(HTTPClientRequest(.get, "/chunks"), to: at).body
    #expect(String(decoding: chunks, as: UTF8.self).hasSuffix("998,999,"))
    #expect(try await client.send(HTTPClientRequest(.head, "/big"), to: at).body.isEmpty)
  }

  @Test(
    "an answer is read whose lines end in LF alone, that comes after 100 Continue, that has no body, or whose end is the connection's",
    arguments: [
      "HTTP/1.1 200 OK\nx: 1\ncontent-length: 2\n\nok",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
      "HTTP/1.1 204\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nok",
    ], [1, 7, 1000])
  func framing(_ answer: String, pieceBytes: Int) {
    let parser = ResponseParser(isHead: false)
    let bytes = Array(answer.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      #expect(bytes[start..<min(bytes.count, start + pieceBytes)].withUnsafeBytes { parser.feed($0) } == nil)
    }
    if !parser.isComplete { #expect(parser.feed(UnsafeRawBufferPointer(start: nil, count: 0)) == nil) }
    #expect(parser.isComplete && [200, 204].contains(parser.status))
    #expect(String(decoding: parser.consumeBody(), as: UTF8.self) == (parser.status == 200 ? "ok" : ""))
  }

  @Test("connections are kept and used again, and a kept one that the server closed costs nothing")
  func keepAlive() async throws {
    let ports = Mutex<[Int]>([])
    var limits = HTTPLimits()
    limits.idle = .milliseconds(50)
    let test = try TestServer(limits: limits) { request in
      ports.withLock { $0.append(1) }
      return .text(200, "ok")
    }
    for _ in 0..<3 { _ = try await client.send(HTTPClientRequest(.get, "/"), to: origin(test.port)) }
    // The server has closed the idle connection once it says so to another client of the same age.
    let other = try RawClient(port: test.port)
    other.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    _ = try await other.receiveAll()
    #expect(try await client.send(HTTPClientRequest(.get, "/"), to: origin(test.port)).status == 200)
    #expect(ports.withLock { $0.count } == 5)
  }

  @Test("a client that is dropped with idle connections leaves them to the loop, which goes on")
  func dropped() async throws {
    let test = try TestServer()
    for _ in 0..<50 {
      let short = HTTPClient(tls: nil, loop: testLoops[0], patience: .milliseconds(20))
      _ = try await short.send(HTTPClientRequest(.get, "/"), to: origin(test.port))
    }
    // Their deadlines pass while the loop serves others.
    let silent = try TestServer { _ in HTTPResponse(status: 200, body: .stream(ByteStream())) }
    let patient = HTTPClient(tls: nil, loop: testLoops[0], patience: .milliseconds(100))
    await #expect(throws: HTTPClientError.timedOut("127.0.0.1:\(silent.port)")) {
      try await patient.send(HTTPClientRequest(.get, "/"), to: origin(silent.port))
    }
    #expect(try await client.send(HTTPClientRequest(.get, "/"), to: origin(test.port)).status == 200)
  }

  @Test("a cancelled task ends its exchange at once, and the server sees its client go")
  func cancelled() async throws {
    let stream = ByteStream()
    let test = try TestServer { _ in HTTPResponse(status: 200, body: .stream(stream)) }
    stream.offer(Array("first".utf8))
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let work = Task { [client] in
      try await client.stream(HTTPClientRequest(.get, "/"), to: origin(test.port), silence: .seconds(1000)) { _, _ in
        begin.yield()
      }
    }
    for await _ in begun { break }
    let ended = Task { await withCheckedContinuation { done in stream.onTermination { done.resume(returning: $0) } } }
    work.cancel()
    await #expect(throws: (any Error).self) { try await work.value }
    #expect(await ended.value == .clientGone)
  }

  @Test("a stream that its producer aborts is an error of the client's, not a short answer")
  func aborted() async throws {
    let stream = ByteStream()
    let test = try TestServer { _ in HTTPResponse(status: 200, body: .stream(stream)) }
    stream.offer(Array("first".utf8))
    await #expect(throws: HTTPClientError.closed("127.0.0.1:\(test.port)")) {
      try await client.stream(HTTPClientRequest(.get, "/"), to: origin(test.port)) { _, piece in
        if !piece.isEmpty { stream.abort() }
      }
    }
  }

  @Test("routes are tried in order, and the last failure is the one that is told")
  func routes() async throws {
    let test = try TestServer()
    let gone = try TestServer()
    await gone.server.stop(grace: .zero)
    let at = HTTPOrigin(isTLS: false, host: "service.default.svc", port: 80)
    func client(_ ports: [UInt16]) -> HTTPClient {
      HTTPClient(
        tls: nil, loop: testLoops[0], patience: .seconds(5), routes: ports.map { .host("127.0.0.1", port: $0) })
    }
    let answer = try await client([gone.port, test.port]).send(HTTPClientRequest(.get, "/a"), to: at)
    #expect(answer.status == 200)
    await #expect(throws: HTTPClientError.self) {
      try await client([gone.port]).send(HTTPClientRequest(.get, "/a"), to: at)
    }
  }

  @Test("a body that grows beyond the limit ends the exchange")
  func limit() async throws {
    let test = try TestServer()
    await #expect(throws: HTTPClientError.bodyTooLarge("127.0.0.1:\(test.port)", limit: 1000)) {
      try await client.send(HTTPClientRequest(.get, "/big"), to: origin(test.port), bodyLimit: 1000)
    }
  }

  @Test("pieces are handed over as they come, before the answer ends")
  func pieces() async throws {
    let stream = ByteStream()
    let test = try TestServer { _ in HTTPResponse(status: 200, body: .stream(stream)) }
    stream.offer(Array("first".utf8))
    let seen = Mutex("")
    try await client.stream(HTTPClientRequest(.get, "/"), to: origin(test.port)) { head, piece in
      #expect(head.status == 200)
      seen.withLock { $0 += String(decoding: piece, as: UTF8.self) }
      if seen.withLock({ $0 }) == "first" {
        stream.offer(Array("second".utf8))
        stream.finish()
      }
    }
    #expect(seen.withLock { $0 } == "firstsecond")
  }

  @Test("nobody there, no such host, silence and nonsense are told apart")
  func failures() async throws {
    let patient = HTTPClient(tls: nil, loop: testLoops[0], patience: .milliseconds(200))
    await #expect { try await client.send(HTTPClientRequest(.get, "/"), to: origin(1)) } throws: {
      if case HTTPClientError.unreachable("127.0.0.1:1", _) = $0 { true } else { false }
    }
    await #expect {
      try await client.send(HTTPClientRequest(.get, "/"), to: HTTPOrigin(isTLS: false, host: "no host", port: 80))
    } throws: {
      if case HTTPClientError.unknownHost("no host", _) = $0 { true } else { false }
    }
    let silent = try TestServer { _ in HTTPResponse(status: 200, body: .stream(ByteStream())) }
    await #expect(throws: HTTPClientError.timedOut("127.0.0.1:\(silent.port)")) {
      try await patient.send(HTTPClientRequest(.get, "/"), to: origin(silent.port))
    }
    await #expect(throws: HTTPClientError.tls("h:443", reason: "this client has no TLS")) {
      try await client.send(HTTPClientRequest(.get, "/"), to: HTTPOrigin(isTLS: true, host: "h"))
    }
  }

  @Test("a server is trusted only with a certificate of a known authority and for its name")
  func trust() async throws {
    let authority = try CertificateAuthority(named: "one")
    let identity = try authority.issueServer(commonName: "server", names: ["127.0.0.1"])
    let test = try TestServer(tls: TLSContext(server: identity, clientAuthorities: authority.certificatePEM))
    let user = try authority.issueClient(commonName: "me", organizations: ["us"])
    let at = HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.port)
    let trusting = HTTPClient(
      tls: try TLSContext(clientTrusting: authority.certificatePEM, identity: user), loop: testLoops[0], patience: .seconds(5))
    let answer = try await trusting.send(HTTPClientRequest(.get, "/whoami"), to: at)
    #expect(String(decoding: answer.body, as: UTF8.self) == "me us verified\n")
    let stranger = HTTPClient(
      tls: try TLSContext(clientTrusting: CertificateAuthority(named: "two").certificatePEM), loop: testLoops[0],
      patience: .seconds(5))
    for (client, place) in [(stranger, at), (trusting, HTTPOrigin(isTLS: true, host: "localhost", port: test.port))] {
      await #expect { try await client.send(HTTPClientRequest(.get, "/"), to: place) } throws: {
        if case HTTPClientError.tls = $0 { true } else { false }
      }
    }
  }

  @Test("URLs are taken apart, and what is none is refused")
  func urls() throws {
    #expect(try HTTPURL("https://a.b:8443/x?y=z") == HTTPURL("https://a.b:8443/x?y=z"))
    let url = try HTTPURL("http://[::1]:5000")
    #expect(url.origin == HTTPOrigin(isTLS: false, host: "::1", port: 5000) && url.target == "/")
    #expect(try HTTPURL("https://h?q").target == "/?q")
    for bad in ["ftp://h/", "https://", "https://u@h/", "http://h:99999/", "http://h/a b", "h/x"] {
      #expect(throws: HTTPClientError.badURL(bad)) { try HTTPURL(bad) }
    }
  }
}
