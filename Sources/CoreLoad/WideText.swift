/// UTF-16 in pieces.
struct WideText {
  let isLittle: Bool
  /// Of a unit whose other half has not come, and of a character.
  private var half: UInt8?
  private var high: UInt16?

  init(isLittle: Bool) { self.isLittle = isLittle }

  mutating func utf8(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var units: [UInt16] = high.map { [$0] } ?? []
    high = nil
    for byte in bytes {
      guard let first = half else {
        half = byte
        continue
      }
      half = nil
      units.append(isLittle ? UInt16(byte) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(byte))
    }
    if let last = units.last, 0xD800..<0xDC00 ~= last { high = units.removeLast() }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}
