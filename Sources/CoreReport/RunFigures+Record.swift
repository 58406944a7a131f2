extension RunFigures {
  /// The figures of an autoscaler's record, of a run of so many seconds. What is counted while it runs (`outOfMemoryKills`) stays.
  ///
  /// - podHours: the integral of `current` over the run, in hours.
  /// - changes: how often `desired` took another value, its first one not counted.
  /// - secondsAtMost: how long `current` was at `most` or above.
  /// - secondsAboveTarget: how long a metric was above target × (1 + tolerance): that of the metric for which it was longest.
  /// - unmetShare: the integral of offered − served over that of offered: that of the load for which it was most.
  /// - reactionSeconds: from each crossing of that line until `ready` has what the metric proposed there or proposes by then, or `most`
  ///   of them, or until the metric is back: the longest.
  package mutating func count(_ record: AutoscalerRecord, lengthSeconds end: Double) {
    podHours = record.current.integral(to: end) { $0 } / 3600
    peak = Int(record.current.values.lazy.filter { !$0.isNaN }.max() ?? 0)
    changes = max(0, record.desired.values.count - 1)
    secondsAtMost = record.current.joined(record.most, to: end) { $0 >= $1 }
    secondsAboveTarget = 0
    reactionSeconds = nil
    for metric in record.metrics {
      let line = metric.target * (1 + metric.tolerance)
      secondsAboveTarget = max(secondsAboveTarget, metric.value.integral(to: end) { $0 > line ? 1 : 0 })
      for (crossing, back) in metric.value.times(above: line, to: end) {
        guard let proposed = metric.proposed.level(at: crossing) else { continue }
        let wanted = min(proposed, record.most.level(at: crossing) ?? proposed)
        let moments = (record.ready.changes(from: crossing, to: back) + metric.proposed.changes(from: crossing, to: back))
          .sorted()
        let enough = ([crossing] + moments).first { moment in
          guard let ready = record.ready.level(at: moment) else { return false }
          return ready >= min(wanted, metric.proposed.level(at: moment) ?? wanted)
        }
        reactionSeconds = max(reactionSeconds ?? 0, (enough ?? back) - crossing)
      }
    }
    unmetShare = record.loads.compactMap { load in
      let offered = load.offered.integral(to: end) { $0 }
      return offered > 0 ? max(0, offered - load.served.integral(to: end) { $0 }) / offered : nil
    }.max()
  }
}

extension RunSeries {
  /// The integral of `height` over the run; where there is no value it is 0.
  func integral(to end: Double, _ height: (Double) -> Double) -> Double {
    var sum = 0.0
    for index in seconds.indices where !values[index].isNaN && seconds[index] < end {
      let until = index + 1 < seconds.count ? min(end, seconds[index + 1]) : end
      sum += height(values[index]) * (until - max(0, seconds[index]))
    }
    return sum
  }

  /// For how many seconds something holds of this and another series.
  func joined(_ other: RunSeries, to end: Double, _ holds: (Double, Double) -> Bool) -> Double {
    var sum = 0.0
    var place = -1
    var moments = (seconds + other.seconds).filter { $0 < end }.sorted()
    moments.append(end)
    var own = -1
    for (from, to) in zip(moments, moments.dropFirst()) {
      while own + 1 < seconds.count, seconds[own + 1] <= from { own += 1 }
      while place + 1 < other.seconds.count, other.seconds[place + 1] <= from { place += 1 }
      if own >= 0, place >= 0, holds(values[own], other.values[place]) { sum += to - from }
    }
    return sum
  }

  /// The value at a second; nil before the first and where there is none.
  package func level(at second: Double) -> Double? {
    var (low, high) = (0, seconds.count)
    while low < high {
      let middle = (low + high) / 2
      if seconds[middle] <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 || values[low - 1].isNaN ? nil : values[low - 1]
  }

  /// The times in which the value is above a line, also where it is missing meanwhile.
  func times(above line: Double, to end: Double) -> [(from: Double, to: Double)] {
    var found: [(from: Double, to: Double)] = []
    var start: Double?
    for (second, value) in zip(seconds, values) where !value.isNaN {
      if value > line {
        start = start ?? second
      } else if let from = start {
        found.append((from, second))
        start = nil
      }
    }
    // One that is missing to the end is not above anything any more.
    if let start { found.append((start, values.last!.isNaN ? seconds.last! : end)) }
    return found
  }

  /// The seconds of a time at which the value changes.
  func changes(from start: Double, to end: Double) -> ArraySlice<Double> {
    func place(_ second: Double) -> Int {
      var (low, high) = (0, seconds.count)
      while low < high {
        let middle = (low + high) / 2
        if seconds[middle] < second { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return seconds[place(start)..<place(end)]
  }
}
