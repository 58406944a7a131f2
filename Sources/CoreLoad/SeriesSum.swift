/// The samples of one series, one a second.
struct SampleRun {
  private(set) var seconds: [Int32] = []
  private(set) var values: [Double] = []

  /// - Parameter hasStart: of the samples until second 0 the last one is enough.
  mutating func append(_ value: Double, at second: Int, hasStart: Bool) {
    if let before = seconds.last, before == second || (hasStart && second <= 0) {
      seconds[seconds.count - 1] = Int32(second)
      values[values.count - 1] = value
      return
    }
    seconds.append(Int32(second))
    values.append(value)
  }

  /// Whether all are whole steps apart.
  func lies(on step: Int) -> Bool {
    guard let first = seconds.first else { return false }
    return seconds.allSatisfy { (Int($0) - Int(first)) % step == 0 }
  }
}

/// The sum of series over time, and of how many.
struct SeriesSum {
  private(set) var seconds: [Int32] = []
  private(set) var totals: [Double] = []
  private(set) var counts: [Int32] = []

  mutating func append(_ total: Double, _ count: Int, at second: Int, hasStart: Bool) {
    if let before = seconds.last, hasStart, second <= 0, before <= 0 {
      seconds.removeLast()
      totals.removeLast()
      counts.removeLast()
    }
    seconds.append(Int32(clamping: second))
    totals.append(total)
    counts.append(Int32(clamping: count))
  }

  /// Adds a series whose samples count until the next one, but no longer than `hold`.
  mutating func add(_ run: SampleRun, hold: Int) {
    let before = self
    self = SeriesSum()
    let most = before.seconds.count + run.seconds.count
    seconds.reserveCapacity(most)
    totals.reserveCapacity(most)
    counts.reserveCapacity(most)
    var (place, sample) = (0, 0)
    var (total, count, value, end) = (0.0, Int32(0), Double.nan, Int.max)
    while true {
      let known = place < before.seconds.count ? Int(before.seconds[place]) : .max
      let next = sample < run.seconds.count ? Int(run.seconds[sample]) : .max
      let second = min(known, next, end)
      if second == .max { return }
      if end == second { (value, end) = (.nan, .max) }
      if known == second {
        (total, count) = (before.totals[place], before.counts[place])
        place += 1
      }
      if next == second {
        value = run.values[sample]
        end = value.isNaN || hold == .max ? .max : second + hold
        sample += 1
      }
      let isThere = !value.isNaN
      append(isThere ? total + value : total, Int(count) + (isThere ? 1 : 0), at: second, hasStart: false)
    }
  }
}
