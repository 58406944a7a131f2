import CoreObjects

/// One look at a DaemonSet. Source: syncDaemonSet, pkg/controller/daemon/daemon_controller.go, v1.36.
struct DaemonSetSync {
  /// Pods made or deleted in one look at the most. Source: BurstReplicas, daemon_controller.go, v1.36.
  static let burst = 250

  let stored: StoredObject
  let store: Store
  let now: Instant
  let set: DaemonSet
  var plan = Plan()
  let history: DaemonHistory
  let nodes: [StoredObject]
  let model: Pod
  /// By node; without those that have ended and are being deleted.
  let pods: [String: [StoredObject]]
  /// Nodes that should have a pod.
  let wanted: [StoredObject]
  /// What the look wants, in its order.
  var nodesToServe: [String] = []
  var podsToDelete: [StoredObject] = []
  var backoff: FailedPodBackoff
  private let mayStay: [String: Bool]

  init(_ stored: StoredObject, _ store: Store, _ now: Instant, backoff: FailedPodBackoff) {
    self.stored = stored
    self.store = store
    self.now = now
    self.backoff = backoff
    let set = stored.view(DaemonSet.self)
    self.set = set
    history = DaemonHistory(stored, store)
    nodes = store.list(.nodes)
    var model = OwnedPods.make(set.spec.template, owner: stored.tree, namespace: stored.key.namespace)
    DaemonPlacement.tolerate(&model.spec)
    self.model = model
    var pods: [String: [StoredObject]] = [:]
    for pod in OwnedPods.list(stored, set.spec.selector, store) {
      let view = pod.view(Pod.self)
      if pod.metadata.deletionTimestamp != nil, view.isOver { continue }
      if let node = DaemonPlacement.node(of: view) { pods[node, default: []].append(pod) }
    }
    self.pods = pods
    var wanted: [StoredObject] = []
    var mayStay: [String: Bool] = [:]
    for node in nodes {
      let decision = DaemonPlacement.decide(model, on: node.view(Node.self), node.key.name)
      if decision.shouldRun { wanted.append(node) }
      mayStay[node.key.name] = decision.mayStay
    }
    self.wanted = wanted
    self.mayStay = mayStay
  }

  mutating func run() {
    plan.changes += history.changes
    // Before the pods: it is reported even while pods are refused.
    writeStatus()
    let served = Set(wanted.map(\.key.name))
    for node in nodes { manage(node.key.name, shouldRun: served.contains(node.key.name)) }
    // Pods of nodes that are gone.
    for name in pods.keys.sorted() where store.get(.nodes, name) == nil { podsToDelete += pods[name]!.filter { isLive($0) } }
    if podsToDelete.isEmpty, nodesToServe.isEmpty, set.spec.updateStrategy.type != "OnDelete" { update() }
    plan.changes += podsToDelete.prefix(DaemonSetSync.burst).map { .delete($0, for: stored) }
    create(nodesToServe.prefix(DaemonSetSync.burst))
    let live = pods.values.joined().compactMap { $0.metadata.labels[DaemonSetController.hashLabel] }
    plan.changes += history.trim(live: Set(live))
  }

  func isCurrent(_ pod: StoredObject) -> Bool { pod.metadata.labels[DaemonSetController.hashLabel] == history.hash }
  func isLive(_ pod: StoredObject) -> Bool { pod.metadata.deletionTimestamp == nil }
  func isReady(_ pod: StoredObject) -> Bool { pod.view(Pod.self).isReady }

  mutating func isAvailable(_ pod: StoredObject) -> Bool {
    let (isAvailable, at) = OwnedPods.availability(pod.view(Pod.self), set.spec.minReadySeconds ?? 0, now)
    if let at { plan.wake(at: at) }
    return isAvailable
  }

  /// Those with a node first, then the oldest. Source: podByCreationTimestampAndPhase, v1.36.
  private func ordered(_ pods: [StoredObject]) -> [StoredObject] {
    if pods.count < 2 { return pods }
    return pods.sorted {
      let (a, b) = ($0.view(Pod.self), $1.view(Pod.self))
      let (isBoundA, isBoundB) = (!(a.spec.nodeName ?? "").isEmpty, !(b.spec.nodeName ?? "").isEmpty)
      if isBoundA != isBoundB { return isBoundA }
      return (a.metadata.creationTimestamp ?? "", $0.key.name) < (b.metadata.creationTimestamp ?? "", $1.key.name)
    }
  }

