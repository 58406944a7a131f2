/// A CPU reading that a rate begins at.
struct RateStart: Sendable {
  var at: Instant
  var cpuNanoseconds: Int64
}

/// The moments of a scrape of a node and of the one before.
struct ScrapeTime: Sendable {
  var at: Instant
  var before: Instant
}

/// What a sample measured, without its names: of many pods only this is touched at each look.
struct Reading: Sendable {
  var at: Instant
  var startedAt: Instant
  var cpuNanoseconds: Int64
  var memoryUsage: Int64
  var inactiveFile: Int64
  var activeFile: Int64
  var anonymous: Int64

  init(_ sample: UsageSample) {
    at = sample.at
    startedAt = sample.startedAt
    cpuNanoseconds = sample.cpuNanoseconds
    memoryUsage = sample.memoryUsage
    inactiveFile = sample.inactiveFile
    activeFile = sample.activeFile
    anonymous = sample.anonymous
  }

  func isSameMemory(as other: Reading) -> Bool {
    memoryUsage == other.memoryUsage && inactiveFile == other.inactiveFile && activeFile == other.activeFile
      && anonymous == other.anonymous
  }
}

extension Int64 {
  /// The product with `part`, divided by `whole`. Most fit in 64 bits, whose division is much the cheaper one.
  func scaled(by part: Int64, of whole: Int64) -> Int64 {
    let (product, isTooLarge) = multipliedReportingOverflow(by: part)
    return isTooLarge ? Int64(clamping: Int128(self) * Int128(part) / Int128(whole)) : product / whole
  }
}

/// The two points that a CPU rate lies between.
struct UsageSeries: Sendable {
  /// Younger containers have no rate yet: their start would dominate it.
  private static let leastAge: Duration = .seconds(10)

  private(set) var source: UsageSource
  private(set) var last: Reading
  private(set) var previous: RateStart?
  private(set) var scrape: UInt64

  init(_ sample: UsageSample, _ scrape: UInt64) {
    source = sample.source
    last = Reading(sample)
    self.scrape = scrape
  }

  /// A restart or a counter that went back begins anew; a sample that is not newer changes nothing.
  /// - Returns: whether the usage is another than before.
  mutating func add(_ sample: UsageSample, _ scrape: UInt64) -> Bool {
    self.scrape = scrape
    let isSame =
      sample.source === source || (sample.containerID == source.containerID && sample.node == source.node)
    if isSame, sample.at <= last.at { return false }
    if !isSame { source = sample.source }
    // No rate begins at a reading that failed: its counter is none.
    let isRead = last.cpuNanoseconds >= 0 || sample.cpuNanoseconds < 0
    let continues = isSame && isRead && sample.cpuNanoseconds >= last.cpuNanoseconds
    let start = continues ? RateStart(at: last.at, cpuNanoseconds: last.cpuNanoseconds) : nil
    let reading = Reading(sample)
    let isSteady = isSteady(reading, since: start)
    previous = start
    last = reading
    return !isSteady
  }

  private func isSteady(_ reading: Reading, since start: RateStart?) -> Bool {
    guard let start, let previous else { return false }
    return reading.isSameMemory(as: last) && (reading.at - start.at) == (last.at - previous.at)
      && reading.cpuNanoseconds - start.cpuNanoseconds == last.cpuNanoseconds - previous.cpuNanoseconds
  }

  /// Moves the last sample on to a later scrape in which nothing was new.
  mutating func goOn(to time: ScrapeTime) {
    guard last.at < time.at, let start = previous else { return }
    let rate = Rate(from: start, to: last)
    previous = RateStart(at: time.before, cpuNanoseconds: rate.cpuNanoseconds(at: time.before))
    last.cpuNanoseconds = rate.cpuNanoseconds(at: time.at)
    last.at = time.at
  }

  /// Where the rate begins: the sample before, or the container's start if that is less than a scrape ago.
  func startPoint(_ scrapePeriod: Duration) -> RateStart? {
    if let previous { return previous }
    let age = last.at - last.startedAt
    guard age >= UsageSeries.leastAge, age <= scrapePeriod else { return nil }
    return RateStart(at: last.startedAt, cpuNanoseconds: 0)
  }

  func usage(since start: RateStart) -> ContainerUsage { ContainerUsage(source.container, last, since: start) }

