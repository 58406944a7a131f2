/// The rows of the practice, in the order in which a person does them by hand.
package enum PracticeRow: Int, CaseIterable, Sendable {
  case metrics = 1
  case application, image, loading, statefulSet, autoscaler, configMaps, accessControl, cronJob, scalingUp, scalingDown

  package var title: String {
    switch self {
    case .metrics: "metrics server"
    case .application: "the application"
    case .image: "the image"
    case .loading: "loading it"
    case .statefulSet: "StatefulSet app"
    case .autoscaler: "autoscaler app"
    case .configMaps: "ConfigMaps"
    case .accessControl: "RBAC"
    case .cronJob: "CronJob app"
    case .scalingUp: "scaling up"
    case .scalingDown: "scaling down"
    }
  }
}

/// What is known of a row.
package enum RowState: Sendable, Equatable {
  case open
  /// What was seen.
  case held(String)
  /// What was seen instead.
  case broken(String)

  package var isHeld: Bool { if case .held = self { true } else { false } }
}
