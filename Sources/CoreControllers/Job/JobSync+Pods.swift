import CoreJSON
import CoreStore
import CoreTypes

/// Pods made and deleted. Source: manageJob, job_controller.go, v1.36.
extension JobSync {
  static let firstBackoff = 10
  static let lastBackoff = 600

  mutating func manage() {
    let running = active
    if isSuspended {
      for pod in running.prefix(JobSync.batch) { delete(pod, isCounted: false) }
      return
    }
    let parallelism = job.spec.parallelism ?? 1
    let wanted =
      job.spec.completions.map { max(0, min(parallelism, $0 - successes)) } ?? (successes > 0 ? running.count : parallelism)
    let surplus = surplusPods(running, wanted)
    if !surplus.isEmpty {
      for pod in surplus.prefix(JobSync.batch) { delete(pod, isCounted: false) }
      return
    }
    let missing = min(wanted - running.count - (replacesFailedOnly ? terminating : 0), JobSync.batch)
    guard missing > 0 else { return }
    if job.spec.backoffLimitPerIndex == nil, let ready = backoffEnd(), ready > now { return plan.wake(at: ready) }
    var names = PodNames(stored, store)
    if isIndexed {
      for index in freeIndexes(missing) { create(index, &names) }
    } else {
      for _ in 0..<missing { create(nil, &names) }
    }
  }

  /// Pods too many: second pods of an index and indexes beyond the end first, then those that matter least.
  private func surplusPods(_ running: [JobPod], _ wanted: Int) -> [JobPod] {
    var surplus: [JobPod] = []
    var rest = running
    if isIndexed {
      var seen: Set<Int> = []
      rest = []
      for pod in running.sorted(by: {
        ($0.pod.metadata.creationTimestamp ?? "", $0.stored.key.name) < (
          $1.pod.metadata.creationTimestamp ?? "", $1.stored.key.name
        )
      }) {
        guard let index = pod.index, index < completions, !succeededIndexes.contains(index), seen.insert(index).inserted else {
          surplus.append(pod)
          continue
        }
        rest.append(pod)
      }
    }
    let more = rest.count - wanted
    if more > 0 {
      let first = PodDeletionOrder(rest.map(\.stored), related: [], now: now).first(more).map(\.uid)
      surplus += rest.filter { first.contains($0.uid) }
    }
    return surplus
  }

  /// After failures new pods wait 10 s, 20 s … 10 min from the last one. Source: backoff_utils.go, v1.36.
  private func backoffEnd() -> Instant? {
    let lastSuccess = pods.filter(\.hasSucceeded).map { $0.endedAt(now) }.max()
    let inRow = pods.filter { isFailed($0) && ($0.isTracked || $0.isOver) }.map { $0.endedAt(now) }.filter { end in
      lastSuccess.map { end > $0 } ?? true
    }
    guard let last = inRow.max() else { return nil }
    return last + JobSync.backoff(inRow.count)
  }

  private static func backoff(_ failures: Int) -> Duration { .seconds(min(lastBackoff, firstBackoff << min(failures - 1, 10))) }

  /// The lowest indexes without a pod; with a limit for each index, those whose own wait is over.
  private mutating func freeIndexes(_ count: Int) -> [Int] {
    var taken = succeededIndexes.all.union(failedIndexes.all).union(active.compactMap(\.index))
    if replacesFailedOnly { taken.formUnion(pods.filter(\.isTerminating).compactMap(\.index)) }
    let isOwnLimit = job.spec.backoffLimitPerIndex != nil
    var last: [Int: JobPod] = [:]
    if isOwnLimit { for (index, pod) in lastFailures() { last[index] = pod } }
    var free: [Int] = []
    for index in 0..<completions where !taken.contains(index) {
      if free.count == count { break }
      if let pod = last[index] {
        let due = pod.endedAt(now) + JobSync.backoff(pod.failuresBefore + pod.ignoredBefore + 1)
        if due > now {
          plan.wake(at: due)
          continue
        }
      }
      free.append(index)
    }
    return free
  }

  private mutating func create(_ index: Int?, _ names: inout PodNames) {
    var pod = OwnedPods.make(job.spec.template, owner: stored.tree, namespace: stored.key.namespace)
    var base = stored.key.name + "-"
    pod.metadata.finalizers = List(
      pod.metadata.finalizers.values.filter { $0 != JobController.finalizer } + [JobController.finalizer])
    if let index {
      base += "\(index)-"
      mark(&pod, index)
    }
    let name = names.next(base)
    pod.metadata.generateName = base
    pod.metadata.name = name
    added += 1
    plan.changes.append(
      Change(
        .create(.pods, namespace: stored.key.namespace, tree: pod.tree),
        succeeded: EventDraft(.normal, reason: "SuccessfulCreate", message: "Created pod: \(name)", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedCreate", message: "Error creating: {error}", about: stored.tree),
        tolerated: ["AlreadyExists"]))
  }

  private func mark(_ pod: inout Pod, _ index: Int) {
    pod.metadata.annotations[JobController.indexAnnotation] = String(index)
    pod.metadata.labels[JobController.indexAnnotation] = String(index)
    pod.spec.hostname = "\(stored.key.name)-\(index)"
    if job.spec.backoffLimitPerIndex != nil {
      let last = lastFailures().first { $0.index == index }?.pod
      let isIgnored = last.map { failure(of: $0) == .isIgnored } ?? false
      pod.metadata.annotations[JobController.failuresAnnotation] = String((last?.failuresBefore ?? -1) + (isIgnored ? 0 : 1))
      if let last, last.ignoredBefore > 0 || isIgnored {
        pod.metadata.annotations[JobController.ignoredFailuresAnnotation] = String(last.ignoredBefore + (isIgnored ? 1 : 0))
      }
    }
    var variable = EnvVar()
    variable.name = "JOB_COMPLETION_INDEX"
    variable.valueFrom.fieldRef.fieldPath = "metadata.labels['\(JobController.indexAnnotation)']"
    for place in pod.spec.containers.indices where !pod.spec.containers[place].env.contains(where: { $0.name == variable.name }) {
      pod.spec.containers[place].env.append(variable)
    }
    for place in pod.spec.initContainers.indices
    where !pod.spec.initContainers[place].env.contains(where: { $0.name == variable.name }) {
      pod.spec.initContainers[place].env.append(variable)
    }
  }

  /// A pod that is only too many is not counted: its finalizer goes first. Source: deleteJobPods and deleteActivePods.
  mutating func delete(_ pod: JobPod, isCounted: Bool) {
    removed.insert(pod.uid)
    if !isCounted, pod.isTracked { plan.changes.append(JobController.release(pod.stored)) }
    plan.changes.append(
      Change(
        .delete(pod.stored.key, uid: pod.uid, graceSeconds: nil, propagation: nil),
        succeeded: EventDraft(
          .normal, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.stored.key.name)", about: stored.tree),
        failed: EventDraft(.warning, reason: "FailedDelete", message: "Error deleting: {error}", about: stored.tree),
        tolerated: ["NotFound"]))
  }
}
