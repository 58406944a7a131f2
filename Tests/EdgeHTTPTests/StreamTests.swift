import EdgeHTTP
import Foundation
import TestMachine
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
  /// A server whose answers are the streams that the test holds.
  static func watching(_ make: @escaping @Sendable () -> ByteStream) throws -> (TestServer, AsyncStream<ByteStream>) {
    let (streams, continuation) = AsyncStream.makeStream(of: ByteStream.self)
    let test = try TestServer { _ in
      let stream = make()
      continuation.yield(stream)
      return HTTPResponse(status: 200, body: .stream(stream))
    }
    return (test, streams)
  }

  @Test("pieces that wait together are sent as one chunk, and the end is marked")
  func coalescing() async throws {
    let test = try TestServer { _ in
      let stream = ByteStream()
      stream.offer(Array("one".utf8))
      stream.offer(Array("two".utf8))
      stream.finish()
      return HTTPResponse(status: 200, body: .stream(stream))
    }
    let client = try RawClient(port: test.port)
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    #expect(try await client.receiveAll().hasSuffix("\r\n\r\n6\r\nonetwo\r\n0\r\n\r\n"))
  }

  @Test("a stream learns that its client has gone although nothing is written")
  func clientGone() async throws {
    let (test, streams) = try StreamTests.watching { ByteStream() }
    var client: RawClient? = try RawClient(port: test.port)
    client?.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    var iterator = streams.makeAsyncIterator()
    let stream = try #require(await iterator.next())
    client = nil
    let termination = await withCheckedContinuation { continuation in stream.onTermination { continuation.resume(returning: $0) }
    }
    #expect(termination == .clientGone)
    #expect(!stream.offer([1]))
  }

  @Test("a client that does not read is cut off once the bound is crossed, others go on")
  func overrun() async throws {
    let (test, streams) = try StreamTests.watching { ByteStream(maximumBytes: 1 << 20, maximumCount: 100) }
    let slow = try RawClient(port: test.port, receiveBuffer: 4096)
    slow.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    var iterator = streams.makeAsyncIterator()
    let stream = try #require(await iterator.next())
    let (ended, end) = AsyncStream.makeStream(of: ByteStream.Termination.self)
    stream.onTermination {
      end.yield($0)
      end.finish()
    }
    let piece = [UInt8](repeating: 0x61, count: 100_000)
    var accepted = 0
    while stream.offer(piece) && accepted < 10_000 { accepted += 1 }
    #expect(accepted < 10_000)
    var reasons: [ByteStream.Termination] = []
    for await reason in ended { reasons.append(reason) }
    #expect(reasons == [.overrun])
    #expect(!(try await slow.receiveAll().hasSuffix("0\r\n\r\n")))
  }

  @Test("a client that does not read does not keep a server from stopping once the grace period is over")
  func stopWithStuckClient() async throws {
    let (test, streams) = try StreamTests.watching { ByteStream(maximumBytes: 64 << 20, maximumCount: 1000) }
    let slow = try RawClient(port: test.port, receiveBuffer: 4096)
    slow.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    var iterator = streams.makeAsyncIterator()
    let stream = try #require(await iterator.next())
    stream.offer([UInt8](repeating: 0x61, count: 32 << 20))
    await test.server.stop(grace: .milliseconds(100))
    #expect(test.server.connectionCount == 0)
    #expect(throws: POSIXError(.ECONNREFUSED)) { try RawClient(port: test.port) }
    withExtendedLifetime(slow) {}
  }

  @Test("a producer that waits for room delivers everything in order")
  func backpressure() async throws {
    let test = try TestServer { _ in
      let stream = ByteStream(maximumBytes: 10_000, maximumCount: 3)
      Task.detached {
        for index in 0..<2_000 { _ = await stream.write(Array("\(index);".utf8)) }
        stream.finish()
      }
      return HTTPResponse(status: 200, body: .stream(stream))
    }
    let result = try await Program.run("/usr/bin/curl", ["-sN", "http://127.0.0.1:\(test.port)/"])
    #expect(result.output == (0..<2_000).map { "\($0);" }.joined())
  }

  @Test("one event reaches a hundred watchers")
  func fanOut() async throws {
    let (test, streams) = try StreamTests.watching { ByteStream() }
    let clients = try (0..<100).map { _ in try RawClient(port: test.port) }
    for client in clients { client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n") }
    var held: [ByteStream] = []
    for await stream in streams {
      held.append(stream)
      if held.count == clients.count { break }
    }
    for stream in held { stream.offer(Array("event\n".utf8)) }
    for client in clients { #expect(try await client.receive(until: "event\n\r\n").hasSuffix("\r\n6\r\nevent\n\r\n")) }
    for stream in held { stream.finish() }
    for client in clients { #expect(try await client.receive(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n")) }
  }
}