  /// When its usage was last seen, `time` being its node's last scrape, and since when; nil: since its first point.
  func moment(_ time: ScrapeTime?) -> (at: Instant, window: Duration?) {
    if let time, last.at < time.at, previous != nil { return (time.at, time.at - time.before) }
    return (last.at, nil)
  }

  /// A reading that grows evenly.
  private struct Rate {
    let origin: RateStart
    let elapsed: Int64
    let used: Int64

    init(from start: RateStart, to last: Reading) {
      origin = start
      elapsed = max(1, (last.at - start.at).nanoseconds)
      used = last.cpuNanoseconds - start.cpuNanoseconds
    }

    func cpuNanoseconds(at instant: Instant) -> Int64 {
      if origin.cpuNanoseconds < 0 { return -1 }
      return origin.cpuNanoseconds &+ (instant - origin.at).nanoseconds.scaled(by: used, of: elapsed)
    }
  }
}

/// What is known of the containers of a pod.
struct PodSeries: Sendable {
  /// The place of the node that it is on; -1 before its first sample.
  private(set) var node = -1
  private(set) var scrape: UInt64 = 0
  /// How many containers the scrape named.
  private var seen = 0
  private(set) var containers: [UsageSeries] = []

  /// - Parameter earlier: a scrape before, up to which containers that were not named went on as they did
  /// - Returns: whether it is the pod's first sample in the scrape, and whether the usage is another than before.
  mutating func add(_ sample: UsageSample, _ scrape: UInt64, on node: Int, after earlier: ScrapeTime? = nil) -> (
    isFirst: Bool, isNew: Bool
  ) {
    if let earlier { for index in containers.indices { containers[index].goOn(to: earlier) } }
    let isFirst = self.scrape != scrape
    if isFirst {
      self.scrape = scrape
      self.node = node
      seen = 0
    }
    if let index = containers.firstIndex(where: {
      $0.source === sample.source || $0.source.container == sample.container
    }) {
      if containers[index].scrape != scrape { seen += 1 }
      return (isFirst, containers[index].add(sample, scrape))
    }
    containers.append(UsageSeries(sample, scrape))
    seen += 1
    return (isFirst, true)
  }

  /// What these containers use; nil while one of them has no rate yet.
  /// - Parameter time: of its node's last scrape
  func usage(of names: [String], _ time: ScrapeTime, _ scrapePeriod: Duration, _ visit: (ContainerUsage) -> Void) -> (
    at: Instant, window: Duration
  )? {
    let series = containers.span
    var earliest: (at: Instant, window: Duration)?
    for name in names {
      guard let index = series.indices.first(where: { series[$0].source.container == name }),
        let start = series[index].startPoint(scrapePeriod)
      else { return nil }
      visit(series[index].usage(since: start))
      let (at, window) = series[index].moment(time)
      // Upstream answers the earliest container's moment for the pod.
      if earliest.map({ at < $0.at }) ?? true { earliest = (at, window ?? at - start.at) }
    }
    return earliest
  }

  /// The scrape did not name every container.
  var isPartial: Bool { seen < containers.count }

  mutating func removeUnseen() {
    containers.removeAll { $0.scrape != scrape }
    seen = containers.count
  }
}

/// What is known of a node.
struct NodeSeries: Sendable {
  let name: String
  var series: UsageSeries?
  /// Of its last scrape.
  private(set) var scrape: UInt64 = 0
  private(set) var time: ScrapeTime
  /// Of the current scrape, and of the one before while the current one is taken.
  var podUIDs: [String] = []
  var earlierPodUIDs: [String] = []

  init(name: String) {
    self.name = name
    time = ScrapeTime(at: Instant(nanoseconds: 0), before: Instant(nanoseconds: 0))
  }

  mutating func begin(_ scrape: UInt64, at: Instant) {
    time = ScrapeTime(at: at, before: self.scrape == 0 ? at : time.at)
    self.scrape = scrape
  }

  /// The pods of the scrape before are those of an earlier one now.
  mutating func beginPods() {
    earlierPodUIDs = podUIDs
    podUIDs.removeAll(keepingCapacity: true)
  }

  mutating func add(_ sample: UsageSample, _ scrape: UInt64) {
    if series == nil { series = UsageSeries(sample, scrape) } else { _ = series!.add(sample, scrape) }
  }
}
