/// All storms, by name.
package enum Storms {
  private static let all: [any Subject.Type] = [
    StatefulSetSubject.self, DeploymentSubject.self, ReplicationSubject.self, DaemonSetSubject.self, JobSubject.self,
    CronJobSubject.self,
    AutoscalerSubject.self, SchedulerSubject.self, PlacementSubject.self, GarbageSubject.self,
    QuotaSubject.self, BudgetSubject.self, EndpointSliceSubject.self, NodeLossSubject.self, VolumeSubject.self,
  ]

  package static var names: [String] { all.map { $0.name } }
  package static func subject(_ name: String) -> (any Subject.Type)? { all.first { $0.name == name } }

  /// The command that plays storms again; of a seed that fails it tells every write.
  package static func replay(_ name: String, _ seed: UInt64, seeds: Int = 1) -> String {
    "make storms STORM=\(name) FIRST_SEED=\(seed) SEEDS=\(seeds)"
  }
}
