/// Samples of several series, in the order of time or series after series, as one.
///
/// Where time runs back at another series, the file has one series after the other; what came until then is joined, and each series that
/// follows is added to it when it ends. Thus memory holds one series and the sum, whatever the number of series.
struct SeriesJoin {
  /// How long a sample counts that no other one follows.
  enum Holding {
    /// For a step of the file: a range query leaves out the steps at which there was nothing. Samples that lie on no grid: `lookback`.
    case step
    /// For five minutes, as Prometheus looks back, or two steps where these are longer.
    case lookback
    /// Until the next one, where there is one series; else `lookback`.
    case untilNext
  }
  private static let lookbackSeconds = 300
  private static let seriesLimit = 100_000

  private struct Live {
    var value = Double.nan
    var second: Int
    var counter = CounterRate()
  }

  private let selection: LoadSelection
  private let holding: Holding
  private var isByTime: Bool
  /// Seconds since 1970 from which seconds are counted; the file's first sample, or the start.
  private var origin: Double?
  private var first = Int.max
  private var last = Int.min
  /// The smallest distance of two samples of one series.
  private(set) var step = Int.max
  private(set) var numbers = 0
  private(set) var missing = 0
  private var sum = SeriesSum()
  private var places: [UInt64: Int] = [:]
  // In the order of time: where each series stands, and at which second.
  private var live: [Live] = []
  private var now = Int.min
  // Series after series: the one that comes, and those of one sample, whose step is not known yet.
  private var run = SampleRun()
  private var runID: UInt64?
  private var counter = CounterRate()
  private var short: [SampleRun] = []

  init(_ selection: LoadSelection, _ holding: Holding, isByTime: Bool = true) {
    self.selection = selection
    self.holding = holding
    self.isByTime = isByTime
    origin = selection.start
  }

  var seriesCount: Int { places.count }
  /// Seconds since 1970 of second 0.
  private var base: Int { selection.start == nil ? first : 0 }

  /// - Parameters:
  ///   - id: of the series
  ///   - time: seconds since 1970, or since anything else
  ///   - value: NaN: there is none from here on.
  mutating func add(_ id: UInt64, _ time: Double, _ value: Double, line: Int?) throws(LoadError) {
    let second = try self.second(time, line)
    first = min(first, second)
    let value = value.isFinite ? value : .nan
    if value.isNaN { missing += 1 } else { numbers += 1 }
    let place = places[id]
    if isByTime, second < now {
      guard place == nil else { throw LoadError(line: line, "time runs backwards, by \(now - second) s") }
      flush(before: nil, isAlone: false)
      isByTime = false
    }
    if place == nil {
      guard places.count < SeriesJoin.seriesLimit else {
        throw LoadError(line: line, "more than \(SeriesJoin.seriesLimit) series: choose some by their labels")
      }
      places[id] = places.count
    }
    if isByTime {
      if isTooLate(second) { return }
      try addByTime(place, second, time, value, line)
    } else {
      if id != runID {
        guard place == nil else { throw LoadError(line: line, "a series goes on behind another one, and time has run backwards") }
        endRun()
        runID = id
      }
      if isTooLate(second) { return }
      if let before = run.seconds.last, second < Int(before) {
        throw LoadError(line: line, "time runs backwards, by \(Int(before) - second) s")
      }
      if let before = run.seconds.last, Int(before) < second { step = min(step, second - Int(before)) }
      let value = selection.isRate ? counter.rate(value, time, second) : value
      run.append(value, at: second, hasStart: selection.start != nil)
      try checkLimit(run.seconds.count, line)
    }
    last = max(last, second)
  }

  /// An hour more is kept: rates begin later than the samples that they are made from.
  private func isTooLate(_ second: Int) -> Bool { Double(second) > Double(base) + selection.untilSecond + 3600 }

