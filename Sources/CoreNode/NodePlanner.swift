package import CoreObjects

/// All pods of all nodes: from store changes and observations to plans. One value for the whole cluster.
package struct NodePlanner: Sendable {
  /// By UID. A look at one, or a change of it, happens in its place: a PodRuntime is large, and a dictionary would copy it.
  private var pods = Slots<String, PodRuntime?>()
  /// Nodes that have been heard since they were lost or came.
  private var readyNodes: Set<String> = []
  /// How nodes look names up.
  package private(set) var resolvers: [String: DNSSpec] = [:]
  /// UIDs of pods that their node has not looked at yet.
  private var arrivals: Set<String> = []
  /// UIDs of pods that were resized until what is wanted, set aside and used is the same.
  private var resizing: Set<String> = []
  /// Nodes of which nothing has been heard for so long that their condition Ready is Unknown.
  package private(set) var lostNodes: Set<String> = []
  package var eviction = Evictions()

  package init() {}

  package func runtime(uid: String) -> PodRuntime? { pods.place(of: uid).flatMap { pods[$0] } }

  /// Pods bound to a node, sorted by key: for the scrape of a simulated node and for checks.
  package func runtimes(on node: String) -> [PodRuntime] {
    pods.all.lazy.compactMap { $0 }.filter { $0.node == node }.sorted { ($0.key, $0.uid) < ($1.key, $1.uid) }
  }

  /// UIDs whose plan may change because of a write. Empty for most changes.
  package mutating func uids(affectedBy change: StoreChange) -> [String] {
    switch change.object.key.resource {
    case .pods: return podChanged(change)
    case .nodes:
      nodeChanged(change)
      return resized(on: change.object.key.name)
    case .configMaps, .secrets: return retried(users(of: change.object.key))
    case .persistentVolumeClaims: return retried(claimants(of: change.object.key))
    default: return []
    }
  }

  /// Works on a pod in its place; without one there is nothing to do.
  /// - Parameter work: returns whether the pod stays
  private mutating func update(_ uid: String, _ work: (inout PodRuntime) -> Bool) {
    guard let place = pods.place(of: uid), pods[place] != nil else { return }
    if !work(&pods[place]!) { pods.remove(uid, leaving: nil) }
  }

  /// A pod or container that could not be set up tries again at once when what it waited for has changed.
  private mutating func retried(_ uids: [String]) -> [String] {
    for uid in uids {
      update(uid) { runtime in
        runtime.retry()
        return true
      }
    }
    return uids
  }

  /// What a lost node does is not known, and it receives no commands: its pods are left as they are until it is back.
  private mutating func nodeChanged(_ change: StoreChange) {
    let name = change.object.key.name
    if change.kind == .deleted { eviction.forget(name) }
    if change.kind != .deleted, change.object.view(Node.self).ready.status == "Unknown" {
      readyNodes.remove(name)
      lostNodes.insert(name)
    } else {
      lostNodes.remove(name)
    }
  }

  /// A pod that comes, goes or is resized makes room for others of its node, or takes it.
  private mutating func podChanged(_ change: StoreChange) -> [String] {
    let own = changed(change)
    if resizing.isEmpty { return own }
    if change.kind == .deleted { resizing.remove(change.object.uid) }
    return own + resized(on: change.object.tree[.spec][.nodeName].string ?? "").filter { !own.contains($0) }
  }

  /// The pods of a node that are to be resized, those first that are heard first.
  private func resized(on node: String) -> [String] {
    let all = resizing.compactMap { runtime(uid: $0) }.filter { $0.node == node && $0.resize != nil }
    return all.sorted { $0.resizeRank < $1.resizeRank }.map(\.uid)
  }

  /// What is set aside on the node of a pod for others.
  private func allocated(besides uid: String) -> AllocatedTotals {
    var totals = AllocatedTotals()
    guard let node = runtime(uid: uid)?.node else { return totals }
    for other in runtimes(on: node) where other.uid != uid && !other.isFinished && !other.hasLeft {
      totals.add(other.allocatedPod)
    }
    return totals
  }

  private mutating func changed(_ change: StoreChange) -> [String] {
    let uid = change.object.uid
    if change.kind == .deleted {
      arrivals.remove(uid)
      var isKnown = false
      update(uid) { runtime in
        runtime.isRemoved = true
        isKnown = true
        return true
      }
      return isKnown ? [uid] : []
    }
    let pod = change.object.view(Pod.self)
    guard pod.spec.nodeName?.isEmpty == false else { return [] }
    var (isKnown, isNews) = (false, false)
    let isTaken = !arrivals.contains(uid)
    var isResized = false
    update(uid) { runtime in
      let before = runtime.pod
      let wasTerminating = runtime.isTerminating
      runtime.pod = pod
      runtime.addEphemeral()
      let hasChanged = before.tree[.spec] != pod.tree[.spec]
      if hasChanged, isTaken { runtime.specChanged(from: before.spec) }
      isResized = runtime.resize != nil
      isNews =
        hasChanged || wasTerminating != runtime.isTerminating
        || wasTerminating && before.metadata.deletionGracePeriodSeconds != pod.metadata.deletionGracePeriodSeconds
        || !before.metadata.isShown(as: pod.metadata) && runtime.showsMetadata
        || before.openGates != pod.openGates
      isKnown = true
      return true
    }
    if isResized { resizing.insert(uid) } else if !resizing.isEmpty { resizing.remove(uid) }
    if isKnown { return isNews ? [uid] : [] }
    let runtime = PodRuntime(
      change.object, at: Instant(rfc3339: pod.metadata.creationTimestamp ?? "") ?? Instant(nanoseconds: 0))
    if pod.status.startTime == nil { arrivals.insert(uid) }
    if runtime.resize != nil { resizing.insert(uid) }
    _ = pods.reserve(uid, runtime)
    return [uid]
  }

  private func users(of key: ObjectKey) -> [String] {
    pods.all.lazy.compactMap { $0 }.filter { $0.key.namespace == key.namespace && $0.uses(key) }.map(\.uid).sorted()
  }

  private func claimants(of key: ObjectKey) -> [String] {
    pods.all.lazy.compactMap { $0 }.filter { runtime in
      if case .started = runtime.sandbox { return false }
      return runtime.key.namespace == key.namespace
        && runtime.pod.spec.volumes.contains {
          $0.persistentVolumeClaim.claimName == key.name || EphemeralClaim($0, ofPod: runtime.key.name)?.name == key.name
        }
    }.map(\.uid).sorted()
  }

  /// A node has come, or a lost one reports again.
  /// - Parameters:
  ///   - resolver: how it looks names up; nil: as it has said before
  ///   - thresholds: what it wants to have left; nil: as it has said before
  ///   - kept: what it has of an earlier agent
  /// - Returns: UIDs of its pods, each to be planned by itself, since each has its own wake-up
  package mutating func welcome(
    _ node: String, resolver: DNSSpec? = nil, thresholds: EvictionThresholds? = nil, kept: [String: KeptPod] = [:],
    at now: Instant = Instant(nanoseconds: 0)
  ) -> [String] {
    if let resolver { resolvers[node] = resolver }
    if let thresholds { eviction.welcome(node, thresholds) }
    readyNodes.insert(node)
    let uids = runtimes(on: node).map(\.uid)
    for uid in kept.isEmpty ? [] : uids {
      update(uid) { runtime in
        runtime.see(kept[uid], at: now)
        return true
      }
    }
    return uids
  }

  /// Takes away what a node has kept of pods that are not its own any more.
  package func removals(ofStrangers kept: [String: KeptPod], on node: String) -> [NodeCommand] {
    kept.keys.sorted().filter { runtime(uid: $0)?.node != node }
      .map { NodeCommand(node: node, action: .removeSandbox(podUID: $0)) }
  }

  /// What a node saw of a pod: the plan of that pod.
  package mutating func observe(_ observation: NodeObservation, _ context: NodeContext) -> NodePlan {
    guard let uid = observation.event.podUID else { return NodePlan() }
    return change(uid, context) { runtime, plan in runtime.observe(observation.event, &plan, context) }
  }

  /// The plan of a pod to which something happens.
  mutating func change(_ uid: String, _ context: NodeContext, _ body: (inout PodRuntime, inout NodePlan) -> Void) -> NodePlan {
    var plan = NodePlan()
    let readyNodes = readyNodes
    update(uid) { runtime in
      body(&runtime, &plan)
      return runtime.finish(&plan, context, isNodeReady: readyNodes.contains(runtime.node))
    }
    return plan
  }

  /// Plans one pod again: after a change of it, of what it uses, or when its wake-up is due.
  package mutating func plan(uid: String, _ context: NodeContext) -> NodePlan {
    var plan = NodePlan()
    if !arrivals.isEmpty, arrivals.contains(uid) { judge(uid, &plan, context) }
    if !arrivals.isEmpty, arrivals.contains(uid) { return plan }
    let readyNodes = readyNodes
    var context = context
    if resizing.contains(uid) { context.allocated = allocated(besides: uid) }
    update(uid) { runtime in
      runtime.rewriteVolumes(&plan, context, tokens: false)
      return runtime.finish(&plan, context, isNodeReady: readyNodes.contains(runtime.node))
    }
    return plan
  }

  /// The node's first look at a pod: whether it takes it at all. It turns pods away a second after they were made: some controllers
  /// make another at once, which would go on and on in no time.
  private mutating func judge(_ uid: String, _ plan: inout NodePlan, _ context: NodeContext) {
    guard let runtime = runtime(uid: uid), readyNodes.contains(runtime.node) else { return }
    let rejection = runtime.isTerminating ? nil : rejection(of: runtime, context)
    let earliest = runtime.startedAt + .seconds(1)
    if rejection != nil, context.now < earliest { return plan.wake(at: earliest) }
    arrivals.remove(uid)
    update(uid) { runtime in
      runtime.startedAt = context.now
      if let (reason, message) = rejection { runtime.fail(reason, message, isRejection: true, &plan) }
      return true
    }
  }

  private func rejection(of runtime: PodRuntime, _ context: NodeContext) -> (reason: String, message: String)? {
    if let message = eviction.refusal(of: runtime.pod, on: runtime.node) { return (PodRuntime.Failure.evicted, message) }
    if let message = Sysctls.refusal(runtime.pod) { return ("SysctlForbidden", message) }
    guard let stored = context.store.get(runtime.key), context.rejection(stored, []) != nil else { return nil }
    // Those that came with it do not count until they are taken.
    let others = arrivals.sorted().compactMap { self.runtime(uid: $0) }
      .filter { $0.uid != runtime.uid && $0.node == runtime.node && !$0.pod.isOver }
    return context.rejection(stored, others.compactMap { context.store.get($0.key) })
  }
}

