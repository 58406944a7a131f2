import CoreAPI
import CoreObjects

extension RehearsalInput {
  /// What of it a run on a cluster does not play, or plays in another way: a line each.
  func unplayed(isOwn: Bool) -> [String] {
    var lines = loads.map { "\($0.place): this load is simulated only: the containers make their own load of \($0.metric)" }
    if startUp.appSeconds.upperBound > 0 {
      lines.append("the start-up is simulated only: the containers take the time that they take")
    }
    if isOwn, nodes != RehearsalInput.roomyNodes {
      lines.append("the sizes of the nodes are simulated only: each node has what this machine has")
    }
    if !isOwn {
      lines.append("the nodes are the cluster's")
      for gate in featureGates.map(\.rawValue).sorted() { lines.append("the feature gate \(gate) is simulated only") }
    }
    let annotated = objects.filter { object in
      [object.tree[.metadata], object.tree[.spec][.template][.metadata]].contains { metadata in
        metadata[.annotations].members.contains { $0.key.name.hasPrefix("kwok.x-k8s.io/usage-") }
      }
    }
    for object in annotated { lines.append("\(object.place): the usage in \(object.title)'s annotations is simulated only") }
    if let line = standIns.line { lines.append("in the simulation \(line)") }
    for test in tests { lines.append("\(test.place): the test is simulated only") }
    for step in steps {
      if case .crash = step.action { lines.append("\(step.place): \(step.text) is played by deleting pods") }
      if let reason = step.unplayed { lines.append("\(step.place): \(step.text) is simulated only: \(reason)") }
    }
    return lines
  }

  /// - Throws: where a cluster of its own could not say what an autoscaler reads, or has not what pods wait for.
  package func requirePlayable() throws(RehearsalError) {
    try standIns.require(in: [])
    for autoscaler in objects where autoscaler.isAutoscaler {
      for metric in ReadMetric.all(of: autoscaler.tree) where !metric.isByPod {
        throw RehearsalError(
          "\(autoscaler.title) reads the metric '\(metric.name)', which nobody tells a cluster of its own: --context plays it on one "
            + "that has an adapter for it", at: autoscaler.place)
      }
    }
  }
}
