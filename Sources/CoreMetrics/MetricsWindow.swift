package import CoreTypes

/// The last two samples of every container and node: what metrics.k8s.io is computed from.
/// Source of the rules: metrics-server v0.8, pkg/storage.
package struct MetricsWindow: Sendable {
  /// Younger containers have no rate yet: their start would dominate it.
  private static let leastAge: Duration = .seconds(10)

  private let scrapePeriod: Duration
  private var scrape: UInt64 = 0
  private var pods: [String: PodSeries] = [:]
  private var nodes: [String: NodeSeries] = [:]
  /// What pods tell about themselves.
  package var custom = CustomMetrics()

  package init(scrapePeriod: Duration = .seconds(15)) { self.scrapePeriod = scrapePeriod }

  /// Takes one scrape. For each node in it, pods and containers that it does not name are forgotten.
  package mutating func add(_ samples: [UsageSample]) {
    scrape += 1
    var touched: [NodeSeries] = []
    for sample in samples {
      var place = touched.firstIndex { $0.name == sample.node } ?? -1
      if place < 0 {
        place = touched.count
        touched.append(nodes.removeValue(forKey: sample.node) ?? NodeSeries(name: sample.node))
        touched[place].begin()
      }
      if sample.podUID.isEmpty {
        touched[place].add(sample, scrape)
      } else if pods[sample.podUID, default: PodSeries()].add(sample, scrape) {
        touched[place].podUIDs.append(sample.podUID)
      }
    }
    for var node in touched {
      forgetUnseen(on: &node)
      nodes[node.name] = node
    }
  }

  /// Forgets a node that is gone, and its pods.
  package mutating func forget(node: String) {
    guard let series = nodes.removeValue(forKey: node) else { return }
    for uid in series.podUIDs { pods[uid] = nil }
  }

  /// The usage of a pod whose running containers are `containers`; nil while one of them has no rate yet.
  package func podMetrics(_ podUID: String, containers: [String]) -> PodUsage? {
    var usages: [ContainerUsage] = []
    usages.reserveCapacity(containers.count)
    let found = podMetrics(podUID, containers: containers) { usages.append($0) }
    return found.map { PodUsage(podUID: podUID, timestamp: $0.at, window: $0.window, containers: usages) }
  }

  /// The same without a list of the containers; `take` sees each.
  package func podMetrics(_ podUID: String, containers: [String], _ take: (ContainerUsage) -> Void) -> (
    at: Instant, window: Duration
  )? {
    guard let series = pods[podUID], !containers.isEmpty else { return nil }
    var earliest: (at: Instant, window: Duration)?
    for name in containers {
      guard let index = series.containers.firstIndex(where: { $0.last.container == name }) else { return nil }
      guard let start = startPoint(of: series.containers[index]) else { return nil }
      let last = series.containers[index].last
      take(ContainerUsage(last, since: start))
      // Upstream answers the earliest container's moment for the pod.
      if earliest.map({ last.at < $0.at }) ?? true { earliest = (last.at, last.at - start.at) }
    }
    return earliest
  }

  /// The usage of a whole node; nil before its second sample.
  package func nodeMetrics(_ node: String) -> NodeUsage? {
    guard let series = nodes[node]?.series, let start = startPoint(of: series) else { return nil }
    return NodeUsage(
      node: node, timestamp: series.last.at, window: series.last.at - start.at, usage: ContainerUsage(series.last, since: start))
  }

  /// The latest sample of a container, whether or not it has a rate yet.
  package func latest(_ podUID: String, container: String) -> UsageSample? {
    pods[podUID]?.containers.first { $0.last.container == container }?.last
  }

  private mutating func forgetUnseen(on node: inout NodeSeries) {
    // Most scrapes name the pods of the one before.
    for uid in node.earlierPodUIDs where node.podUIDs != node.earlierPodUIDs {
      if let series = pods[uid], series.scrape != scrape, series.node == node.name { pods[uid] = nil }
    }
    for uid in node.podUIDs where pods[uid]?.isPartial == true { pods[uid]!.forgetUnseen() }
    node.earlierPodUIDs = []
    if node.series?.scrape != scrape { node.series = nil }
  }

  /// Where the rate begins: the sample before, or the container's start if that is less than a scrape ago.
  private func startPoint(of series: Series) -> RateStart? {
    if let previous = series.previous { return previous }
    let age = series.last.at - series.last.startedAt
    guard age >= MetricsWindow.leastAge, age <= scrapePeriod else { return nil }
    return RateStart(at: series.last.startedAt, cpuNanoseconds: 0)
  }
}

/// The two points that a CPU rate lies between.
private struct Series: Sendable {
  var last: UsageSample
  var previous: RateStart?
  var scrape: UInt64

  init(_ sample: UsageSample, _ scrape: UInt64) {
    last = sample
    self.scrape = scrape
  }

  /// A restart or a counter that went back begins anew; a sample that is not newer changes nothing.
  mutating func add(_ sample: UsageSample, _ scrape: UInt64) {
    self.scrape = scrape
    let isSame = sample.containerID == last.containerID && sample.node == last.node
    if isSame, sample.at <= last.at { return }
    let continues = isSame && sample.cpuNanoseconds >= last.cpuNanoseconds
    previous = continues ? RateStart(at: last.at, cpuNanoseconds: last.cpuNanoseconds) : nil
    last = sample
  }
}

private struct PodSeries: Sendable {
  var node = ""
  var scrape: UInt64 = 0
  /// How many containers the scrape named.
  private var seen = 0
  private(set) var containers: [Series] = []

  /// True for the first sample of the pod in a scrape.
  mutating func add(_ sample: UsageSample, _ scrape: UInt64) -> Bool {
    let isFirst = self.scrape != scrape
    if isFirst {
      self.scrape = scrape
      node = sample.node
      seen = 0
    }
    if let index = containers.firstIndex(where: { $0.last.container == sample.container }) {
      if containers[index].scrape != scrape { seen += 1 }
      containers[index].add(sample, scrape)
    } else {
      containers.append(Series(sample, scrape))
      seen += 1
    }
    return isFirst
  }

  /// The scrape did not name every container.
  var isPartial: Bool { seen < containers.count }

  mutating func forgetUnseen() {
    containers.removeAll { $0.scrape != scrape }
  }
}

private struct NodeSeries: Sendable {
  let name: String
  var series: Series?
  /// Of the current scrape, and of the one before while the current one is taken.
  var podUIDs: [String] = []
  var earlierPodUIDs: [String] = []

  init(name: String) { self.name = name }

  mutating func begin() {
    earlierPodUIDs = podUIDs
    podUIDs.removeAll(keepingCapacity: true)
  }

  mutating func add(_ sample: UsageSample, _ scrape: UInt64) {
    if series == nil { series = Series(sample, scrape) } else { series!.add(sample, scrape) }
  }
}

/// A CPU reading that a rate begins at.
struct RateStart: Sendable {
  var at: Instant
  var cpuNanoseconds: Int64
}
