import CoreObjects

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
    let lacking = wanted - running.count - (replacesFailedOnly ? terminating : 0)
    let missing = min(lacking, JobSync.batch)
    guard missing > 0 else { return }
    makesAll = lacking == missing && job.spec.backoffLimitPerIndex == nil
    if job.spec.backoffLimitPerIndex == nil, let ready = backoffEnd(), ready > now { return plan.wake(at: ready) }
    var names = PodNames(stored, store)
    var start = SlowStart()
    let indexes: [Int?] = isIndexed ? freeIndexes(missing) : Array(repeating: nil, count: missing)
    for index in indexes {
      let before = plan.changes.count
      create(index, &names)
      plan.assign(start.next(), since: before)
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

  /// After failures new pods wait 10 s, 20 s … 10 min from the last one; what the policy ignores does not count.
  /// Source: backoff_utils.go, v1.36.
  private func backoffEnd() -> Instant? {
    let lastSuccess = pods.filter(\.hasSucceeded).map { $0.endedAt(now) }.max()
    let inRow = pods.filter { isFailed($0) && ($0.isTracked || $0.isOver) && failure(of: $0) != .isIgnored }
      .map { $0.endedAt(now) }.filter { end in lastSuccess.map { end > $0 } ?? true }
    guard let last = inRow.max() else { return nil }
    return last + JobSync.backoff(inRow.count)
  }

  private static func backoff(_ failures: Int) -> Duration { .seconds(min(lastBackoff, firstBackoff << min(failures - 1, 10))) }

  /// The lowest indexes without a pod; with a limit for each index, those of them whose own wait is over.
  /// Source: firstPendingIndexes and getPodCreationInfoForIndependentIndexes, v1.36.
  private mutating func freeIndexes(_ count: Int) -> [Int] {
    var taken = succeededIndexes.union(failedIndexes)
    for pod in pods {
      guard let index = pod.index, index >= 0 else { continue }
      let isRunning = pod.isActive && !removed.contains(pod.uid)
      if isRunning || (replacesFailedOnly && pod.isTerminating) { taken.insert(index) }
    }
    let pending = taken.missing(count, below: completions)
    guard job.spec.backoffLimitPerIndex != nil else { return pending }
    let waits = pending.map { index in
      delayed[index].map { $0.endedAt(now) + JobSync.backoff($0.failuresBefore + $0.ignoredBefore + 1) } ?? now
    }
    for wait in waits where wait > now { plan.wake(at: wait) }
    return zip(pending, waits).filter { $0.1 <= now }.map { $0.0 }
  }

  private mutating func create(_ index: Int?, _ names: inout PodNames) {
    var pod = OwnedPods.make(job.spec.template, owner: stored.tree, namespace: stored.key.namespace)
    let suffix = index.map { "-\($0)-" } ?? "-"
    let base = stored.key.name.prefix(PodNames.longestBase - suffix.count) + suffix
    pod.metadata.finalizers = List(
      pod.metadata.finalizers.values.filter { $0 != JobController.finalizer } + [JobController.finalizer])
    if let index { mark(&pod, index) }
    let name = names.next(String(base))
    pod.metadata.generateName = String(base)
    pod.metadata.name = name
    added.append(name)
    plan.changes.append(.make(pod, for: stored))
  }

  private func mark(_ pod: inout Pod, _ index: Int) {
    pod.metadata.annotations[JobController.indexAnnotation] = String(index)
    pod.metadata.labels[JobController.indexAnnotation] = String(index)
    pod.spec.hostname = "\(stored.key.name)-\(index)"
    if job.spec.backoffLimitPerIndex != nil {
      let last = delayed[index]
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
    plan.changes.append(.delete(pod.stored, for: stored))
  }
}
