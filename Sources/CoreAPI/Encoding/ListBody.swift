import CoreObjects

/// The body of a list while it grows, in pieces that are few and not too large.
struct ListBody {
  private static let pieceBytes = 1 << 16
  private let encoder: ObjectEncoder
  private let now: Instant
  private var pieces: [[UInt8]] = []
  private var last: [UInt8] = []

  init(_ encoder: ObjectEncoder, at now: Instant) {
    self.encoder = encoder
    self.now = now
  }

  mutating func append(_ object: StoredObject) {
    if last.count >= ListBody.pieceBytes {
      pieces.append(last)
      last = []
      last.reserveCapacity(ListBody.pieceBytes + 4096)
    }
    if !pieces.isEmpty || !last.isEmpty { last.append(UInt8(ascii: ",")) }
    encoder.append(object, to: &last, at: now)
  }

  /// - Parameter metadata: a ListMeta
  consuming func response(_ metadata: JSON) -> APIResponse {
    let (head, tail) = encoder.list(metadata)
    return .body(status: 200, contentType: "application/json", chunks: [head] + pieces + [last, tail], headers: [])
  }
}
