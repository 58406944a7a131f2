import CNGHTTP2

extension HTTPServerConnection {
  /// Reads frames until the client or a drain ends the connection; each request runs in a task of its own on this loop.
  func serveHTTP2(_ peer: HTTPPeer) async throws {
    let session = HTTP2Session(limits: configuration.limits, streamsBody: configuration.streams)
    http2 = session
    defer {
      session.stopAll()
      http2 = nil
    }
    try await flushHTTP2()
    while session.isAlive {
      connection.setReadDeadline(after: configuration.limits.idle)
      do {
        guard try await connection.read(session.receive) != nil else { return }
      } catch ConnectionError.timedOut {
        if session.streams.isEmpty { return }
        continue
      }
      session.isCorked = true
      let complete = session.complete
      session.complete.removeAll(keepingCapacity: true)
      for identifier in complete { begin(identifier, session, peer) }
      session.isCorked = false
      try await flushHTTP2()
    }
  }

  private func begin(_ identifier: Int32, _ session: HTTP2Session, _ peer: HTTPPeer) {
    guard let stream = session.streams[identifier], !stream.isAnswered else { return }
    stream.isAnswered = true
    let request = Result { () throws(HTTPRefusal) in try makeRequest(stream, peer) }
    if let inbound = stream.inbound { Task(executorPreference: loop) { await self.pump(identifier, into: inbound) } }
    stream.task = Task.immediate(executorPreference: loop) {
      switch request {
      case .success(let request):
        let response = await configuration.handler(request)
        await self.respond(identifier, response, isHead: request.method == .head)
        request.stream?.terminate(.clientGone)
      case .failure(let refusal):
        await self.respond(identifier, configuration.refusal(refusal), isHead: false)
        await self.refuseRest(identifier)
      }
    }
  }

  private func makeRequest(_ stream: HTTP2Session.Stream, _ peer: HTTPPeer) throws(HTTPRefusal) -> HTTPRequest {
    if let refusal = stream.refusal { throw refusal }
    guard let method = HTTPMethod(rawValue: stream.method) else { throw .unknownMethod }
    let (path, query) = try splitTarget(stream.target)
    var request = HTTPRequest(method: method, path: path, query: query, headers: stream.headers, body: stream.body, peer: peer)
    request.stream = stream.inbound
    return request
  }

  /// Hands over the body of a request as it comes; the client may send more as it is taken.
  private func pump(_ identifier: Int32, into body: ByteStream) async {
    guard let stream = http2?.streams[identifier] else { return body.abort() }
    var unwanted = 0
    while unwanted <= configuration.limits.bodyBytes {
      let pieces = stream.arrived
      stream.arrived = []
      if pieces.isEmpty {
        if stream.hasArrived { return body.finish() }
        await withUnsafeContinuation { stream.arrival = $0 }
        continue
      }
      for piece in pieces {
        if !(await body.write(piece)) { unwanted += piece.count }
        http2?.consume(identifier, piece.count)
      }
      try? await flushHTTP2()
    }
    await refuseRest(identifier)
  }

  /// A refused request may still be sending its body: RFC 9113, 8.1 lets a server answer and then stop it without an error.
  private func refuseRest(_ identifier: Int32) async {
    guard let http2, http2.streams[identifier] != nil else { return }
    http2.reset(identifier, NGHTTP2_NO_ERROR)
    try? await flushHTTP2()
  }

  /// Writes what nghttp2 wants to send; a second caller leaves it to the first.
  func flushHTTP2() async throws {
    guard let session = http2, !session.isCorked, !session.isFlushing else { return }
    session.isFlushing = true
    defer { session.isFlushing = false }
    while case let output = session.output(), !output.isEmpty { try await connection.write(output) }
    if isDraining && session.streams.isEmpty { connection.close() }
  }

  private func respond(_ identifier: Int32, _ response: HTTPResponse, isHead: Bool) async {
    guard let session = http2, let stream = session.streams[identifier] else {
      if case .stream(let source) = response.body { source.terminate(.clientGone) }
      return
    }
    let hasBody = !isHead && statusHasBody(response.status)
    switch response.body {
    case .bytes(let bytes): await finish(identifier, stream, session, response, hasBody ? [bytes] : [])
    case .chunks(let chunks): await finish(identifier, stream, session, response, hasBody ? chunks : [])
    case .stream(let source):
      if hasBody { return await send(source, identifier, stream, session, response) }
      source.terminate(.finished)
      await finish(identifier, stream, session, response, [])
    case .upgrade:
      let refusal = HTTPRefusal.badRequest("a connection cannot be upgraded over HTTP/2: use HTTP/1.1")
      await respond(identifier, configuration.refusal(refusal), isHead: isHead)
    }
  }

  private func finish(
    _ identifier: Int32, _ stream: HTTP2Session.Stream, _ session: HTTP2Session, _ response: HTTPResponse, _ pieces: [[UInt8]]
  ) async {
    var response = response
    let count = pieces.reduce(0) { $0 + $1.count }
    if count > 0 { response.headers.append("content-length", String(count)) }
    stream.setPieces(pieces)
    stream.isEnded = true
    session.submit(identifier, response, hasBody: count > 0)
    try? await flushHTTP2()
  }

  private func send(
    _ source: ByteStream, _ identifier: Int32, _ stream: HTTP2Session.Stream, _ session: HTTP2Session, _ response: HTTPResponse
  ) async {
    stream.source = source
    if isDraining { source.finish() }
    source.attach { [weak self, loop] in
      Task(executorPreference: loop) { await self?.overrun(identifier) }
    }
    session.submit(identifier, response, hasBody: true)
    try? await flushHTTP2()
    while let batch = await source.next() {
      guard http2 != nil, session.streams[identifier] != nil else { break }
      await withUnsafeContinuation { continuation in
        stream.drained = continuation
        stream.setPieces(batch)
        session.resume(identifier)
        Task.immediate(executorPreference: loop) { try? await self.flushHTTP2() }
      }
    }
    guard http2 != nil, session.streams[identifier] != nil, !source.isTerminated else {
      return source.terminate(.clientGone)
    }
    source.terminate(.finished)
    stream.setPieces([])
    stream.isEnded = true
    session.resume(identifier)
    try? await flushHTTP2()
  }

  private func overrun(_ identifier: Int32) async {
    http2?.reset(identifier, NGHTTP2_ENHANCE_YOUR_CALM)
    try? await flushHTTP2()
  }
}