  private mutating func second(_ time: Double, _ line: Int?) throws(LoadError) -> Int {
    let from = origin ?? time
    origin = from
    let second = (time - from).rounded()
    guard second.magnitude < 2_000_000_000 else { throw LoadError(line: line, "times lie more than 60 years apart") }
    return Int(second)
  }

  private func checkLimit(_ count: Int, _ line: Int?) throws(LoadError) {
    guard count <= selection.limit else {
      throw LoadError(line: line, "more than \(selection.limit) samples: say for how long the run is, or choose fewer series")
    }
  }

  private mutating func addByTime(_ place: Int?, _ second: Int, _ time: Double, _ value: Double, _ line: Int?) throws(LoadError) {
    if second > now {
      flush(before: second, isAlone: live.count == 1)
      now = second
      try checkLimit(sum.seconds.count, line)
    }
    let place = place ?? live.count
    if place == live.count { live.append(Live(second: second)) }
    if second > live[place].second { step = min(step, second - live[place].second) }
    live[place].second = second
    live[place].value = selection.isRate ? live[place].counter.rate(value, time, second) : value
  }

  private func hold(isAlone: Bool) -> Int {
    if holding == .untilNext, isAlone { return .max }
    return step == .max ? SeriesJoin.lookbackSeconds : max(SeriesJoin.lookbackSeconds, 2 * step)
  }

  /// Records what holds now, and what ends before a second; all of it where there is none.
  private mutating func flush(before next: Int?, isAlone: Bool) {
    guard now > .min else { return }
    let hold = hold(isAlone: isAlone)
    var second = now
    while true {
      var (total, count, oldest) = (0.0, 0, Int.max)
      for series in live where !series.value.isNaN {
        total += series.value
        count += 1
        oldest = min(oldest, series.second)
      }
      sum.append(total, count, at: second, hasStart: selection.start != nil)
      guard count > 0, hold < .max, oldest + hold < next ?? .max else { return }
      second = oldest + hold
      for place in live.indices where live[place].second <= oldest { live[place].value = .nan }
    }
  }

  /// The series that came until now is over.
  mutating func endRun() {
    if run.seconds.count == 1 { short.append(run) } else if !run.seconds.isEmpty { sum.add(run, hold: hold(of: run)) }
    run = SampleRun()
    counter = CounterRate()
    runID = nil
  }

  private func hold(of run: SampleRun) -> Int {
    guard holding == .step, step < .max, run.lies(on: step) else { return hold(isAlone: seriesCount == 1) }
    return step
  }

  /// - Throws: where there is no number.
  mutating func finish() throws(LoadError) -> LoadReading {
    if isByTime { flush(before: nil, isAlone: live.count == 1) } else { endRun() }
    for run in short { sum.add(run, hold: hold(of: run)) }
    guard let origin, numbers > 0 else {
      throw LoadError(missing > 0 ? "no sample is a number: all \(missing) are missing" : "there is no sample")
    }
    guard last >= base else { throw LoadError("the last sample is \(base - last) s before the start") }
    var base = base
    if selection.isRate, selection.start == nil {
      guard let place = sum.counts.firstIndex(where: { $0 > 0 }) else {
        throw LoadError("no series has two samples: there is no rate")
      }
      base = Int(sum.seconds[place])
    }
    let (factor, offset, isMean) = (selection.factor, selection.offset, selection.join == .mean)
    var series = LoadSeries()
    for place in sum.seconds.indices {
      let second = Int(sum.seconds[place]) - base
      if Double(second) > selection.untilSecond || second > last - base { break }
      let count = Double(sum.counts[place])
      let value = count == 0 ? .nan : (isMean ? sum.totals[place] / count : sum.totals[place]) * factor + offset
      series.append(value.isFinite ? value : .nan, at: Double(max(0, second)))
    }
    let stepSeconds = step == .max ? nil : Double(step)
    return LoadReading(
      series: series, seriesCount: seriesCount, samples: numbers, missing: missing, startedAt: origin + Double(base),
      stepSeconds: stepSeconds)
  }
}
