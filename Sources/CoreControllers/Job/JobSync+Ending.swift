import CoreObjects

/// How a job ends.
struct JobEnding: Equatable {
  var succeeds: Bool
  var reason: String
  var message: String
}

/// Endings in upstream's order; the first that holds is final. Source: syncJob, job_controller.go, v1.36.
extension JobSync {
  /// An ending that was decided before and waits for the pods to go.
  func interimEnding() -> JobEnding? {
    if status.conditions.isEmpty { return nil }
    for (type, succeeds) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] {
      if let condition = status.conditions.first(where: { $0.type == type && $0.status == "True" }) {
        return JobEnding(succeeds: succeeds, reason: condition.reason ?? "", message: condition.message ?? "")
      }
    }
    return nil
  }

  mutating func newEnding() -> JobEnding? {
    for pod in pods where pod.isTracked {
      if case .failsJob(let message) = failure(of: pod) {
        return JobEnding(succeeds: false, reason: "PodFailurePolicy", message: message)
      }
    }
    let limit = job.spec.backoffLimit ?? 6
    if failures > limit || isPastRestarts(limit) {
      return JobEnding(
        succeeds: false, reason: "BackoffLimitExceeded", message: "more pods failed than backoffLimit allows, which is \(limit)")
    }
    return deadlineEnding() ?? indexEnding() ?? policyEnding()
  }

  /// Pods that restart their containers count each restart. Source: pastBackoffLimitOnFailure.
  private func isPastRestarts(_ limit: Int) -> Bool {
    guard job.tree[.spec][.template][.spec][.restartPolicy].isText("OnFailure") else { return false }
    let restarts = pods.reduce(0) { sum, pod in
      guard pod.pod.isIn(.running) || pod.pod.isIn(.pending) else { return sum }
      let statuses = Array(pod.pod.status.containerStatuses) + Array(pod.pod.status.initContainerStatuses)
      return statuses.reduce(sum) { $0 + ($1.restartCount ?? 0) }
    }
    return limit == 0 ? restarts > 0 : restarts >= limit
  }

  /// A job that has just been resumed counts anew.
  private mutating func deadlineEnding() -> JobEnding? {
    guard let seconds = job.spec.activeDeadlineSeconds, !isSuspended, !hasTrue("Suspended"),
      let start = status.startTime.flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    let deadline = start + .seconds(seconds)
    if now >= deadline {
      return JobEnding(
        succeeds: false, reason: "DeadlineExceeded", message: "the job ran longer than activeDeadlineSeconds, which is \(seconds)"
      )
    }
    plan.wake(at: deadline)
    return nil
  }

  private func indexEnding() -> JobEnding? {
    guard isIndexed, job.spec.backoffLimitPerIndex != nil else { return nil }
    if let limit = job.spec.maxFailedIndexes, failedIndexes.count > limit {
      return JobEnding(
        succeeds: false, reason: "MaxFailedIndexesExceeded",
        message: "more indexes failed than maxFailedIndexes allows, which is \(limit)")
    }
    if failedIndexes.count > 0, failedIndexes.count + succeededIndexes.count >= completions {
      return JobEnding(
        succeeds: false, reason: "FailedIndexes", message: "all indexes have ended, but these failed: \(failedIndexes.text)")
    }
    return nil
  }

  /// Source: matchSuccessPolicy, pkg/controller/job/success_policy.go, v1.36.
  private func policyEnding() -> JobEnding? {
    guard isIndexed else { return nil }
    for (number, rule) in job.spec.successPolicy.rules.enumerated() {
      var reached = succeededIndexes.count
      var wanted = rule.succeededCount ?? completions
      if let text = rule.succeededIndexes {
        let named = CompletionIndexes(text, below: completions)
        reached = named.countShared(with: succeededIndexes)
        wanted = rule.succeededCount ?? named.count
      }
      if reached >= wanted, reached > 0 {
        return JobEnding(succeeds: true, reason: "SuccessPolicy", message: "rule \(number) of successPolicy is met")
      }
    }
    return nil
  }

  /// Enough pods have ended well, and none runs any more.
  func completion() -> JobEnding? {
    guard active.isEmpty, added.isEmpty else { return nil }
    let isDone = job.spec.completions.map { successes >= $0 } ?? (successes > 0)
    return isDone ? JobEnding(succeeds: true, reason: "CompletionsReached", message: "the wanted number of pods ended well") : nil
  }

  /// Writes the interim condition.
  mutating func mark(_ ending: JobEnding) {
    let type = ending.succeeds ? "SuccessCriteriaMet" : "FailureTarget"
    if !hasTrue(type) { set(type, "True", ending.reason, ending.message) }
  }

  /// The pods are gone: the terminal condition.
  mutating func finish(_ ending: JobEnding) {
    set(ending.succeeds ? "Complete" : "Failed", "True", ending.reason, ending.message)
    if ending.succeeds {
      status.completionTime = now.rfc3339
      if let wanted = job.spec.completions, (status.succeeded ?? 0) > wanted {
        record("TooManySucceededPods", "more pods ended well than the job wants completions", .warning)
      }
      record("Completed", "Job completed")
    } else {
      record(ending.reason, ending.message, .warning)
    }
  }
}