extension PodRuntime {
  /// The next steps and the status that follows. False once nothing is left of a removed pod.
  fileprivate mutating func finish(_ plan: inout NodePlan, _ context: NodeContext, isNodeReady: Bool) -> Bool {
    guard isNodeReady else { return true }
    if !earlier.isEmpty { see(nil, at: context.now) }
    advance(&plan, context)
    if isRemoved { return sandbox != .removed && sandbox != .absent }
    let status = status(context.store, at: context.now)
    if status.tree != pod.tree[.status] { plan.statuses.append(PodStatusUpdate(key: key, uid: uid, status: status)) }
    return true
  }

  mutating func retry() {
    if case .failed = sandbox { sandbox = .absent }
    for index in containers.indices {
      if case .startBackOff(_, .configuration, _) = containers[index].state { containers[index].state = .waiting }
    }
  }

  /// One of the volumes shows labels or annotations.
  fileprivate var showsMetadata: Bool {
    pod.spec.volumes.contains { volume in
      !volume.downwardAPI.isAbsent || volume.projected.sources.contains { !$0.downwardAPI.isAbsent }
    }
  }

  /// A ConfigMap or Secret that one of the volumes shows, or that a container waits for.
  func uses(_ key: ObjectKey) -> Bool {
    let isMap = key.resource == .configMaps
    let isWaiting = containers.contains { container in
      guard case .startBackOff(_, .configuration, _) = container.state else { return false }
      return spec(of: container).reads(key.name, isMap: isMap)
    }
    if isWaiting { return true }
    return pod.spec.volumes.contains { volume in
      if isMap ? volume.configMap.name == key.name : volume.secret.secretName == key.name { return true }
      return volume.projected.sources.contains { isMap ? $0.configMap.name == key.name : $0.secret.name == key.name }
    }
  }
}

