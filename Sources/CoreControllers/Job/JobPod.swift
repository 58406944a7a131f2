import CoreObjects

/// One pod of a job as its sync sees it.
struct JobPod {
  let stored: StoredObject
  let pod: Pod
  /// nil for pods of jobs without indexes, and for marks that are no number.
  let index: Int?
  let isTracked: Bool
  let isDeleting: Bool
  let hasSucceeded: Bool
  let hasFailed: Bool

  init(_ stored: StoredObject) {
    self.stored = stored
    pod = stored.view(Pod.self)
    let metadata = stored.tree[.metadata]
    index = metadata[.annotations][JobController.indexKey].string.flatMap { Int($0) }
    isTracked = JobController.isTracked(stored)
    isDeleting = !metadata[.deletionTimestamp].isNull
    hasSucceeded = pod.isIn(.succeeded)
    hasFailed = pod.isIn(.failed)
  }

  var uid: String { stored.uid }
  var isOver: Bool { hasSucceeded || hasFailed }
  var isActive: Bool { !isOver && !isDeleting }
  var isTerminating: Bool { !isOver && isDeleting }

  /// Failures of this index before this pod.
  var failuresBefore: Int { pod.metadata.annotations[JobController.failuresAnnotation].flatMap { Int($0) } ?? 0 }
  var ignoredBefore: Int { pod.metadata.annotations[JobController.ignoredFailuresAnnotation].flatMap { Int($0) } ?? 0 }

  /// When its last container ended; else when it stopped being ready, was deleted or was made.
  /// Source: getFinishedTime, backoff_utils.go, v1.36.
  func endedAt(_ now: Instant) -> Instant {
    func time(_ text: String?) -> Instant? { text.flatMap { Instant(rfc3339: $0) } }
    let ends = pod.status.containerStatuses.map { time($0.state.terminated.finishedAt) }
    if !ends.isEmpty, !ends.contains(nil) { return ends.compactMap { $0 }.max()! }
    if let ready = pod.ready, ready.status == "False", let at = time(ready.lastTransitionTime) { return at }
    // The timestamp is when the grace ends.
    if let at = time(pod.metadata.deletionTimestamp) { return at - .seconds(pod.metadata.deletionGracePeriodSeconds ?? 0) }
    return time(pod.metadata.creationTimestamp) ?? now
  }
}

/// What the policy of a job makes of a failed pod. Source: pkg/controller/job/pod_failure_policy.go, v1.36.
enum PodFailure: Equatable {
  case counts
  case isIgnored
  case failsIndex
  /// With the rule that says so, in words.
  case failsJob(String)

  init(_ policy: PodFailurePolicy, _ pod: JobPod) {
    self = .counts
    guard pod.hasFailed else { return }
    for (number, rule) in policy.rules.enumerated() {
      guard let what = PodFailure.match(rule, pod.pod) else { continue }
      switch rule.action {
      case "Ignore": self = .isIgnored
      case "FailIndex": self = .failsIndex
      case "FailJob":
        self = .failsJob(
          "\(what) of pod \(pod.stored.key.namespace)/\(pod.stored.key.name) matches rule \(number) of podFailurePolicy: FailJob")
      default: self = .counts
      }
      return
    }
  }

  /// What of the pod meets the rule; nil where nothing does.
  private static func match(_ rule: PodFailurePolicyRule, _ pod: Pod) -> String? {
    if !rule.onExitCodes.isAbsent {
      let wanted = rule.onExitCodes
      let codes = Set(wanted.values.values)
      for status in Array(pod.status.containerStatuses) + Array(pod.status.initContainerStatuses) {
        guard let code = status.state.terminated.exitCode, code != 0,
          wanted.containerName == nil || wanted.containerName == status.name
        else { continue }
        if codes.contains(code) == (wanted.operator == "In") { return "exit code \(code) of container \(status.name ?? "")" }
      }
      return nil
    }
    for pattern in rule.onPodConditions {
      if pod.status.conditions.contains(where: { $0.type == pattern.type && $0.status == pattern.status ?? "True" }) {
        return "condition \(pattern.type ?? "")"
      }
    }
    return nil
  }
}
