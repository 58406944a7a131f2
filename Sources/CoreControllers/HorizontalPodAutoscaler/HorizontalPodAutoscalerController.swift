import CoreJSON
package import CoreStore
package import CoreTypes

/// Scales workloads by metrics, each autoscaler every 15 s. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
package struct HorizontalPodAutoscalerController: Controller {
  package static let syncPeriod = Duration.seconds(15)
  /// Upstream's own work puts each look off: 15.09 s lie between two looks of recorded runs of v1.36.2, on average.
  package static let syncWork = Duration.milliseconds(90)
  /// Decisions remembered for each autoscaler, and for all of them together.
  static let decisionLimit = 20
  static let allDecisionsLimit = 40_000

  package let name = "horizontal-pod-autoscaler"
  package var resources: Set<ResourceID>? {
    [.pods, .horizontalPodAutoscalers, .statefulSets, .deployments, .replicaSets, .replicationControllers]
  }
  private(set) var memories: [ObjectKey: ScalingMemory] = [:]
  private var known = AutoscalerIndexes()

  package init() {}

  /// The last decisions, oldest first: for `wavetank explain` and the live view. One that has held for a while is dated of its
  /// last look.
  package func decisions(_ key: ObjectKey, at now: Instant) -> [Decision] {
    guard let memory = memories[key] else { return [] }
    var decisions = memory.decisions.oldestFirst
    if known.resting.contains(key), !decisions.isEmpty, let last = memory.lastBeat(at: now) {
      decisions[decisions.count - 1].at = last
    }
    return decisions
  }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .pods:
      known.pods.note(change)
      return known.resting.keys(affectedBy: change, known.selectors)
    case .horizontalPodAutoscalers:
      // An autoscaler writes its own status; only its spec makes a difference.
      if change.kind == .modified, !known.resting.contains(change.object.key), memories[change.object.key] != nil { return [] }
      return [change.object.key]
    case .statefulSets, .deployments, .replicaSets, .replicationControllers:
      return known.resting.key(ofTarget: change.object.key).map { [$0] } ?? []
    default: return []
    }
  }

  package func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { known.resting.keys(ofPods: podUIDs) }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else {
      memories[key] = nil
      known.forget(key)
      return Plan()
    }
    guard let place = memories.index(forKey: key) else {
      // Upstream's queue holds every new key back for one period.
      memories[key] = ScalingMemory(stored, nextSync: now + Self.syncPeriod)
      return Plan(wakeAt: now + Self.syncPeriod)
    }
    let kept = decisionsKept
    return known.plan(stored, &memories.values[place], snapshot, now, keeping: kept)
  }

  private var decisionsKept: Int { max(2, min(Self.decisionLimit, Self.allDecisionsLimit / (memories.count + 1))) }
}

/// What is known of all autoscalers together.
private struct AutoscalerIndexes: Sendable {
  var pods = PodIndex()
  var selectors = SelectorIndex()
  var resting = RestingAutoscalers()

  mutating func forget(_ key: ObjectKey) {
    selectors.remove(key)
    resting.forget(key)
  }

  /// A look, unless it turns out to come before its time.
  /// - Parameter count: decisions to remember
  mutating func plan(
    _ stored: StoredObject, _ memory: inout ScalingMemory, _ snapshot: Snapshot, _ now: Instant, keeping count: Int
  ) -> Plan {
    let period = HorizontalPodAutoscalerController.syncPeriod
    if let rest = resting.wake(stored.key, at: memory.restPlace) {
      let isDue = rest.until.map { memory.beat(from: $0) <= now } ?? false
      memory.resume(at: now, isDue: isDue)
      if !isDue { return Plan(wakeAt: memory.nextSync) }
    }
    memory.note(stored)
    var sync = AutoscalerSync(stored, memory.rules, now)
    if now < memory.nextSync {
      sync.noteRefusedScale(&memory, snapshot.store)
    } else {
      let due = memory.nextSync + period + HorizontalPodAutoscalerController.syncWork
      memory.nextSync = due > now ? due : now + period
      memory.forget(before: now)
      memory.decisions.limit = count
      sync.run(&memory, snapshot, pods: &pods, selectors: &selectors)
    }
    var plan = sync.plan
    if sync.hasNewSelector { plan.others = resting.keys(in: stored.key.namespace) }
    guard let rest = sync.rest else {
      plan.wakeAt = memory.nextSync
      return plan
    }
    memory.restPlace = resting.put(stored.key, rest, at: memory.restPlace)
    plan.wakeAt = rest.until.map { memory.beat(from: $0) }
    plan.isConclusive = true
    return plan
  }
}