extension NodeEvent {
  /// The pod that it is about; nil for events of the node or of a volume.
  package var podUID: String? {
    switch self {
    case .sandboxStarted(let uid, _), .sandboxFailed(let uid, _, _), .sandboxRemoved(let uid), .imageReady(let uid, _, _, _),
      .imageFailed(let uid, _, _, _), .containerStarted(let uid, _, _), .containerFailed(let uid, _, _, _),
      .imagePulling(let uid, _, _), .storageExceeded(let uid, _), .containerExited(let uid, _, _), .probed(let uid, _, _, _, _),
      .hookFinished(let uid, _, _, _), .resized(let uid, _, _):
      uid
    default: nil
    }
  }
}

extension ObjectMeta {
  /// Both have the same labels and annotations.
  fileprivate func isShown(as other: ObjectMeta) -> Bool { labels == other.labels && annotations == other.annotations }
}

extension Container {
  /// One of the variables comes from this ConfigMap or Secret.
  fileprivate func reads(_ name: String, isMap: Bool) -> Bool {
    envFrom.contains { (isMap ? $0.configMapRef.name : $0.secretRef.name) == name }
      || env.contains { (isMap ? $0.valueFrom.configMapKeyRef.name : $0.valueFrom.secretKeyRef.name) == name }
  }
}
