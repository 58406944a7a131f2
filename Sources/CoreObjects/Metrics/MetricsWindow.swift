/// The last two samples of every container and node: what metrics.k8s.io is computed from.
/// Source of the rules: metrics-server v0.8, pkg/storage.
package struct MetricsWindow: Sendable {
  private let scrapePeriod: Duration
  private var scrape: UInt64 = 0
  private var pods = Slots<String, PodSeries>()
  private var nodes = Slots<String, NodeSeries>()
  /// What pods report about themselves.
  package var custom = CustomMetrics()
  /// What metrics adapters answered.
  package var adapters = AdapterMetrics()

  package init(scrapePeriod: Duration = .seconds(15)) { self.scrapePeriod = scrapePeriod }

  /// Adds one scrape. For each node in it, pods and containers that it does not name are removed.
  /// - Returns: UIDs of the pods whose usage is another than before, or that have none any more; each at least once.
  @discardableResult
  package mutating func add(_ samples: [UsageSample]) -> [String] {
    scrape += 1
    var changed: [String] = []
    var touched: [Int] = []
    for sample in samples {
      let node = nodes.reserve(sample.node, NodeSeries(name: sample.node))
      if nodes[node].scrape != scrape {
        touched.append(node)
        nodes[node].begin(scrape, at: sample.at)
        nodes[node].beginPods()
      }
      if sample.podUID.isEmpty {
        nodes[node].add(sample, scrape)
        continue
      }
      let pod = pods.reserve(sample.podUID, PodSeries())
      let (isFirst, isNew) = pods[pod].add(sample, scrape, on: node)
      if isFirst { nodes[node].podUIDs.append(sample.podUID) }
      if isNew { changed.append(sample.podUID) }
    }
    for node in touched { removeUnseen(on: node, &changed) }
    return changed
  }

  /// Adds one scrape that names only what is new.
  /// - Returns: as `add` of a whole scrape.
  package mutating func add(_ changes: UsageChanges) -> [String] {
    scrape += 1
    var changed = changes.gone
    for uid in changes.gone {
      guard let pod = pods.place(of: uid) else { continue }
      nodes[pods[pod].node].podUIDs.removeAll { $0 == uid }
      pods.remove(uid, leaving: PodSeries())
    }
    var node = -1
    for name in changes.nodes {
      // Every scrape names them in one order.
      node = nodes.reserve(name, NodeSeries(name: name), hint: node + 1)
      nodes[node].begin(scrape, at: changes.at)
    }
    var partial: [Int] = []
    var pod = -1
    for sample in changes.samples {
      let known = sample.podUID.isEmpty ? nil : pods.place(of: sample.podUID, after: pod)
      // Pods stay where they are.
      let hint = known.map { pods[$0].node } ?? -1
      guard let node = nodes.place(of: sample.node, hint: hint), nodes[node].scrape == scrape else { continue }
      let before = nodes[node].time.before
      let earlier = ScrapeTime(at: before, before: before - scrapePeriod)
      if sample.podUID.isEmpty {
        nodes[node].series?.goOn(to: earlier)
        nodes[node].add(sample, scrape)
        continue
      }
      pod = known ?? pods.reserve(sample.podUID, PodSeries())
      move(sample.podUID, from: pods[pod].node, to: node)
      let (isFirst, isNew) = pods[pod].add(sample, scrape, on: node, after: earlier)
      if isNew || isFirst { changed.append(sample.podUID) }
      if pods[pod].isPartial { partial.append(pod) }
    }
    for pod in partial where pods[pod].isPartial { pods[pod].removeUnseen() }
    return changed
  }

  /// - Parameter old: below 0: nowhere
  private mutating func move(_ uid: String, from old: Int, to new: Int) {
    if old == new { return }
    if old >= 0 { nodes[old].podUIDs.removeAll { $0 == uid } }
    nodes[new].podUIDs.append(uid)
  }

  /// Removes a node that is gone, and its pods.
  package mutating func remove(node name: String) {
    guard let node = nodes.place(of: name) else { return }
    for uid in nodes[node].podUIDs { pods.remove(uid, leaving: PodSeries()) }
    nodes.remove(name, leaving: NodeSeries(name: ""))
  }

  /// Where the samples of a pod are, for the next question; -1 where there are none.
  /// - Parameter hint: where they were
  package func place(ofPod uid: String, hint: Int = -1) -> Int {
    pods.place(of: uid, hint: hint) ?? -1
  }

  /// The usage of a pod whose running containers are `containers`; nil while one of them has no rate yet.
  package func podMetrics(_ podUID: String, containers: [String]) -> PodUsage? {
    var usages: [ContainerUsage] = []
    usages.reserveCapacity(containers.count)
    let found = podMetrics(at: place(ofPod: podUID), containers: containers) { usages.append($0) }
    return found.map { PodUsage(podUID: podUID, timestamp: $0.at, window: $0.window, containers: usages) }
  }

  /// The same without a list of the containers, of a pod whose place is known; `visit` is given each.
  package func podMetrics(at place: Int, containers: [String], _ visit: (ContainerUsage) -> Void) -> (
    at: Instant, window: Duration
  )? {
    if place < 0 || containers.isEmpty { return nil }
    return pods[place].usage(of: containers, nodes[pods[place].node].time, scrapePeriod, visit)
  }

  /// The usage of a whole node; nil before its second sample.
  package func nodeMetrics(_ node: String) -> NodeUsage? {
    guard let place = nodes.place(of: node), let series = nodes[place].series, let start = series.startPoint(scrapePeriod) else {
      return nil
    }
    let (at, window) = series.moment(nodes[place].time)
    return NodeUsage(
      node: node, timestamp: at, window: window ?? at - start.at, usage: series.usage(since: start))
  }

  private mutating func removeUnseen(on node: Int, _ changed: inout [String]) {
    // Most scrapes name the pods of the one before.
    if nodes[node].podUIDs != nodes[node].earlierPodUIDs {
      for uid in nodes[node].earlierPodUIDs {
        guard let pod = pods.place(of: uid), pods[pod].scrape != scrape, pods[pod].node == node else { continue }
        pods.remove(uid, leaving: PodSeries())
        changed.append(uid)
      }
    }
    for uid in nodes[node].podUIDs {
      guard let pod = pods.place(of: uid), pods[pod].isPartial else { continue }
      pods[pod].removeUnseen()
      changed.append(uid)
    }
    nodes[node].earlierPodUIDs = []
    if nodes[node].series?.scrape != scrape { nodes[node].series = nil }
  }
}
