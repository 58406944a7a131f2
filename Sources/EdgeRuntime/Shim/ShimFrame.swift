/// What a daemon and the shim of its containers say to each other: a kind, a length (32 bits, little-endian) and as many bytes.
struct ShimFrame: Sendable, Equatable {
  enum Kind: UInt8, Sendable {
    // From the daemon, the first of a connection:
    /// A `ShimGreeting`; answered by the shim's own. The connection stays: its end is the daemon's.
    case greet = 1
    /// A `ShimOrder`: one more container, whose connection this is. Answered by `started` or `failed`.
    case start
    /// The identifier of a container that an earlier daemon began. Answered by `started` or `failed`.
    case adopt
    /// Paths, one a line, to be kept open. Answered by `held`.
    case hold
    /// Numbers of descriptors, one a line, that need not be kept any longer.
    case release

    // From the daemon, about a container:
    /// `output`, `errors` shall come from now on, and what came before where it was kept.
    case follow
    case input
    case endInput
    /// Columns and rows, 16 bits each, little-endian.
    case window
    /// Its end has been taken note of.
    case forget

    // From the shim:
    /// A `ShimStart`.
    case started
    /// A text.
    case failed
    /// Numbers of the shim's descriptors, one a line.
    case held
    /// Bytes of a stream; none: it is at its end.
    case output
    case errors
    /// A `ShimExit`, after all of the streams are in the log.
    case exited
  }

  /// Bytes of one frame.
  static let limit = 1 << 20
  static let headLength = 5

  var kind: Kind
  var bytes: [UInt8] = []

  init(_ kind: Kind, _ bytes: [UInt8] = []) { (self.kind, self.bytes) = (kind, bytes) }

  init(_ kind: Kind, lines: [String]) { self.init(kind, Array(lines.joined(separator: "\n").utf8)) }

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }

  var encoded: [UInt8] {
    let count = UInt32(bytes.count)
    return [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + bytes
  }

  /// The first frame of what has come; nil: not all of it is there.
  /// - Throws: `ShimError.garbled`
  static func first(of bytes: ArraySlice<UInt8>) throws(ShimError) -> (frame: ShimFrame, length: Int)? {
    guard bytes.count >= headLength else { return nil }
    let start = bytes.startIndex
    let count = (0..<4).reduce(0) { $0 | Int(bytes[start + 1 + $1]) << ($1 * 8) }
    guard let kind = Kind(rawValue: bytes[start]), count <= limit else { throw .garbled }
    guard bytes.count >= headLength + count else { return nil }
    return (ShimFrame(kind, Array(bytes[(start + headLength)..<(start + headLength + count)])), headLength + count)
  }
}

package enum ShimError: Error, CustomStringConvertible {
  case garbled
  case gone
  case refused(String)
  case otherVersion

  package var description: String {
    switch self {
    case .garbled: "the shim of the containers says what nobody understands"
    case .gone: "the shim of the containers has ended"
    case .refused(let reason): reason
    case .otherVersion: "the shim of the containers is of another version"
    }
  }
}
