import CoreAPI
import CoreControllers
import CoreObjects

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
    for order in plan.orders { effects.append(.sign(order)) }
    for key in plan.others { queue.add(.init(controller: item.controller, key: key)) }
    if plan.changes.isEmpty {
      queue.succeeded(item)
      return plan.isConclusive
    }
    let isDone = plan.perform { perform($0, name, item, now) }
    if isDone { queue.succeeded(item) } else { timers.set(.reconcile(item), at: now + queue.failed(item)) }
    return isDone && plan.isConclusive
  }

  /// False if the change was refused.
  private mutating func perform(_ change: Change, _ name: String, _ item: WorkQueue.Item, _ now: Instant) -> Bool {
    do throws(APIError) {
      if let intent = try WriteIntent(change.write, in: store) { try writer.write(intent, by: .controller(name), at: now) }
    } catch {
      if change.tolerates(error.reason) { return true }
      if change.write.isOfStatus { report(error, "the status that \(name) computed for \(item.key)") }
      if var draft = change.failed {
        draft.message = draft.message.split(separator: "{error}", omittingEmptySubsequences: false).joined(
          separator: error.message)
        recorder.record(draft, component: name, writer: &writer, at: now)
      }
      return false
    }
    if let draft = change.succeeded { recorder.record(draft, component: name, writer: &writer, at: now) }
    return true
  }
}

extension WriteIntent {
  /// What a controller wants to write; nil for nothing.
  fileprivate init?(_ write: Change.Write, in store: Store) throws(APIError) {
    switch write {
    case .create(let resource, let namespace, let tree): self = .create(resource, namespace: namespace, Document(tree))
    case .update(let resource, let tree): self = .replace(resource, tree)
    case .updateStatus(let resource, let tree): self = .status(resource, in: tree)
    case .patch(let key, let subresource, let merge): self = try WriteIntent(patching: key, subresource, merge, in: store)
    case .delete(let key, let uid, let grace, let propagation):
      self = .delete(key, Deletion(uid: uid, graceSeconds: grace, propagation: propagation?.rawValue))
    case .bind(let pod, let uid, let node): self = .bind(pod, uid: uid, node: node)
    case .nothing: return nil
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
