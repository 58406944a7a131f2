import EdgeLinux

/// Messages over TCP, each behind its length.
struct DNSStream: Sendable {
  private let socket: Descriptor
  private var received: [UInt8] = []

  init(_ socket: Descriptor) { self.socket = socket }

  /// The next message; nil at the end.
  /// - Throws: `SystemError`: ETIMEDOUT where nothing comes.
  mutating func next(within patience: Duration) async throws -> [UInt8]? {
    while true {
      if received.count >= 2 {
        let count = 2 + Int(received[0]) << 8 + Int(received[1])
        if received.count >= count {
          defer { received.removeFirst(count) }
          return Array(received[2..<count])
        }
      }
      guard let bytes = try socket.readNow() else {
        try await Readiness.shared.wait(for: socket, writing: false, timeout: patience, what: "a message")
        continue
      }
      if bytes.isEmpty { return nil }
      received += bytes
    }
  }

  func send(_ message: [UInt8], within patience: Duration) async throws {
    let framed = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    var sent = 0
    while sent < framed.count {
      let count = framed.withUnsafeBytes { Socket.send(socket.number, UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      if count >= 0 {
        sent += count
      } else {
        // A peer that is gone is ready at once, and refuses the next piece.
        if !Socket.isWaiting { throw SystemError("send") }
        try await Readiness.shared.wait(for: socket, writing: true, timeout: patience, what: "a message")
      }
    }
  }
}
