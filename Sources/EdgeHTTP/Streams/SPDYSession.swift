/// The server's side of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00 with 3.1's changes), as far as kubectl up to 1.30 uses it: streams
/// that the client opens, data both ways, pings. There is no flow control of single streams: kubectl's side has none either, and a
/// stream that nobody reads holds up the others of its connection.
package actor SPDYSession {
  /// One frame is never longer.
  static let frameLimit = 1 << 20
  static let streamLimit = 1_000
  private let transport: any ByteTransport
  private let headers = SPDYHeaders()
  private var streams: [UInt32: SPDYStream] = [:]
  private var buffer: [UInt8] = []
  private var start = 0
  /// Streams in the order in which the client opened them; ends with the connection.
  package nonisolated let opened: AsyncStream<SPDYStream>
  private let open: AsyncStream<SPDYStream>.Continuation

  package init(_ transport: any ByteTransport) {
    self.transport = transport
    (opened, open) = AsyncStream.makeStream()
  }

  /// Serves the connection until its end.
  package func run() async {
    do {
      while let frame = try await frame() { try await receive(frame) }
    } catch {}
    open.finish()
    for id in streams.keys.sorted() { streams[id]?.incoming.finish() }
    streams = [:]
  }

  /// What has been written is sent; then the connection ends and `run` returns.
  package func close() async {
    try? await transport.write(SPDYSession.control(.goAway, 0, bigEndian(0) + bigEndian(0)))
    await transport.close()
  }

  func write(_ bytes: [UInt8], to id: UInt32, isLast: Bool) async throws {
    let piece = 32 << 10
    var sent = 0
    repeat {
      let count = min(piece, bytes.count - sent)
      let ends = isLast && sent + count == bytes.count
      let head = bigEndian(id) + bigEndian(UInt32(count) | (ends ? 1 << 24 : 0))
      try await transport.write(head + bytes[sent..<(sent + count)])
      sent += count
    } while sent < bytes.count
  }

  func reset(_ id: UInt32) async {
    streams[id] = nil
    try? await transport.write(SPDYSession.control(.reset, 0, bigEndian(id) + bigEndian(5)))
  }

  /// Nothing more comes from either side.
  func remove(_ id: UInt32) { streams[id] = nil }
}

extension SPDYSession {
  private enum Kind: UInt16 {
    case open = 1
    case reply = 2
    case reset = 3
    case settings = 4
    case ping = 6
    case goAway = 7
    case headers = 8
    case window = 9
  }

  private struct Frame {
    /// nil for data.
    var control: UInt16?
    var stream: UInt32
    var flags: UInt8
    var payload: ArraySlice<UInt8>
    var isLast: Bool { flags & 1 != 0 }
  }

  private static func control(_ kind: Kind, _ flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0x80, 3, 0, UInt8(kind.rawValue), flags] + bigEndian(UInt32(payload.count)).dropFirst() + payload
  }

  private func frame() async throws -> Frame? {
    guard try await fill(8) else { return nil }
    let first = number(at: 0)
    let second = number(at: 4)
    let length = Int(second & 0xFF_FFFF)
    guard length <= SPDYSession.frameLimit else { throw SPDYError.frameTooLarge(length) }
    guard try await fill(8 + length) else { return nil }
    let payload = buffer[(start + 8)..<(start + 8 + length)]
    start += 8 + length
    let flags = UInt8(second >> 24)
    guard first & 0x8000_0000 != 0 else { return Frame(control: nil, stream: first, flags: flags, payload: payload) }
    guard first >> 16 & 0x7FFF == 3 else { throw SPDYError.version(Int(first >> 16 & 0x7FFF)) }
    let id = payload.count >= 4 ? payload.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } : 0
    return Frame(control: UInt16(first & 0xFFFF), stream: id, flags: flags, payload: payload)
  }

  private func receive(_ frame: Frame) async throws {
    guard let control = frame.control else {
      guard let stream = streams[frame.stream] else { return }
      if !frame.payload.isEmpty { _ = await stream.incoming.write(Array(frame.payload)) }
      if frame.isLast { stream.incoming.finish() }
      return
    }
    switch Kind(rawValue: control) {
    case .open:
      guard frame.payload.count >= 10 else { throw SPDYError.headers }
      let fields = try headers.decode(frame.payload.dropFirst(10))
      let id = frame.stream & 0x7FFF_FFFF
      guard streams.count < SPDYSession.streamLimit, streams[id] == nil, id % 2 == 1 else { throw SPDYError.tooManyStreams }
      let stream = SPDYStream(id: id, headers: fields, session: self)
      if frame.isLast { stream.incoming.finish() }
      streams[id] = stream
      try await transport.write(SPDYSession.control(.reply, 0, bigEndian(id) + headers.encode([])))
      open.yield(stream)
    case .reset:
      streams.removeValue(forKey: frame.stream)?.incoming.finish()
    case .headers:
      // Only for the state of the decompressor.
      if frame.payload.count > 4 { _ = try headers.decode(frame.payload.dropFirst(4)) }
    case .ping:
      if frame.stream % 2 == 1 { try await transport.write(SPDYSession.control(.ping, 0, Array(frame.payload))) }
    case .goAway: throw SPDYError.ended
    case .reply, .settings, .window, nil: return
    }
  }

  private func number(at offset: Int) -> UInt32 {
    buffer[(start + offset)..<(start + offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

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

enum SPDYError: Error, Equatable {
  case headers
  case frameTooLarge(Int)
  case version(Int)
  case tooManyStreams
  case ended
}

/// One stream of a SPDY session.
package final class SPDYStream: Sendable {
  package let id: UInt32
  package let headers: HTTPHeaders
  let incoming = ByteStream(maximumBytes: 1 << 20)
  private let session: SPDYSession

  init(id: UInt32, headers: HTTPHeaders, session: SPDYSession) {
    self.id = id
    self.headers = headers
    self.session = session
  }

  /// Some bytes; nil when the client has closed its half.
  package func read() async -> [UInt8]? { await incoming.read() }
  package func write(_ bytes: [UInt8]) async throws { try await session.write(bytes, to: id, isLast: false) }
  /// Closes the server's half.
  package func finish() async { try? await session.write([], to: id, isLast: true) }
  package func reset() async { await session.reset(id) }
  package func remove() async { await session.remove(id) }
}
