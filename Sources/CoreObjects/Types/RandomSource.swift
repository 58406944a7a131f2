/// The only randomness there is: SplitMix64 from one seed. The same seed gives the same names and UIDs.
package struct RandomSource: Sendable {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound, evenly enough for names and delays.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

  /// A version 4 UUID (RFC 9562).
  package mutating func uid() -> String {
    let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return String(unsafeUninitializedCapacity: 36) { out in
      for dash in [8, 13, 18, 23] { out[dash] = UInt8(ascii: "-") }
      HexadecimalText.put(high, 0..<8, into: out, at: 0)
      HexadecimalText.put(high, 8..<12, into: out, at: 9)
      HexadecimalText.put(high, 12..<16, into: out, at: 14)
      HexadecimalText.put(low, 0..<4, into: out, at: 19)
      return HexadecimalText.put(low, 4..<16, into: out, at: 24)
    }
  }

  /// Letters and digits that form no words. Source: k8s.io/apimachinery/pkg/util/rand, v0.36.
  package mutating func suffix(_ length: Int = 5) -> String {
    return String(decoding: (0..<length).map { _ in RandomSource.alphabet[below(RandomSource.alphabet.count)] }, as: UTF8.self)
  }
}
