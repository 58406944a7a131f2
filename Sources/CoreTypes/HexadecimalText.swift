/// The sixteen lower-case digits of a word, highest first.
package enum HexadecimalText {
  /// - Parameter place: 0 ..< 16; 0 is the highest
  package static func digit(_ word: UInt64, at place: Int) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - place * 4) & 0xF)
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }

  /// Writes some of the digits.
  /// - Parameter places: within 0 ..< 16; 0 is the highest
  /// - Returns: where the next character goes
  package static func put(
    _ word: UInt64, _ places: Range<Int>, into out: UnsafeMutableBufferPointer<UInt8>, at start: Int
  ) -> Int {
    for place in places { out[start + place - places.lowerBound] = digit(word, at: place) }
    return start + places.count
  }
}
