/// The sixteen lower-case digits of a word, highest first.
package enum HexadecimalText {
  /// - Parameter place: 0 ..< 16; 0 is the highest
  package static func digit(_ word: UInt64, at place: Int) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- place &* 4) & 0xF)
    return value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
  }

  /// Writes some of the digits.
  /// - Parameter places: within 0 ..< 16; 0 is the highest
  /// - Returns: where the next character goes
  @discardableResult
  package static func put(
    _ word: UInt64, _ places: Range<Int>, into out: UnsafeMutableBufferPointer<UInt8>, at start: Int
  ) -> Int {
    var end = start
    for place in places {
      out[end] = digit(word, at: place)
      end &+= 1
    }
    return end
  }
}
