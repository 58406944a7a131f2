import CoreJSON
import CoreStore
import CoreTypes

/// How a job ends.
struct JobEnding: Equatable {
  var succeeds: Bool
  var reason: String
  var message: String
}

extension JobSync {
  /// An ending that was decided before and waits for the pods to go.
  func interimEnding() -> JobEnding? {
    for condition in job.status.conditions where condition.status == "True" {
      if condition.type == "SuccessCriteriaMet" || condition.type == "FailureTarget" {
        return JobEnding(
          succeeds: condition.type == "SuccessCriteriaMet", reason: condition.reason ?? "", message: condition.message ?? "")
      }
    }
    return nil
  }

  /// In upstream's order: backoffLimit, deadline, completions.
  mutating func newEnding() -> JobEnding? {
    if failures > job.spec.backoffLimit ?? 6 {
      return JobEnding(
        succeeds: false, reason: "BackoffLimitExceeded", message: "the job has failed more often than its backoffLimit allows")
    }
    if let seconds = job.spec.activeDeadlineSeconds, job.spec.suspend != true,
      let start = job.status.startTime.flatMap({ Instant(rfc3339: $0) })
    {
      let deadline = start + .seconds(seconds)
      if now >= deadline {
        return JobEnding(
          succeeds: false, reason: "DeadlineExceeded", message: "the job ran longer than its deadline of \(seconds) s")
      }
      plan.wake(at: deadline)
    }
    let done = job.spec.completions.map { successes >= $0 } ?? (successes > 0 && active.isEmpty)
    if !done { return nil }
    return JobEnding(succeeds: true, reason: "CompletionsReached", message: "the wanted number of completions was reached")
  }

  /// Counted and just ended failures; a pod that restarts its containers counts each restart.
  private var failures: Int {
    let restarts =
      job.spec.template.spec.restartPolicy == "OnFailure"
      ? active.reduce(0) { $0 + $1.view(Pod.self).status.containerStatuses.reduce(0) { $0 + ($1.restartCount ?? 0) } } : 0
    return (job.status.failed ?? 0) + job.status.uncountedTerminatedPods.failed.count + restarts
  }

  var successes: Int {
    isIndexed
      ? IndexSet.parse(job.status.completedIndexes ?? "").count
      : (job.status.succeeded ?? 0) + job.status.uncountedTerminatedPods.succeeded.count
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
      job.status.completionTime = now.rfc3339
      say("Completed", "Job completed")
    } else {
      say(ending.reason, ending.message, .warning)
    }
  }

  /// Makes or deletes pods until as many run as should. Source: manageJob, job_controller.go, v1.36.
  mutating func manage() {
    let parallelism = job.spec.parallelism ?? 1
    let wanted =
      job.spec.completions.map { min(parallelism, max(0, $0 - successes)) } ?? (successes > 0 ? active.count : parallelism)
    if active.count > wanted {
      for pod in active.sorted(by: { $0.key.name > $1.key.name }).prefix(active.count - wanted) { delete(pod) }
      return
    }
    let going = job.spec.podReplacementPolicy == "Failed" ? terminating.count : 0
    let missing = min(wanted - active.count - going, JobSync.batch)
    guard missing > 0 else { return }
    if let ready = backOffEnd(), ready > now { return plan.wake(at: ready) }
    if !isIndexed {
      for _ in 0..<missing { create(index: nil) }
      return
    }
    for index in freeIndexes(missing) { create(index: index) }
  }

  /// After failures new pods wait 10 s, 20 s … 10 min from the last one. Source: backoff_utils.go, v1.36.
  private func backOffEnd() -> Instant? {
    func ends(_ phase: String) -> [Instant] {
      pods.map { $0.view(Pod.self) }.filter { $0.status.phase == phase }.map { pod in
        pod.status.containerStatuses.compactMap { $0.state.terminated.finishedAt.flatMap { Instant(rfc3339: $0) } }.max() ?? now
      }
    }
    let success = ends("Succeeded").max()
    let inRow = ends("Failed").filter { end in success.map { end > $0 } ?? true }
    guard let last = inRow.max() else { return nil }
    return last + .seconds(min(600, 10 << min(inRow.count - 1, 10)))
  }

  private func freeIndexes(_ count: Int) -> [Int] {
    let taken = Set(IndexSet.parse(job.status.completedIndexes ?? "")).union(active.compactMap { JobSync.index(of: $0) })
    return Array((0..<(job.spec.completions ?? 0)).lazy.filter { !taken.contains($0) }.prefix(count))
  }

  private mutating func create(index: Int?) {
    var pod = OwnedPods.make(job.spec.template, owner: stored.tree, namespace: stored.key.namespace)
    pod.metadata.generateName = stored.key.name + "-"
    pod.metadata.finalizers = List(pod.metadata.finalizers.values + [JobController.finalizer])
    if let index {
      pod.metadata.generateName = "\(stored.key.name)-\(index)-"
      pod.metadata.annotations[JobController.indexAnnotation] = String(index)
      pod.metadata.labels[JobController.indexAnnotation] = String(index)
      pod.spec.hostname = "\(stored.key.name)-\(index)"
      var variable = EnvVar()
      variable.name = "JOB_COMPLETION_INDEX"
      variable.valueFrom.fieldRef.fieldPath = "metadata.labels['\(JobController.indexAnnotation)']"
      for place in pod.spec.containers.indices { pod.spec.containers[place].env.append(variable) }
    }
    plan.changes.append(
      Change(
        .create(.pods, namespace: stored.key.namespace, tree: pod.tree),
        succeeded: EventDraft(.normal, reason: "SuccessfulCreate", message: "Created a pod", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedCreate", message: "Error creating: {error}", about: stored.tree)))
  }
}
