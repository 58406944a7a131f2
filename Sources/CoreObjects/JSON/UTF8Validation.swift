/// Well-formed UTF-8 (Unicode 15, table 3-7), checked once for a whole text.
enum UTF8Validation {
  /// The offset of the first byte that does not belong to a well-formed sequence, or nil.
  static func firstInvalidByte(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var i = 0
    let count = bytes.count
    while i < count {
      if i &+ 8 <= count, load8(base + i) & 0x8080_8080_8080_8080 == 0 {
        i &+= 8
        continue
      }
      let c = base[i]
      if c < 0x80 {
        i &+= 1
        continue
      }
      guard let length = sequenceLength(base + i, count &- i) else { return i }
      i &+= length
    }
    return nil
  }

  private static func sequenceLength(_ p: UnsafePointer<UInt8>, _ left: Int) -> Int? {
    func continuation(_ k: Int) -> Bool { k < left && p[k] & 0xC0 == 0x80 }
    switch p[0] {
    case 0xC2...0xDF: return continuation(1) ? 2 : nil
    case 0xE0...0xEF:
      guard continuation(1), continuation(2) else { return nil }
      if p[0] == 0xE0 && p[1] < 0xA0 { return nil }
      if p[0] == 0xED && p[1] > 0x9F { return nil }
      return 3
    case 0xF0...0xF4:
      guard continuation(1), continuation(2), continuation(3) else { return nil }
      if p[0] == 0xF0 && p[1] < 0x90 { return nil }
      if p[0] == 0xF4 && p[1] > 0x8F { return nil }
      return 4
    default: return nil
    }
  }
}
