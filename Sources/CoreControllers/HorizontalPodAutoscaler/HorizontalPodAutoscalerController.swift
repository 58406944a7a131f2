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
  private var pods = AutoscaledPods()
  private var selectors = SelectorIndex()
  private var resting = RestingAutoscalers()

  package init() {}

  /// The last decisions, oldest first: for `wavetank explain` and the live view. One that has held for a while is dated of its
  /// last look.
  package func decisions(_ key: ObjectKey, at now: Instant) -> [Decision] {
    guard let memory = memories[key] else { return [] }
    var decisions = memory.decisions
    if resting.contains(key), !decisions.isEmpty, let last = memory.lastBeat(at: now) { decisions[decisions.count - 1].at = last }
    return decisions
  }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .pods:
      pods.note(change)
      return resting.keys(affectedBy: change, selectors)
    case .horizontalPodAutoscalers:
      // An autoscaler writes its own status; only its spec makes a difference.
      if change.kind == .modified, memories[change.object.key] != nil, !resting.contains(change.object.key) { return [] }
      return [change.object.key]
    case .statefulSets, .deployments, .replicaSets, .replicationControllers:
      return resting.key(ofTarget: change.object.key).map { [$0] } ?? []
    default: return []
    }
  }

  package func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { resting.keys(ofPods: podUIDs) }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else {
      memories[key] = nil
      selectors.remove(key)
      pods.forget(key)
      resting.forget(key)
      return Plan()
    }
    guard var memory = memories.removeValue(forKey: key) else {
      // Upstream's queue holds every new key back for one period.
      memories[key] = ScalingMemory(stored, nextSync: now + Self.syncPeriod)
      return Plan(wakeAt: now + Self.syncPeriod)
    }
    defer { memories[key] = memory }
    if let rest = resting.wake(key) {
      let isDue = rest.until.map { memory.beat(from: $0) <= now } ?? false
      memory.resume(at: now, isDue: isDue)
      if !isDue { return Plan(wakeAt: memory.nextSync) }
    }
    memory.note(stored)
    var sync = AutoscalerSync(stored, memory.rules, snapshot, now)
    if now < memory.nextSync {
      sync.noteRefusedScale(&memory)
    } else {
      let due = memory.nextSync + Self.syncPeriod + Self.syncWork
      memory.nextSync = due > now ? due : now + Self.syncPeriod
      memory.forget(before: now)
      sync.run(&memory, pods: &pods, selectors: &selectors)
      memory.decisions.removeFirst(max(0, memory.decisions.count - decisionsKept))
    }
    var plan = sync.plan
    if sync.hasNewSelector { plan.others = resting.keys(in: key.namespace) }
    guard let rest = sync.rest else {
      plan.wakeAt = memory.nextSync
      return plan
    }
    resting.put(key, rest)
    plan.wakeAt = rest.until.map { memory.beat(from: $0) }
    plan.isConclusive = true
    return plan
  }

  private var decisionsKept: Int { max(2, min(Self.decisionLimit, Self.allDecisionsLimit / (memories.count + 1))) }
}
