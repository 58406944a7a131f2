import CoreJSON
import CoreStore
import CoreTypes

/// One look at a DaemonSet. Source: syncDaemonSet, pkg/controller/daemon/daemon_controller.go and update.go, v1.36.
struct DaemonSetSync {
  /// Pods made or deleted in one look at the most. Source: BurstReplicas, daemon_controller.go, v1.36.
  static let burst = 250

  let stored: StoredObject
  let store: Store
  let now: Instant
  let set: DaemonSet
  var plan = Plan()
  private let nodes: [StoredObject]
  private let model: Pod
  private var pods: [String: [StoredObject]] = [:]
  private var hash = ""
  private var budget = DaemonSetSync.burst
  private var names: PodNames

  init(_ stored: StoredObject, _ store: Store, _ now: Instant) {
    self.stored = stored
    self.store = store
    self.now = now
    set = stored.view(DaemonSet.self)
    nodes = store.list(.nodes)
    names = PodNames(stored, store)
    var model = OwnedPods.make(set.spec.template, owner: stored.tree, namespace: stored.key.namespace)
    DaemonPlacement.tolerate(&model.spec)
    self.model = model
    for pod in OwnedPods.list(stored, set.spec.selector, store) {
      if let node = DaemonPlacement.node(of: pod.view(Pod.self)) { pods[node, default: []].append(pod) }
    }
  }

  mutating func run() {
    keepRevision()
    for node in nodes { manage(node) }
    // Pods of nodes that are gone.
    for name in pods.keys.sorted() where store.get(.nodes, name) == nil {
      for pod in pods[name]! where pod.metadata.deletionTimestamp == nil { delete(pod) }
    }
    if set.spec.updateStrategy.type != "OnDelete" { update() }
    writeStatus()
  }

  private func isFailed(_ pod: StoredObject) -> Bool { Scheduler.isOver(pod.view(Pod.self)) }
  private func isCurrent(_ pod: StoredObject) -> Bool { pod.metadata.labels[DaemonSetController.hashLabel] == hash }
  private func isLive(_ pod: StoredObject) -> Bool { pod.metadata.deletionTimestamp == nil }

  private mutating func isAvailable(_ pod: StoredObject) -> Bool {
    guard isLive(pod) else { return false }
    let (isAvailable, at) = OwnedPods.availability(pod.view(Pod.self), set.spec.minReadySeconds ?? 0, now)
    if let at { plan.wake(at: at) }
    return isAvailable
  }

  /// One pod where there should be one; failed, second and unwanted ones go.
  private mutating func manage(_ node: StoredObject) {
    let (shouldRun, mayStay) = DaemonPlacement.decide(model, on: node.view(Node.self), node.key.name)
    let present = pods[node.key.name] ?? []
    if !mayStay {
      for pod in present where isLive(pod) { delete(pod) }
      return
    }
    for pod in present where isLive(pod) && isFailed(pod) {
      say(
        .warning, "FailedDaemonPod",
        "pod \(pod.key.name) on node \(node.key.name) has failed: it is deleted, so that another can take its place")
      delete(pod)
    }
    let working = present.filter { isLive($0) && !isFailed($0) }
    // While a pod is leaving, its node waits, unless a surge lets the next one in beside it.
    if shouldRun, working.isEmpty, present.allSatisfy({ isFailed($0) || !isLive($0) }), surge > 0 || present.isEmpty {
      create(node.key.name)
    }
    guard working.count > 1, surge == 0 else { return }
    let ordered = working.sorted {
      let (a, b) = ($0.view(Pod.self), $1.view(Pod.self))
      let (isBoundA, isBoundB) = ((a.spec.nodeName ?? "").isEmpty, (b.spec.nodeName ?? "").isEmpty)
      if isBoundA != isBoundB { return !isBoundA }
      return (a.metadata.creationTimestamp ?? "", $0.key.name) < (b.metadata.creationTimestamp ?? "", $1.key.name)
    }
    for pod in ordered.dropFirst() { delete(pod) }
  }

  private var desired: [StoredObject] {
    nodes.filter { DaemonPlacement.decide(model, on: $0.view(Node.self), $0.key.name).shouldRun }
  }
  private var surge: Int {
    CountOrPercent.resolve(set.spec.updateStrategy.rollingUpdate.maxSurge, of: nodes.count, roundingUp: true) ?? 0
  }

  /// Replaces pods of older templates: those that do not work at once, the others as far as maxUnavailable or maxSurge lets.
  private mutating func update() {
    let wanted = desired
    let rolling = set.spec.updateStrategy.rollingUpdate
    var allowed = surge > 0 ? 0 : max(1, CountOrPercent.resolve(rolling.maxUnavailable, of: wanted.count, roundingUp: true) ?? 1)
    var extra = surge
    var candidates: [StoredObject] = []
    for node in wanted {
      let live = (pods[node.key.name] ?? []).filter { isLive($0) && !isFailed($0) }
      let old = live.filter { !isCurrent($0) }
      let new = live.filter { isCurrent($0) }
      let isServed = live.reduce(false) { isAvailable($1) || $0 }
      if !isServed { allowed -= 1 }
      guard let pod = old.first else { continue }
      if surge > 0 {
        // The old pod goes once the new one beside it is available.
        if let next = new.first {
          extra -= 1
          if isAvailable(next) { delete(pod) }
        } else if !isAvailable(pod) {
          delete(pod)
        } else {
          candidates.append(node)
        }
      } else if !isAvailable(pod) {
        delete(pod)
      } else {
        candidates.append(pod)
      }
    }
    if surge > 0 {
      for node in candidates.prefix(max(0, extra)) { create(node.key.name) }
    } else {
      for pod in candidates.prefix(max(0, allowed)) { delete(pod) }
    }
  }

