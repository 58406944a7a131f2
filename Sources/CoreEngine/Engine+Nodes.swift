import CoreAPI
import CoreControllers
import CoreJSON
import CoreMetrics
import CoreNode
import CoreStore
import CoreTypes

extension Engine {
  /// What the planner may look at now.
  private func context(_ now: Instant) -> NodeContext {
    let server = self.server
    return NodeContext(store: server.store, now: now) { order in
      guard let account = server.store.get(.serviceAccounts, namespace: order.namespace, order.serviceAccount) else { return nil }
      var issuer = server
      return issuer.token(
        account: account, bound: server.store.get(.pods, namespace: order.namespace, order.podName),
        audiences: [order.audience.isEmpty ? server.configuration.issuer : order.audience], seconds: order.expirationSeconds,
        at: now)
    }
  }

  mutating func observe(_ observation: NodeObservation, _ now: Instant) {
    switch observation.event {
    case .nodeReady(let facts):
      register(observation.node, facts, now)
      pods += planner.welcome(observation.node)
    case .images(let images): tellImages(observation.node, images, now)
    default: break
    }
    let plan = planner.observe(observation, context(now))
    carryOut(plan, uid: observation.event.podUID, now)
  }

  /// A lost node whose Lease no longer says so is back as soon as it is measured again.
  mutating func hear(_ nodes: some Sequence<String>, _ now: Instant) {
    if lostNodes.isEmpty { return }
    for name in nodes where lostNodes.contains(name) {
      guard let stored = server.store.get(.nodes, name), case var node = stored.view(Node.self),
        !NodeLifecycleController.isSilent(name, server.store, at: now)
      else { continue }
      node.status.conditions = NodeRegistration.conditions(node.status, at: now)
      do throws(APIError) {
        _ = try server.updateStatus(.nodes, tree: node.tree, user: nodeUser(name), at: now)
      } catch { tell(error, "the status of node \(name)") }
      settle(now)
      pods += planner.welcome(name)
    }
  }

  /// Keeps `lostNodes` up.
  mutating func noteNode(_ change: StoreChange) {
    let isLost =
      change.kind != .deleted
      && change.object.view(Node.self).status.conditions.contains { $0.type == "Ready" && $0.status == "Unknown" }
    if isLost { lostNodes.insert(change.object.key.name) } else { lostNodes.remove(change.object.key.name) }
  }

  mutating func planPods(_ now: Instant) {
    let uids = pods
    pods = []
    for uid in uids {
      let plan = planner.plan(uid: uid, context(now))
      carryOut(plan, uid: uid, now)
      settle(now)
    }
  }

  private mutating func carryOut(_ plan: NodePlan, uid: String?, _ now: Instant) {
    for command in plan.commands { effects.append(.node(command)) }
    for update in plan.statuses { writeStatus(update, now) }
    for event in plan.events { record(event, now) }
    for removal in plan.removals {
      let user = nodeUser(server.store.get(removal.key)?.view(Pod.self).spec.nodeName ?? "")
      try? server.delete(removal.key, uid: removal.uid, graceSeconds: 0, propagation: nil, user: user, at: now)
    }
    guard let uid else { return }
    if let wake = plan.wakeAt { timers.set(.pod(uid), at: max(wake, now)) } else { timers.cancel(.pod(uid)) }
  }

  private mutating func writeStatus(_ update: PodStatusUpdate, _ now: Instant) {
    guard let stored = server.store.get(update.key), stored.uid == update.uid else { return }
    var tree = stored.tree
    tree.put(.status, update.status.tree)
    let user = nodeUser(tree[.spec][.nodeName].string ?? "")
    do throws(APIError) { _ = try server.updateStatus(.pods, tree: tree, user: user, at: now) } catch {
      tell(error, "the status of pod \(update.key.namespace)/\(update.key.name)")
    }
  }

  /// A write that another write overtook, or whose object has gone, is tried again or of no use; another refusal is a mistake.
  mutating func tell(_ error: APIError, _ what: String) {
    if error.code != 404, error.code != 409 { effects.append(.fault("\(what) was not written: \(error.message)")) }
  }

  private func nodeUser(_ node: String) -> CoreAPI.UserInfo {
    CoreAPI.UserInfo(name: "system:node:" + node, groups: ["system:nodes", "system:masters", "system:authenticated"])
  }

  private mutating func record(_ event: PodEvent, _ now: Instant) {
    guard let stored = server.store.get(event.key) else { return }
    var draft = EventDraft(event.isWarning ? .warning : .normal, reason: event.reason, message: event.message, about: stored.tree)
    draft.involved.fieldPath = event.fieldPath
    recorder.record(
      draft, component: "kubelet", host: stored.tree[.spec][.nodeName].string ?? "", server: &server, at: now)
  }

  /// The node makes the directory of a volume that our provisioner made.
  mutating func prepare(_ change: StoreChange) {
    guard change.object.key.resource == .persistentVolumes, let (volume, node) = provisioned(change) else { return }
    let capacity = volume.spec.capacity[.storage].flatMap { Quantity($0) }?.value ?? 0
    effects.append(.node(NodeCommand(node: node, action: .createVolume(name: change.object.key.name, capacityBytes: capacity))))
  }

  /// A volume of our provisioner, and the node that it is on.
  private func provisioned(_ change: StoreChange) -> (PersistentVolume, String)? {
    let volume = change.object.view(PersistentVolume.self)
    guard volume.metadata.annotations["pv.kubernetes.io/provisioned-by"] == VolumeBinder.provisioner else { return nil }
    let term = volume.spec.nodeAffinity.required.nodeSelectorTerms.first
    return (volume, term?.matchExpressions.first?.values.values.first ?? server.store.list(.nodes).first?.key.name ?? "")
  }

  /// The directory of a provisioned volume goes with its PersistentVolume when the reclaim policy says so.
  mutating func forget(_ change: StoreChange) {
    guard change.object.key.resource == .persistentVolumes, let (volume, node) = provisioned(change),
      volume.spec.persistentVolumeReclaimPolicy == "Delete"
    else { return }
    effects.append(.node(NodeCommand(node: node, action: .deleteVolume(name: change.object.key.name))))
  }
}
