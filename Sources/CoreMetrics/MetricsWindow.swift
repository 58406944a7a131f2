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
  /// What metrics adapters answered.
  package var adapters = AdapterMetrics()

  package init(scrapePeriod: Duration = .seconds(15)) { self.scrapePeriod = scrapePeriod }

  /// Takes one scrape. For each node in it, pods and containers that it does not name are forgotten.
  /// - Returns: UIDs of the pods whose usage is another than before, or that have none any more; each at least once.
  @discardableResult
  package mutating func add(_ samples: [UsageSample]) -> [String] {
    scrape += 1
    var changed: [String] = []
    var touched: [NodeSeries] = []
    for sample in samples {
      var place = touched.firstIndex { $0.name == sample.node } ?? -1
      if place < 0 {
        place = touched.count
        touched.append(nodes.removeValue(forKey: sample.node) ?? NodeSeries(name: sample.node))
        touched[place].begin(scrape, at: sample.at)
        touched[place].beginPods()
      }
      if sample.podUID.isEmpty {
        touched[place].add(sample, scrape)
        continue
      }
      let (isFirst, isNew) = pods[sample.podUID, default: PodSeries()].add(sample, scrape)
      if isFirst { touched[place].podUIDs.append(sample.podUID) }
      if isNew { changed.append(sample.podUID) }
    }
    for var node in touched {
      forgetUnseen(on: &node, &changed)
      nodes[node.name] = node
    }
    return changed
  }

  /// Takes one scrape of which only what is new is told.
  /// - Returns: as `add` of a whole scrape.
  package mutating func add(_ changes: UsageChanges) -> [String] {
    scrape += 1
    var changed = changes.gone
    for uid in changes.gone {
      guard let series = pods.removeValue(forKey: uid) else { continue }
      nodes[series.node]?.podUIDs.removeAll { $0 == uid }
    }
    for name in changes.nodes { nodes[name, default: NodeSeries(name: name)].begin(scrape, at: changes.at) }
    for sample in changes.samples {
      guard let node = nodes[sample.node], node.scrape == scrape else { continue }
      let earlier = ScrapeTime(at: node.time.before, before: node.time.before - scrapePeriod)
      if sample.podUID.isEmpty {
        nodes[sample.node]!.series?.goOn(to: earlier)
        nodes[sample.node]!.add(sample, scrape)
        continue
      }
      let (isFirst, isNew) = add(sample, after: earlier)
      if isNew || isFirst { changed.append(sample.podUID) }
    }
    for sample in changes.samples where pods[sample.podUID]?.isPartial == true { pods[sample.podUID]!.forgetUnseen() }
    return changed
  }

  private mutating func add(_ sample: UsageSample, after earlier: ScrapeTime) -> (isFirst: Bool, isNew: Bool) {
    var series = pods.removeValue(forKey: sample.podUID) ?? PodSeries()
    defer { pods[sample.podUID] = series }
    let before = series.node
    series.goOn(to: earlier)
    if before != sample.node {
      if !before.isEmpty { nodes[before]?.podUIDs.removeAll { $0 == sample.podUID } }
      nodes[sample.node]!.podUIDs.append(sample.podUID)
    }
    return series.add(sample, scrape)
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
    let time = nodes[series.node]?.time
    var earliest: (at: Instant, window: Duration)?
    for name in containers {
      guard let index = series.containers.firstIndex(where: { $0.last.container == name }) else { return nil }
      guard let start = startPoint(of: series.containers[index]) else { return nil }
      take(ContainerUsage(series.containers[index].last, since: start))
      let (at, window) = series.containers[index].moment(time)
      // Upstream answers the earliest container's moment for the pod.
      if earliest.map({ at < $0.at }) ?? true { earliest = (at, window ?? at - start.at) }
    }
    return earliest
  }

  /// The usage of a whole node; nil before its second sample.
  package func nodeMetrics(_ node: String) -> NodeUsage? {
    guard let known = nodes[node], let series = known.series, let start = startPoint(of: series) else { return nil }
    let (at, window) = series.moment(known.time)
    return NodeUsage(
      node: node, timestamp: at, window: window ?? at - start.at, usage: ContainerUsage(series.last, since: start))
  }

  private mutating func forgetUnseen(on node: inout NodeSeries, _ changed: inout [String]) {
    // Most scrapes name the pods of the one before.
    if node.podUIDs != node.earlierPodUIDs {
      for uid in node.earlierPodUIDs {
        guard let series = pods[uid], series.scrape != scrape, series.node == node.name else { continue }
        pods[uid] = nil
        changed.append(uid)
      }
    }
    for uid in node.podUIDs where pods[uid]?.isPartial == true {
      pods[uid]!.forgetUnseen()
      changed.append(uid)
    }
    node.earlierPodUIDs = []
    if node.series?.scrape != scrape { node.series = nil }
  }

  /// Where the rate begins: the sample before, or the container's start if that is less than a scrape ago.
  private func startPoint(of series: UsageSeries) -> RateStart? {
    if let previous = series.previous { return previous }
    let age = series.last.at - series.last.startedAt
    guard age >= MetricsWindow.leastAge, age <= scrapePeriod else { return nil }
    return RateStart(at: series.last.startedAt, cpuNanoseconds: 0)
  }
}
