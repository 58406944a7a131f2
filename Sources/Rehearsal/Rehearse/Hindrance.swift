import CoreControllers
import CoreReport

/// What holds a count back.
struct Hindrance: Equatable {
  var stabilized: ScalingLimits.Stabilized?
  var limited: ScalingLimits.Limited?
  var problem: String?

  init() {}
  init(_ decision: Decision) {
    stabilized = decision.stabilizedReason
    limited = decision.limitedReason
    if decision.winner == nil { problem = decision.problem }
  }
}

extension AutoscalerRecord {
  /// Why there are no metrics, where that is for the loads: a cluster would say how its programs are asked.
  var silence: String? {
    let silent = loads.filter { $0.offered.last?.isNaN == true }.map(\.name)
    return silent.isEmpty ? nil : "metrics cannot be read: the load \(silent.joined(separator: " and ")) has no sample"
  }
}
