extension RunFigures {
  /// The figures of an autoscaler's record, of a run of so many seconds. What is counted while it runs (`outOfMemoryKills`) stays.
  ///
  /// - podHours: the integral of `current` over the run, in hours.
  /// - changes: how often `desired` took another value, its first one not counted.
  /// - secondsAtMost: how long `current` was at `most` or above.
  /// - secondsAboveTarget: how long a metric was above target × (1 + tolerance): that of the metric for which it was longest.
  /// - unmetShare: the integral of offered − served over that of offered: that of the load for which it was most.
  /// - reactionSeconds: from each crossing of that line until `ready` has what the metric proposed there, or `most` of them: the longest.
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
      for crossing in metric.value.crossings(above: line) {
        guard let proposed = metric.proposed.level(at: crossing) else { continue }
        let wanted = min(proposed, record.most.level(at: crossing) ?? proposed)
        let at = record.ready.firstSecond(from: crossing) { $0 >= wanted } ?? end
        reactionSeconds = max(reactionSeconds ?? 0, at - crossing)
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

  /// The seconds at which the value comes to be above a line.
  func crossings(above line: Double) -> [Double] {
    var found: [Double] = []
    var isAbove = false
    for (second, value) in zip(seconds, values) where !value.isNaN {
      if value > line, !isAbove { found.append(second) }
      isAbove = value > line
    }
    return found
  }

  /// The first second from one on at which something holds.
  func firstSecond(from start: Double, _ holds: (Double) -> Bool) -> Double? {
    if let now = level(at: start), holds(now) { return start }
    return seconds.indices.first { seconds[$0] >= start && holds(values[$0]) }.map { seconds[$0] }
  }
}
