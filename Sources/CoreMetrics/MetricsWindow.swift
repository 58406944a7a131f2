import CoreTypes

/// The last two samples of every container and node: what metrics.k8s.io is computed from.
/// Source of the rules: metrics-server v0.8, pkg/storage.
package struct MetricsWindow: Sendable {
  /// Younger containers have no rate yet: their start would dominate it.
  private static let leastAge: Duration = .seconds(10)

  private let scrapePeriod: Duration
  private var scrape: UInt64 = 0
  private var pods: [String: [Series]] = [:]
  private var nodes: [String: NodeSeries] = [:]

  package init(scrapePeriod: Duration = .seconds(15)) { self.scrapePeriod = scrapePeriod }

  /// Takes one scrape. For each node in it, pods and containers that it does not name are forgotten.
  package mutating func add(_ samples: [UsageSample]) {
    scrape += 1
    var touched: [String] = []
    for sample in samples {
      if nodes[sample.node]?.scrape != scrape {
        nodes[sample.node, default: NodeSeries()].begin(scrape)
        touched.append(sample.node)
      }
      if sample.podUID.isEmpty {
        nodes[sample.node]!.add(sample)
      } else if addContainer(sample) {
        nodes[sample.node]!.podUIDs.append(sample.podUID)
      }
    }
    for node in touched { forgetUnseen(on: node) }
  }

  /// Forgets a node that is gone, and its pods.
  package mutating func forget(node: String) {
    guard let series = nodes.removeValue(forKey: node) else { return }
    for uid in series.podUIDs { pods[uid] = nil }
  }

  /// The usage of a pod whose running containers are `containers`; nil while one of them has no rate yet.
  package func podMetrics(_ podUID: String, containers: [String]) -> PodUsage? {
    guard let series = pods[podUID], !containers.isEmpty else { return nil }
    var usages: [ContainerUsage] = []
    usages.reserveCapacity(containers.count)
    var timestamp: Instant?
    var window: Duration = .zero
    for name in containers {
      guard let found = series.first(where: { $0.last.container == name }), let start = startPoint(of: found) else { return nil }
      usages.append(ContainerUsage(found.last, since: start))
      // Upstream answers the earliest container's moment for the pod.
      if timestamp.map({ found.last.at < $0 }) ?? true {
        timestamp = found.last.at
        window = found.last.at - start.at
      }
    }
    return timestamp.map { PodUsage(podUID: podUID, timestamp: $0, window: window, containers: usages) }
  }

  /// The usage of a whole node; nil before its second sample.
  package func nodeMetrics(_ node: String) -> NodeUsage? {
    guard let series = nodes[node]?.series, let start = startPoint(of: series) else { return nil }
    return NodeUsage(
      node: node, timestamp: series.last.at, window: series.last.at - start.at, usage: ContainerUsage(series.last, since: start))
  }

  /// The latest sample of a container, whether or not it has a rate yet.
  package func latest(_ podUID: String, container: String) -> UsageSample? {
    pods[podUID]?.first { $0.last.container == container }?.last
  }

  /// True if the pod is new in this scrape.
  private mutating func addContainer(_ sample: UsageSample) -> Bool {
    guard pods[sample.podUID] != nil else {
      pods[sample.podUID] = [Series(sample, scrape)]
      return true
    }
    let isFirst = !pods[sample.podUID]!.contains { $0.scrape == scrape }
    if let index = pods[sample.podUID]!.firstIndex(where: { $0.last.container == sample.container }) {
      pods[sample.podUID]![index].add(sample, scrape)
    } else {
      pods[sample.podUID]!.append(Series(sample, scrape))
    }
    return isFirst
  }

  private mutating func forgetUnseen(on node: String) {
    for uid in nodes[node]!.earlierPodUIDs {
      guard let series = pods[uid], series[0].last.node == node else { continue }
      if !series.contains(where: { $0.scrape == scrape }) { pods[uid] = nil }
    }
    for uid in nodes[node]!.podUIDs where pods[uid]?.contains(where: { $0.scrape != scrape }) == true {
      pods[uid]?.removeAll { $0.scrape != scrape }
    }
    nodes[node]!.earlierPodUIDs = []
    if nodes[node]!.series?.scrape != scrape { nodes[node]!.series = nil }
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

private struct NodeSeries: Sendable {
  var series: Series?
  var scrape: UInt64 = 0
  /// Of the current scrape, and of the one before while the current one is taken.
  var podUIDs: [String] = []
  var earlierPodUIDs: [String] = []

  mutating func begin(_ scrape: UInt64) {
    self.scrape = scrape
    earlierPodUIDs = podUIDs
    podUIDs.removeAll(keepingCapacity: true)
  }

  mutating func add(_ sample: UsageSample) {
    if series == nil { series = Series(sample, scrape) } else { series!.add(sample, scrape) }
  }
}

/// A CPU reading that a rate begins at.
struct RateStart: Sendable {
  var at: Instant
  var cpuNanoseconds: Int64
}
