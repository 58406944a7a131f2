import CoreObjects

/// What follows when a container of a pod ends. Source: ShouldContainerBeRestarted, pkg/kubelet/container/helpers.go, and
/// pkg/api/v1/pod/util.go, v1.36.
package struct RestartRules: Sendable {
  package enum Outcome: Sendable, Equatable {
    case stays, restarts
    /// All containers of the pod start again, beginning with the first.
    case restartsAll
  }

  private enum Policy: Sendable { case always, onFailure, never }

  private struct Rule: Sendable {
    var outcome: Outcome
    var codes: [Int]
    var isIn: Bool
  }

  private let policy: Policy
  private let rules: [Rule]

  /// The container's own policy comes before the pod's.
  init(_ container: Container, of pod: PodSpec) {
    policy =
      switch container.restartPolicy ?? pod.restartPolicy {
      case "Never": .never
      case "OnFailure": .onFailure
      default: .always
      }
    rules = container.restartPolicyRules.map { rule in
      Rule(
        outcome: rule.action == "RestartAllContainers" ? .restartsAll : .restarts, codes: rule.exitCodes.values.values,
        isIn: rule.exitCodes.operator == "In")
    }
  }

  /// - Parameter isInitial: an init container has done its work once it has succeeded.
  func outcome(ofCode code: Int, isInitial: Bool) -> Outcome {
    if let rule = rules.first(where: { $0.codes.contains(code) == $0.isIn }) { return rule.outcome }
    switch policy {
    case .always: return isInitial && code == 0 ? .stays : .restarts
    case .onFailure: return code == 0 ? .stays : .restarts
    case .never: return .stays
    }
  }
}
