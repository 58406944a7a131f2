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
