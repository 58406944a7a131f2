extension Connection {
  /// Writes the pieces in blocks, the first together with the head: a small answer is one TLS record and one packet.
  nonisolated(nonsending) func write(_ pieces: [[UInt8]], after head: [UInt8]) async throws {
    let blockBytes = 64 << 10
    var block = head
    for piece in pieces {
      if piece.count >= blockBytes {
        let first = max(0, (16 << 10) - block.count)
        block.append(contentsOf: piece.prefix(first))
        try await write(block)
        block.removeAll(keepingCapacity: true)
        try await write(piece, from: first)
        continue
      }
      if block.count + piece.count > blockBytes {
        try await write(block)
        block.removeAll(keepingCapacity: true)
      }
      block.append(contentsOf: piece)
    }
    if !block.isEmpty { try await write(block) }
  }
}
