import CoreAPI
import CoreControllers
import CoreJSON
import CoreStore
import CoreTypes

extension Engine {
  /// Carries a plan out through the verbs. After a refusal the key is tried again with back-off.
  /// - Returns: whether what was written is no reason to look at the key again
  mutating func apply(_ plan: Plan, _ item: WorkQueue.Item, _ now: Instant) -> Bool {
    let name = controllers[item.controller].name
    if let wake = plan.wakeAt {
      timers.set(.reconcile(item), at: max(wake, now))
    } else {
      timers.cancel(.reconcile(item))
    }
    for key in plan.others { queue.add(.init(controller: item.controller, key: key)) }
    if plan.changes.isEmpty {
      queue.succeeded(item)
      return plan.isConclusive
    }
    let user = CoreAPI.UserInfo(
      name: "system:serviceaccount:kube-system:" + name, groups: ["system:masters", "system:authenticated"])
    let isDone = plan.carryOut { carryOut($0, name, user, item, now) }
    if isDone { queue.succeeded(item) } else { timers.set(.reconcile(item), at: now + queue.failed(item)) }
    return isDone && plan.isConclusive
  }

  /// False if the change was refused.
  private mutating func carryOut(
    _ change: Change, _ name: String, _ user: CoreAPI.UserInfo, _ item: WorkQueue.Item, _ now: Instant
  ) -> Bool {
    do throws(APIError) {
      try write(change.write, as: user, now)
    } catch {
      if change.tolerated.contains(error.reason) { return true }
      if change.write.isOfStatus { tell(error, "the status that \(name) computed for \(item.key)") }
      if var draft = change.failed {
        draft.message = draft.message.split(separator: "{error}", omittingEmptySubsequences: false).joined(
          separator: error.message)
        recorder.record(draft, component: name, server: &server, at: now)
      }
      return false
    }
    if let draft = change.succeeded { recorder.record(draft, component: name, server: &server, at: now) }
    return true
  }

  private mutating func write(_ write: Change.Write, as user: CoreAPI.UserInfo, _ now: Instant) throws(APIError) {
    switch write {
    case .create(let resource, let namespace, let tree):
      _ = try server.create(resource, namespace: namespace, tree: tree, user: user, at: now)
    case .update(let resource, let tree): _ = try server.update(resource, tree: tree, user: user, at: now)
    case .updateStatus(let resource, let tree): _ = try server.updateStatus(resource, tree: tree, user: user, at: now)
    case .patch(let key, let subresource, let merge):
      _ = try server.patch(key, subresource: subresource, merge: merge, user: user, at: now)
    case .delete(let key, let uid, let grace, let propagation):
      try server.delete(key, uid: uid, graceSeconds: grace, propagation: propagation?.rawValue, user: user, at: now)
    case .bind(let pod, let uid, let node): try server.bind(pod: pod, uid: uid, node: node, user: user, at: now)
    case .nothing: break
    }
  }
}

extension Change.Write {
  /// Nothing of the user's is in it.
  fileprivate var isOfStatus: Bool {
    switch self {
    case .updateStatus, .patch(_, subresource: "status", merge: _): true
    default: false
    }
  }
}
