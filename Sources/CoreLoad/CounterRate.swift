/// A counter's growth in a second. The rate between two samples is the later one's; one that has fallen was set back to 0.
struct CounterRate {
  /// The last sample, and the last one of an earlier second.
  private var last: (value: Double, time: Double, second: Int)?
  private var earlier: (value: Double, time: Double, second: Int)?

  mutating func rate(_ value: Double, _ time: Double, _ second: Int) -> Double {
    if value.isNaN {
      (last, earlier) = (nil, nil)
      return .nan
    }
    if let last, last.second < second { earlier = last }
    last = (value, time, second)
    guard let earlier, time > earlier.time else { return .nan }
    return (value < earlier.value ? value : value - earlier.value) / (time - earlier.time)
  }
}
