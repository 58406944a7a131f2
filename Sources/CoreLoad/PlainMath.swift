/// Functions of numbers in plain arithmetic and square roots, which IEEE 754 defines to the last bit: the same on every machine, while
/// C libraries differ from each other.
enum PlainMath {
  /// The sine of a number of turns, to the last bit or the one before; exact at quarters.
  static func sine(turns: Double) -> Double {
    guard turns.isFinite else { return 0 }
    // Into -1/4...1/4 turns, and near their ends the cosine of what is left.
    var turns = turns - turns.rounded()
    if turns > 0.25 { turns = 0.5 - turns }
    if turns < -0.25 { turns = -0.5 - turns }
    if turns.magnitude <= 0.125 {
      let x = turns * 2 * .pi
      return x * series(x * x, [210, 156, 110, 72, 42, 20, 6])
    }
    let x = (0.25 - turns.magnitude) * 2 * .pi
    return (turns < 0 ? -1 : 1) * series(x * x, [240, 182, 132, 90, 56, 30, 12, 2])
  }

  /// 1 - x/d (1 - x/c (1 - …)), with the divisors from the last to the first.
  private static func series(_ x: Double, _ divisors: [Double]) -> Double {
    divisors.reduce(1) { 1 - $0 * x / $1 }
  }

  /// The natural logarithm of a positive number.
  static func logarithm(_ x: Double) -> Double {
    var (fraction, exponent) = (x.significand, Double(x.exponent))
    if fraction > 1.4142135623730951 { (fraction, exponent) = (fraction / 2, exponent + 1) }
    let z = (fraction - 1) / (fraction + 1)
    var sum = 0.0
    for odd in stride(from: 21.0, through: 1, by: -2) { sum = sum * z * z + 1 / odd }
    return exponent * 0.6931471805599453 + 2 * z * sum
  }
}

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
