import CoreJSON
package import CoreStore
package import CoreTypes

/// Scales workloads by metrics, each autoscaler every 15 s. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
package struct HorizontalPodAutoscalerController: Controller {
  package static let syncPeriod = Duration.seconds(15)
  /// Decisions remembered for each autoscaler.
  static let decisionLimit = 20
  package let name = "horizontal-pod-autoscaler"
  private var memories: [ObjectKey: ScalingMemory] = [:]
  /// How many autoscalers name each target; rebuilt after an autoscaler's spec changed.
  private var targets: [String: Int]?

  package init() {}

  /// The last decisions, oldest first.
  package func decisions(_ key: ObjectKey) -> [Decision] { memories[key]?.decisions ?? [] }

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    guard change.object.key.resource == .horizontalPodAutoscalers else { return [] }
    if change.kind == .modified, change.previous?.tree[.spec] == change.object.tree[.spec] { return [] }
    return [change.object.key]
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else {
      memories[key] = nil
      targets = nil
      return Plan()
    }
    guard var memory = memories.removeValue(forKey: key) else {
      memories[key] = ScalingMemory(nextSync: now + Self.syncPeriod)
      targets = nil
      return Plan(wakeAt: now + Self.syncPeriod)
    }
    if now < memory.nextSync {
      targets = nil  // the spec has changed: a sync is never brought forward
      memories[key] = memory
      return Plan(wakeAt: memory.nextSync)
    }
    memory.nextSync = max(memory.nextSync + Self.syncPeriod, now + .milliseconds(1))
    memory.forget(before: now)
    var sync = AutoscalerSync(stored, snapshot, now, isAmbiguous: isShared(stored, snapshot.store))
    sync.run(&memory)
    if memory.decisions.count > Self.decisionLimit { memory.decisions.removeFirst() }
    memories[key] = memory
    var plan = sync.plan
    plan.wakeAt = memory.nextSync
    return plan
  }

  /// Another autoscaler scales the same object.
  private mutating func isShared(_ stored: StoredObject, _ store: Store) -> Bool {
    func target(_ object: StoredObject) -> String {
      let reference = object.view(HorizontalPodAutoscaler.self).spec.scaleTargetRef
      return "\(object.key.namespace)/\(reference.kind ?? "")/\(reference.name ?? "")"
    }
    if targets == nil {
      var counts: [String: Int] = [:]
      for other in store.list(.horizontalPodAutoscalers) { counts[target(other), default: 0] += 1 }
      targets = counts
    }
    return targets![target(stored), default: 0] > 1
  }
}