  /// One pod where there should be one; ended, second and unwanted ones go. Source: podsShouldBeOnNode, v1.36.
  private mutating func manage(_ node: String, shouldRun: Bool) {
    guard let present = pods[node] else {
      if shouldRun { nodesToServe.append(node) }
      return
    }
    guard mayStay[node] == true else {
      podsToDelete += present.filter { isLive($0) }
      return
    }
    var running: [StoredObject] = []
    var isWaiting = false
    for pod in present where isLive(pod) {
      switch pod.view(Pod.self).phase {
      case .failed: isWaiting = !replace(pod, node) || isWaiting
      case .succeeded:
        record(
          .normal, "SucceededDaemonPod",
          "pod \(pod.key.name) on node \(node) has ended well: it is deleted, so that another can take its place")
        podsToDelete.append(pod)
      default: running.append(pod)
      }
    }
    running = ordered(running)
    if surge == 0 {
      podsToDelete += running.dropFirst()
      return
    }
    // Unlike upstream, a surge does not go round the back-off of a failed pod: new ones would pile up beside it.
    if running.isEmpty, shouldRun, !isWaiting { nodesToServe.append(node) }
    if running.count > 1 { keepTwo(running) }
  }

  /// False while the failed pod has to wait.
  private mutating func replace(_ pod: StoredObject, _ node: String) -> Bool {
    let place = FailedPodBackoff.Place(uid: stored.uid, generation: set.status.observedGeneration ?? 0, node: node)
    if let due = backoff.wait(place, now) {
      plan.wake(at: due)
      return false
    }
    record(
      .warning, "FailedDaemonPod",
      "pod \(pod.key.name) on node \(node) has failed: it is deleted, so that another can take its place")
    podsToDelete.append(pod)
    return true
  }

  /// With a surge: an old pod and its successor, until the old one is no longer ready or the successor is available.
  private mutating func keepTwo(_ running: [StoredObject]) {
    let new = running.filter { isCurrent($0) }
    let old = running.filter { !isCurrent($0) }
    podsToDelete += new.dropFirst() + old.dropFirst()
    guard let successor = new.first, let last = old.first else { return }
    if !isReady(last) || isAvailable(successor) { podsToDelete.append(last) }
  }

  private mutating func create(_ nodes: ArraySlice<String>) {
    var names = PodNames(stored, store)
    var start = SlowStart()
    for node in nodes {
      var pod = model
      let base = stored.key.name + "-"
      let name = names.next(base)
      pod.metadata.generateName = base
      pod.metadata.name = name
      pod.metadata.labels[DaemonSetController.hashLabel] = history.hash
      pod.metadata.labels["pod-template-generation"] = String(stored.metadata.generation ?? 1)
      DaemonPlacement.tie(&pod, to: node)
      plan.changes.append(.make(pod, for: stored))
      plan.assign(start.next(), since: plan.changes.count - 1)
    }
  }

  private mutating func record(_ kind: EventDraft.Kind, _ reason: String, _ message: String) {
    plan.changes.append(.event(kind, reason, message, about: stored))
  }

  /// On each node the first pod counts, also while it ends. Source: updateDaemonSetStatus, daemon_controller.go, v1.36.
  private mutating func writeStatus() {
    var status = set.status
    var counts = (current: 0, ready: 0, updated: 0, available: 0)
    for node in wanted {
      guard let first = ordered(pods[node.key.name] ?? []).first else { continue }
      counts.current += 1
      if isReady(first) { counts.ready += 1 }
      if isCurrent(first) { counts.updated += 1 }
      if isAvailable(first) { counts.available += 1 }
    }
    let served = nodes.reduce(0) { $0 + (pods[$1.key.name] == nil ? 0 : 1) }
    func orAbsent(_ count: Int) -> Int? { count == 0 ? nil : count }
    status.desiredNumberScheduled = wanted.count
    status.currentNumberScheduled = counts.current
    status.numberMisscheduled = served - counts.current
    status.numberReady = counts.ready
    status.updatedNumberScheduled = orAbsent(counts.updated)
    status.numberAvailable = orAbsent(counts.available)
    status.numberUnavailable = orAbsent(wanted.count - counts.available)
    status.observedGeneration = stored.metadata.generation
    if history.collisions > 0 { status.collisionCount = history.collisions }
    if status == set.status { return }
    let merge = StatusPatch.from(set.status.tree, to: status.tree)
    plan.changes.append(.patchStatus(of: stored.key, with: merge))
  }
}
