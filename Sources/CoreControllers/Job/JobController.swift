import CoreJSON
package import CoreStore
package import CoreTypes

/// Runs pods to completion, counting each exactly once. Source: pkg/controller/job/job_controller.go, v1.36.
package struct JobController: Controller {
  static let finalizer = "batch.kubernetes.io/job-tracking"
  static let indexAnnotation = "batch.kubernetes.io/job-completion-index"
  package let name = "job-controller"

  package init() {}

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .jobs: return change.kind == .deleted ? [] : [change.object.key]
    case .pods:
      guard let owner = OwnedPods.controller(of: change.object.metadata), owner.kind == "Job", let name = owner.name else {
        return []
      }
      return [ObjectKey(.jobs, namespace: change.object.key.namespace, name)]
    default: return []
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    var sync = JobSync(stored, snapshot.store, now)
    if sync.isFinished { sync.settle() } else { sync.run() }
    return sync.plan
  }
}
