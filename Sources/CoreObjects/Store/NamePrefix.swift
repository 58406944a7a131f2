/// The first sixteen bytes of a name, in the order of the text; a shorter name is filled up with zeros.
struct NamePrefix: Comparable, Sendable {
  private let high: UInt64
  private let low: UInt64

  init(_ name: String) {
    var name = name
    (high, low) = name.withUTF8 { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      return (NamePrefix.word(bytes, at: 0), NamePrefix.word(bytes, at: 8))
    }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt64 {
    if start + 8 <= bytes.count { return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
    var word: UInt64 = 0
    var shift: UInt64 = 64
    for index in start..<max(start, bytes.count) {
      shift -= 8
      word |= UInt64(bytes[index]) << shift
    }
    return word
  }

  static func < (left: NamePrefix, right: NamePrefix) -> Bool {
    left.high == right.high ? left.low < right.low : left.high < right.high
  }
}
