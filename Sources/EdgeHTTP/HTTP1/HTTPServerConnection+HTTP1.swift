extension HTTPServerConnection {
  /// The whole life of an HTTP/1.1 connection, in order.
  func serveHTTP1(_ peer: HTTPPeer) async throws {
    let parser = RequestParser(limits: configuration.limits, streams: configuration.streams)
    var pending: [UInt8] = []
    while !isDraining {
      var parsed: RequestParser.Parsed
      do {
        guard let next = try await readRequest(parser, &pending) else { return }
        parsed = next
      } catch let refusal as HTTPRefusal {
        var out = ResponseHead()
        try await send(configuration.refusal(refusal), &out, isHead: false, keepsAlive: false, isHTTP10: false)
        await connection.closeLingering()
        return
      }
      isIdle = false
      parsed.request.peer = peer
      let isHead = parsed.request.method == .head
      let pump = parsed.request.stream.map { body in
        Task(executorPreference: loop) { await self.pump(parser, into: body) }
      }
      let response = await configuration.handler(parsed.request)
      let keepsAlive = parsed.keepsAlive && !isDraining
      if case .upgrade(let run) = response.body, response.status == 101 {
        var head = ResponseHead()
        head.begin(response)
        try await connection.write(head.end())
        connection.setReadDeadline(after: nil)
        await run(UpgradedConnection(connection, early: pending))
        return
      }
      var head = ResponseHead()
      try await send(response, &head, isHead: isHead, keepsAlive: keepsAlive, isHTTP10: parsed.isHTTP10)
      if let pump {
        parsed.request.stream?.terminate(.clientGone)
        guard let rest = await pump.value else { return }
        pending = rest
      }
      if !keepsAlive { return }
      isIdle = true
    }
  }

  /// Hands over the body of a request as it comes; what nobody wants any more is read all the same, so that the client reads the answer.
  /// - Returns: what came behind it; nil where it did not come to its end
  private func pump(_ parser: RequestParser, into body: ByteStream) async -> [UInt8]? {
    var unwanted = 0
    do {
      while unwanted <= configuration.limits.bodyBytes {
        let piece = parser.consumeBody()
        if !piece.isEmpty, !(await body.write(piece)) { unwanted += piece.count }
        var rest: [UInt8] = []
        var isComplete = false
        connection.setReadDeadline(after: configuration.limits.bodySilence)
        try await sendContinue(parser)
        let read: Void? = try await connection.read { bytes in
          let (found, used) = try parser.feed(bytes)
          isComplete = found != nil
          if isComplete { rest = Array(bytes[used...]) }
        }
        if isComplete {
          let last = parser.consumeLast()
          if !last.isEmpty { _ = await body.write(last) }
          body.finish()
          return rest
        }
        if read == nil { break }
      }
    } catch {
      // A connection that failed, or a body that is none: nobody is left to be told.
    }
    body.abort()
    return nil
  }

  private func sendContinue(_ parser: RequestParser) async throws {
    guard parser.expectsContinue else { return }
    parser.didSendContinue()
    try await connection.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
  }

  /// nil when the client ends the connection, or does nothing for too long, between two requests.
  private func readRequest(_ parser: RequestParser, _ pending: inout [UInt8]) async throws -> RequestParser.Parsed? {
    var parsed: RequestParser.Parsed?
    var rest: [UInt8] = []
    func feed(_ bytes: UnsafeRawBufferPointer) throws {
      let (found, used) = try parser.feed(bytes)
      parsed = found
      rest = used < bytes.count && found != nil ? Array(bytes[used...]) : []
    }
    if !pending.isEmpty { try pending.withUnsafeBytes(feed) }
    connection.setReadDeadline(after: parser.isInRequest ? configuration.limits.request : configuration.limits.idle)
    var isArriving = parser.isInRequest
    while parsed == nil {
      try await sendContinue(parser)
      do {
        guard try await connection.read(feed) != nil else { return nil }
      } catch ConnectionError.timedOut {
        if !parser.isInRequest { return nil }
        throw HTTPRefusal.timedOut
      }
      if parsed == nil { parsed = try parser.consumeHead() }
      if !isArriving && parsed == nil {
        isArriving = true
        isIdle = false
        connection.setReadDeadline(after: configuration.limits.request)
      }
    }
    pending = rest
    return parsed
  }

  private func send(
    _ response: HTTPResponse, _ head: inout ResponseHead, isHead: Bool, keepsAlive: Bool, isHTTP10: Bool
  ) async throws {
    head.begin(response)
    if !keepsAlive { head.append("connection: close\r\n") } else if isHTTP10 { head.append("connection: keep-alive\r\n") }
    let hasBody = !isHead && statusHasBody(response.status)
    switch response.body {
    case .bytes(let bytes):
      if statusHasBody(response.status) { head.appendLength(bytes.count) }
      try await connection.write(hasBody ? [bytes] : [], after: head.end())
    case .chunks(let chunks):
      if statusHasBody(response.status) { head.appendLength(chunks.reduce(0) { $0 + $1.count }) }
      try await connection.write(hasBody ? chunks : [], after: head.end())
    case .stream(let stream):
      let isChunked = !isHTTP10 && statusHasBody(response.status) && response.headers["content-length"] == nil
      head.append(isChunked ? "transfer-encoding: chunked\r\n" : "")
      try await connection.write(head.end())
      guard hasBody else { return stream.terminate(.finished) }
      try await send(stream, isChunked: isChunked)
    case .upgrade:
      head.appendLength(0)
      try await connection.write(head.end())
    }
  }

  private func send(_ stream: ByteStream, isChunked: Bool) async throws {
    self.stream = stream
    defer { self.stream = nil }
    if isDraining { stream.finish() }
    if connection.isHungUp { stream.terminate(.clientGone) }
    stream.attach { [connection, loop] in
      Task(executorPreference: loop) { connection.close() }
    }
    do {
      while let batch = await stream.next() {
        try await connection.write(isChunked ? chunked(batch) : Array(batch.joined()))
      }
    } catch {
      stream.terminate(.clientGone)
      throw error
    }
    guard !stream.isTerminated else { throw ConnectionError.closed }
    if isChunked { try await connection.write(Array("0\r\n\r\n".utf8)) }
    stream.terminate(.finished)
  }
}
