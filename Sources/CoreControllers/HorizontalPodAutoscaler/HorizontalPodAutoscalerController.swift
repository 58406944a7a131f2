package import CoreObjects

/// Scales workloads by metrics, each autoscaler every 15 s. Source: pkg/controller/podautoscaler/horizontal.go, v1.36.
package struct HorizontalPodAutoscalerController: Controller {
  package static let syncPeriod = Duration.seconds(15)
  /// Upstream's own work puts each look off: 15.09 s lie between two looks of recorded runs of v1.36.2, on average.
  package static let syncWork = Duration.milliseconds(90)
  /// Decisions remembered for each autoscaler, and for all of them together.
  package static let decisionLimit = 20
  static let allDecisionsLimit = 40_000

  package let name = "horizontal-pod-autoscaler"
  package var resources: Set<ResourceID>? {
    [.pods, .horizontalPodAutoscalers, .statefulSets, .deployments, .replicaSets, .replicationControllers]
  }
  private(set) var memories: [ObjectKey: ScalingMemory] = [:]
  package var followsCustomKinds: Bool { true }
  private var indexes = AutoscalerIndexes()
  private var resting = RestingAutoscalers()
  /// Whether statuses follow the metrics; if not, they are written when anything else in them changes.
  private let tellsMetrics: Bool
  /// Decisions remembered for each autoscaler at the most.
  private let decisionLimit: Int
  /// The autoscalers that were looked at in the last moment in which any was.
  package private(set) var looks: (at: Instant, keys: [ObjectKey]) = (Instant(nanoseconds: 0), [])

  /// - Parameter tellsMetrics: false where nobody reads them from statuses: they are most of what autoscalers write
  package init(tellsMetrics: Bool = true, decisionLimit: Int = Self.decisionLimit) {
    self.tellsMetrics = tellsMetrics
    self.decisionLimit = decisionLimit
  }

  /// The last decisions, oldest first: for `wavetank explain` and the live view. One that has held for a while is dated of its
  /// last look.
  package func decisions(_ key: ObjectKey, at now: Instant) -> [Decision] {
    guard let memory = memories[key] else { return [] }
    var decisions = memory.decisions.oldestFirst
    if resting.contains(key), !decisions.isEmpty, let last = memory.schedule.lastBeat(at: now) {
      decisions[decisions.count - 1].at = last
    }
    return decisions
  }

  /// The last one as it was made, whatever has rested since.
  package func lastDecision(_ key: ObjectKey) -> Decision? { memories[key]?.decisions.last }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .pods:
      indexes.pods.record(change)
      return resting.keys(affectedBy: change, indexes.selectors)
    case .horizontalPodAutoscalers:
      // An autoscaler writes its own status; only its spec makes a difference.
      if change.kind == .modified, !resting.contains(change.object.key), memories[change.object.key] != nil { return [] }
      return [change.object.key]
    case .statefulSets, .deployments, .replicaSets, .replicationControllers:
      return resting.key(ofTarget: change.object.key).map { [$0] } ?? []
    default: return []
    }
  }

  package mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { resting.keys(ofPods: podUIDs) }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else {
      memories[key] = nil
      indexes.selectors.remove(key)
      resting.remove(key)
      return Plan()
    }
    guard let place = memories.index(forKey: key) else {
      // Upstream's queue holds every new key back for one period.
      memories[key] = ScalingMemory(stored, nextLook: now + Self.syncPeriod)
      return Plan(wakeAt: now + Self.syncPeriod)
    }
    let limit = max(2, min(decisionLimit, Self.allDecisionsLimit / (memories.count + 1)))
    var isLook = false
    let plan = Self.plan(
      stored, &memories.values[place], &resting, &indexes, snapshot, now, decisionLimit: limit, tellsMetrics, &isLook)
    if isLook { note(key, at: now) }
    return plan
  }

  private mutating func note(_ key: ObjectKey, at now: Instant) {
    if looks.at != now { looks = (now, []) }
    looks.keys.append(key)
  }

  /// A look within its rest: before it one that rests wakes, after it one that would say the same again goes to rest.
  private static func plan(
    _ stored: StoredObject, _ memory: inout ScalingMemory, _ resting: inout RestingAutoscalers,
    _ indexes: inout AutoscalerIndexes, _ snapshot: Snapshot, _ now: Instant, decisionLimit: Int, _ tellsMetrics: Bool,
    _ isLook: inout Bool
  ) -> Plan {
    if let rest = resting.wake(stored.key, at: memory.schedule.restPlace) {
      let isDue = rest.until.map { memory.schedule.beat(from: $0) <= now } ?? false
      memory.resume(at: now, isDue: isDue)
      if !isDue { return Plan(wakeAt: memory.schedule.next) }
    }
    memory.readSpec(stored)
    var look = AutoscalerLook(stored, memory.rules, now, tellsMetrics: tellsMetrics)
    if now < memory.schedule.next {
      look.withdrawRefusedRescale(&memory, snapshot.store)
    } else {
      memory.schedule.advance(at: now)
      memory.history.removeExpired(memory.rules, at: now)
      memory.decisions.limit = decisionLimit
      look.run(&memory, &indexes, snapshot)
      isLook = true
    }
    var plan = look.plan
    if look.hasNewSelector { plan.others = resting.keys(in: stored.key.namespace) }
    guard let sources = look.sources else {
      plan.wakeAt = memory.schedule.next
      return plan
    }
    memory.schedule.restPlace = resting.put(stored.key, sources, at: memory.schedule.restPlace)
    plan.wakeAt = sources.until.map { memory.schedule.beat(from: $0) }
    plan.isConclusive = true
    return plan
  }
}
