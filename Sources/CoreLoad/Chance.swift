/// Chance that is looked up instead of drawn: the same answer for the same seed and moment, whatever was asked before.
enum Chance {
  static func bits(_ seed: UInt64, _ moment: UInt64) -> UInt64 {
    var z = seed &+ (moment &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< 1
  static func uniform(_ seed: UInt64, _ moment: UInt64) -> Double { Double(bits(seed, moment) >> 11) * 0x1p-53 }

  /// Of the normal distribution with deviation 1, by Box and Muller.
  static func gaussian(_ seed: UInt64, _ moment: UInt64) -> Double {
    let (first, second) = (uniform(seed, moment &* 2), uniform(seed, moment &* 2 &+ 1))
    return (-2 * PlainMath.logarithm(1 - first)).squareRoot() * PlainMath.sine(turns: second)
  }
}
