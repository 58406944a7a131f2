package import CoreAPI
import CoreControllers
import CoreNode
package import CoreObjects

extension Engine {
  /// What the planner may look at now.
  private func context(_ now: Instant) -> NodeContext {
    let store = store
    let configuration = server.configuration
    let controllers = controllers
    let rejection: NodeContext.Rejection = { pod, besides in
      let scheduler = controllers.lazy.compactMap { $0 as? Scheduler }.first
      return scheduler?.rejection(of: pod, besides: besides, in: store)
    }
    var context = NodeContext(store: store, now: now, rejection: rejection) { order in
      guard let account = store.get(.serviceAccounts, namespace: order.namespace, order.serviceAccount) else { return nil }
      return configuration.token(
        id: order.tokenID(at: now), for: account, bound: store.get(.pods, namespace: order.namespace, order.podName), in: store,
        audiences: [order.audience.isEmpty ? configuration.issuer : order.audience], seconds: order.expirationSeconds, at: now)
    }
    context.resolvers = planner.resolvers
    return context
  }

  mutating func observe(_ observation: NodeObservation, _ now: Instant) {
    switch observation.event {
    case .nodeReady(let facts):
      register(observation.node, facts, now)
      pods += planner.welcome(
        observation.node, resolver: facts.resolver, thresholds: facts.evictionThresholds, kept: facts.kept, at: now)
      effects += planner.removals(ofStrangers: facts.kept, on: observation.node).map { .node($0) }
    case .images(let images): reportImages(observation.node, images, now)
    default: break
    }
    let plan = planner.observe(observation, context(now))
    perform(plan, uid: observation.event.podUID, now)
  }

  /// A lost node whose Lease no longer says so is back as soon as it is measured again.
  mutating func receiveReturning(_ nodes: some Sequence<String>, _ now: Instant) {
    if planner.lostNodes.isEmpty { return }
    for name in nodes where planner.lostNodes.contains(name) {
      guard let stored = store.get(.nodes, name), case let node = stored.view(Node.self),
        !NodeLifecycleController.isSilent(name, store, at: now)
      else { continue }
      writeConditions(of: node, name, now)
      settle(now)
      pods += planner.welcome(name)
    }
  }

  private mutating func writeConditions(of node: Node, _ name: String, _ now: Instant) {
    var node = node
    node.status.conditions = NodeRegistration.conditions(node.status, planner.eviction.pressures(on: name), at: now)
    writeStatus(.status(.nodes, in: node.tree), of: "node \(name)", by: .node(name), now)
  }

  /// What nodes have left, and what is read of those on which something is short.
  mutating func relieve(_ signals: [NodeSignals], _ readings: [NodeReading], _ now: Instant) {
    let plan = planner.relieve(signals, readings, context(now))
    for name in plan.changed {
      guard !planner.lostNodes.contains(name), let stored = store.get(.nodes, name) else { continue }
      writeConditions(of: stored.view(Node.self), name, now)
    }
    for event in plan.events {
      guard let stored = store.get(.nodes, event.node) else { continue }
      let draft = stored.event(event.isWarning ? .warning : .normal, event.reason, event.message)
      recorder.record(draft, component: "kubelet", host: event.node, writer: &writer, at: now)
    }
    for (uid, plan) in plan.evictions { perform(plan, uid: uid, now) }
  }

  /// Why the kubelet of a node does not answer somebody; nil where it does.
  package func refusal(of credential: Credential, to access: KubeletAccess, ofNode node: String, at now: Instant) -> APIError? {
    do throws(APIError) {
      try server.admit(credential, to: access, ofNode: node, writer, at: now)
      return nil
    } catch { return error }
  }

  mutating func planPods(_ now: Instant) {
    let uids = pods
    pods = []
    for uid in uids {
      let plan = planner.plan(uid: uid, context(now))
      perform(plan, uid: uid, now)
      settle(now)
    }
  }

  private mutating func perform(_ plan: NodePlan, uid: String?, _ now: Instant) {
    for command in plan.commands { effects.append(.node(command)) }
    for update in plan.statuses { writeStatus(update, now) }
    for event in plan.events { record(event, now) }
    for removal in plan.removals {
      let node = store.get(removal.key)?.view(Pod.self).spec.nodeName ?? ""
      _ = try? writer.write(.delete(removal.key, Deletion(uid: removal.uid, graceSeconds: 0)), by: .node(node), at: now)
    }
    guard let uid else { return }
    if let wake = plan.wakeAt { timers.set(.pod(uid), at: max(wake, now)) } else { timers.cancel(.pod(uid)) }
  }

  private mutating func writeStatus(_ update: PodStatusUpdate, _ now: Instant) {
    guard let stored = store.get(update.key), stored.uid == update.uid else { return }
    let node = stored.tree[.spec][.nodeName].string ?? ""
    writeStatus(
      .status(update.key, update.status.tree), of: "pod \(update.key.namespace)/\(update.key.name)", by: .node(node), now)
  }

  /// What the core itself found out of an object.
  mutating func writeStatus(
    _ intent: WriteIntent, of subject: @autoclosure () -> String, by actor: Actor, _ now: Instant
  ) {
    do throws(APIError) { try writer.write(intent, by: actor, at: now) } catch { report(error, "the status of \(subject())") }
  }

  /// A write that another write overtook, or whose object has gone, is tried again or of no use; another refusal is a mistake.
  mutating func report(_ error: APIError, _ what: String) {
    if error.code != 404, error.code != 409 { effects.append(.fault("\(what) was not written: \(error.message)")) }
  }

  private mutating func record(_ event: PodEvent, _ now: Instant) {
    guard let stored = store.get(event.key) else { return }
    var draft = stored.event(event.isWarning ? .warning : .normal, event.reason, event.message)
    draft.involved.fieldPath = event.fieldPath
    recorder.record(
      draft, component: "kubelet", host: stored.tree[.spec][.nodeName].string ?? "", writer: &writer, at: now)
  }

  /// The node makes the directory of a volume that our provisioner made.
  mutating func createVolumeDirectory(_ change: StoreChange) {
    guard change.object.key.resource == .persistentVolumes, let (volume, node) = provisioned(change) else { return }
    let capacity = volume.spec.capacity[.storage].flatMap { Quantity($0) }?.value ?? 0
    effects.append(.node(NodeCommand(node: node, action: .createVolume(name: change.object.key.name, capacityBytes: capacity))))
  }

  /// A volume of our provisioner, and the node that it is on.
  private func provisioned(_ change: StoreChange) -> (PersistentVolume, String)? {
    let volume = change.object.view(PersistentVolume.self)
    guard volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == VolumeBinder.provisioner else { return nil }
    let term = volume.spec.nodeAffinity.required.nodeSelectorTerms.first
    return (volume, term?.matchExpressions.first?.values.values.first ?? store.list(.nodes).first?.key.name ?? "")
  }

  /// The directory of a provisioned volume goes with its PersistentVolume when the reclaim policy says so.
  mutating func deleteVolumeDirectory(_ change: StoreChange) {
    guard change.object.key.resource == .persistentVolumes, let (volume, node) = provisioned(change),
      volume.spec.persistentVolumeReclaimPolicy == "Delete"
    else { return }
    effects.append(.node(NodeCommand(node: node, action: .deleteVolume(name: change.object.key.name))))
  }
}

extension TokenOrder {
  /// Two tokens of a pod have two names, in a simulation the same ones each time.
  fileprivate func tokenID(at now: Instant) -> String {
    var random = RandomSource(seed: FNV.hash("\(podUID) \(audience)") ^ UInt64(bitPattern: now.nanoseconds))
    return random.uid()
  }
}
