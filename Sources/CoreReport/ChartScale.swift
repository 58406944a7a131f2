/// The vertical axis of a chart: from where to where, and which numbers are named.
struct ChartScale: Sendable, Equatable {
  private(set) var bottom = 0.0
  private(set) var top = 1.0
  private(set) var ticks: [Double] = []
  let unit: MetricUnit?

  /// An axis that holds all values and 0.
  ///
  /// - Parameters:
  ///   - unit: nil: pods, which are whole
  ///   - steps: about so many steps
  init(holding values: some Sequence<Double>, unit: MetricUnit?, steps: Int) {
    self.unit = unit
    var (low, high) = (0.0, 0.0)
    for value in values where abs(value) < 1e300 { (low, high) = (min(low, value), max(high, value)) }
    if high == low { high = 1 }
    let step = ChartScale.step((high - low) / Double(max(1, steps)), unit)
    // A step that is lost in the digits of what it is added to leads nowhere.
    guard step.isFinite, step > 0, high + step > high else {
      (bottom, top) = (low, high)
      return
    }
    let (first, last) = ((low / step + 1e-9).rounded(.down), (high / step + 1e-9).rounded(.down))
    (bottom, top) = (first * step, high)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    // A low chart may have no round number but 0.
    if ticks.count == 1 { ticks.append(high) }
  }

  /// The next round step.
  private static func step(_ least: Double, _ unit: MetricUnit?) -> Double {
    var base = 1.0
    var round: [Double] = [1, 2, 5, 10]
    if unit == .bytes {
      while base * 1024 <= least { base *= 1024 }
      round = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    } else {
      if unit == nil, least <= 1 { return 1 }
      while base > least, base > 1e-300 { base /= 10 }
      while base * 10 <= least { base *= 10 }
    }
    return base * (round.first { base * $0 >= least * (1 - 1e-9) } ?? 10)
  }

  /// 0 at the top, `height` at the bottom.
  func place(_ value: Double, height: Double) -> Double {
    (top - max(bottom, min(top, value))) / (top - bottom) * height
  }

  /// "60%", "0.25", "512Mi", "12k"
  func label(_ value: Double) -> String { ChartScale.label(value, unit) }

  static func label(_ value: Double, _ unit: MetricUnit?) -> String {
    let size = abs(value)
    func scaled(_ factor: Double, _ suffix: String) -> String { Decimal.text(value / factor, places: 2) + suffix }
    switch unit {
    case .percent: return Decimal.text(value, places: 1) + "%"
    case .bytes:
      let suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
      var (power, factor) = (0, 1.0)
      while size >= factor * 1024, power + 1 < suffixes.count { (power, factor) = (power + 1, factor * 1024) }
      return scaled(factor, suffixes[power])
    case .cores, .number, nil:
      if size >= 1e15 { return "\(value)" }
      for (factor, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where size >= factor {
        return scaled(suffix == "k" ? 1e3 : factor, suffix)
      }
      return Decimal.text(value, places: size >= 100 ? 0 : size >= 0.1 || size == 0 ? 2 : 4)
    }
  }
}