  private mutating func create(_ node: String) {
    guard budget > 0 else { return }
    budget -= 1
    var pod = model
    let base = stored.key.name + "-"
    let name = names.next(base)
    pod.metadata.generateName = base
    pod.metadata.name = name
    pod.metadata.labels[DaemonSetController.hashLabel] = hash
    pod.metadata.labels["pod-template-generation"] = String(stored.metadata.generation ?? 1)
    DaemonPlacement.tie(&pod, to: node)
    plan.changes.append(
      Change(
        .create(.pods, namespace: stored.key.namespace, tree: pod.tree),
        succeeded: EventDraft(.normal, reason: "SuccessfulCreate", message: "Created pod: \(name)", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedCreate", message: "Error creating: {error}", about: stored.tree),
        tolerated: ["AlreadyExists"]))
  }

  private mutating func delete(_ pod: StoredObject) {
    guard budget > 0 else { return }
    budget -= 1
    plan.changes.append(
      Change(
        .delete(pod.key, uid: pod.uid, graceSeconds: nil, propagation: nil),
        succeeded: EventDraft(.normal, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.key.name)", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedDelete", message: "Error deleting: {error}", about: stored.tree),
        tolerated: ["NotFound"]))
  }

  private mutating func say(_ kind: EventDraft.Kind, _ reason: String, _ message: String) {
    plan.changes.append(Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree)))
  }

  /// Keeps the present template as a ControllerRevision, and no more old ones than the limit.
  private mutating func keepRevision() {
    var template = stored.tree[.spec][.template]
    template.put(Key("$patch"), "replace")
    let data: JSON = ["spec": ["template": template]]
    let all = store.owned(by: stored.uid).filter { $0.key.resource == .controllerRevisions }
      .sorted { ($0.tree[.revision].int ?? 0, $0.key.name) < ($1.tree[.revision].int ?? 0, $1.key.name) }
    let newest = all.last?.tree[.revision].int ?? 0
    if let same = all.last(where: { $0.tree[.data] == data }) {
      hash = same.metadata.labels[DaemonSetController.hashLabel] ?? ""
      if same.tree[.revision].int != newest {
        plan.changes.append(Change(.patch(same.key, subresource: "", merge: ["revision": .int(Int64(newest + 1))])))
      }
    } else {
      hash = TemplateHash.text(data, collisions: set.status.collisionCount ?? 0)
      var revision = ControllerRevision()
      revision.apiVersion = "apps/v1"
      revision.kind = "ControllerRevision"
      revision.metadata.name = "\(stored.key.name)-\(hash)"
      revision.metadata.namespace = stored.key.namespace
      revision.metadata.labels = set.spec.template.metadata.labels
      revision.metadata.labels[DaemonSetController.hashLabel] = hash
      revision.metadata.ownerReferences = List([OwnedPods.reference(to: stored.tree)])
      revision.revision = newest + 1
      revision.tree.put(.data, data)
      plan.changes.append(
        Change(.create(.controllerRevisions, namespace: stored.key.namespace, tree: revision.tree), tolerated: ["AlreadyExists"]))
    }
    let live = Set(pods.values.flatMap { $0.compactMap { $0.metadata.labels[DaemonSetController.hashLabel] } })
    let idle = all.filter { !live.contains($0.metadata.labels[DaemonSetController.hashLabel] ?? "") && $0.tree[.data] != data }
    let limit = set.spec.revisionHistoryLimit ?? 10
    for revision in idle.prefix(max(0, idle.count - limit)) {
      plan.changes.append(
        Change(.delete(revision.key, uid: revision.uid, graceSeconds: nil, propagation: nil), tolerated: ["NotFound"]))
    }
  }

  /// Source: updateDaemonSetStatus, daemon_controller.go, v1.36.
  private mutating func writeStatus() {
    var status = set.status
    var counts = (desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0)
    for node in nodes {
      let live = (pods[node.key.name] ?? []).filter { isLive($0) && !isFailed($0) }
      if DaemonPlacement.decide(model, on: node.view(Node.self), node.key.name).shouldRun {
        counts.desired += 1
        if live.isEmpty { continue }
        counts.current += 1
        if live.contains(where: { OwnedPods.isReady($0.view(Pod.self)) }) { counts.ready += 1 }
        if live.contains(where: { isCurrent($0) }) { counts.updated += 1 }
        if live.reduce(false, { isAvailable($1) || $0 }) { counts.available += 1 }
      } else if !live.isEmpty {
        counts.misscheduled += 1
      }
    }
    func orAbsent(_ count: Int) -> Int? { count == 0 ? nil : count }
    status.desiredNumberScheduled = counts.desired
    status.currentNumberScheduled = counts.current
    status.numberMisscheduled = counts.misscheduled
    status.numberReady = counts.ready
    status.updatedNumberScheduled = orAbsent(counts.updated)
    status.numberAvailable = orAbsent(counts.available)
    status.numberUnavailable = orAbsent(counts.desired - counts.available)
    status.observedGeneration = stored.metadata.generation
    if status == set.status { return }
    let merge = StatusPatch.from(set.status.tree, to: status.tree)
    plan.changes.append(Change(.patch(stored.key, subresource: "status", merge: ["status": merge]), tolerated: ["NotFound"]))
  }
}
