import CoreObjects

/// Each ended pod is counted exactly once: its UID is written down in the status, then its finalizer goes, then the UID moves
/// to the counters. Source: trackJobStatusAndRemoveFinalizers, job_controller.go, v1.36.
extension JobSync {
  /// Moves what has lost its finalizer to the counters.
  mutating func readCounters() {
    let list = status.uncountedTerminatedPods
    if !list.succeeded.isEmpty || !list.failed.isEmpty { read(list) }
    findEnded()
    if isIndexed { readIndexes() }
  }

  private mutating func read(_ list: UncountedTerminatedPods) {
    let held = Set(pods.filter(\.isTracked).map(\.uid))
    let (succeeded, failed) = (list.succeeded.values, list.failed.values)
    uncounted = (succeeded.filter { held.contains($0) }, failed.filter { held.contains($0) })
    let counted = (succeeded: succeeded.count - uncounted.succeeded.count, failed: failed.count - uncounted.failed.count)
    if counted.succeeded > 0 { status.succeeded = (status.succeeded ?? 0) + counted.succeeded }
    if counted.failed > 0 { status.failed = (status.failed ?? 0) + counted.failed }
  }

  /// Pods that have ended since the last look.
  private mutating func findEnded() {
    let counted = (succeeded: Set(uncounted.succeeded), failed: Set(uncounted.failed))
    for pod in pods where isCountable(pod) {
      if pod.hasSucceeded {
        if !counted.succeeded.contains(pod.uid) { newSuccesses += 1 }
      } else if isFailed(pod), !counted.failed.contains(pod.uid), failure(of: pod) != .isIgnored {
        newFailures += 1
      }
    }
  }

  /// Still tracked, and with an index that the job has.
  private func isCountable(_ pod: JobPod) -> Bool { pod.isTracked && (!isIndexed || hasIndex(pod)) }
  private func hasIndex(_ pod: JobPod) -> Bool { pod.index.map { $0 >= 0 && $0 < completions } ?? false }

  private mutating func readIndexes() {
    recordedIndexes = CompletionIndexes(status.completedIndexes ?? "", below: completions)
    succeededIndexes = recordedIndexes
    for pod in pods where isCountable(pod) && pod.hasSucceeded { succeededIndexes.insert(pod.index!) }
    guard let limit = job.spec.backoffLimitPerIndex else { return }
    failedIndexes = CompletionIndexes(status.failedIndexes ?? "", below: completions)
    for pod in pods where isCountable(pod) && exceeds(pod, limit) { failedIndexes.insert(pod.index!) }
    findDelayed()
  }

  /// The last failed pod of an index keeps its count of failures until a successor carries it on.
  /// Source: getPodsWithDelayedDeletionPerIndex, backoff_utils.go, v1.36.
  private mutating func findDelayed() {
    let running = Set(pods.filter(\.isActive).compactMap(\.index))
    for pod in pods where isCountable(pod) && isFailed(pod) {
      let index = pod.index!
      if running.contains(index) || succeededIndexes.contains(index) || failedIndexes.contains(index) { continue }
      if let other = delayed[index],
        other.failuresBefore + other.ignoredBefore > pod.failuresBefore + pod.ignoredBefore
          || other.endedAt(now) > pod.endedAt(now)
      {
        continue
      }
      delayed[index] = pod
    }
  }

  /// Writes down the pods that have ended and lets them go. When the job has failed, every pod that has not ended has failed.
  mutating func track(_ ending: JobEnding?) {
    let counted = (succeeded: Set(uncounted.succeeded), failed: Set(uncounted.failed))
    var indexes = 0
    for pod in pods where pod.isTracked && mayRelease(pod, ending) {
      if indexes + uncounted.succeeded.count + uncounted.failed.count >= JobSync.uncountedLimit { break }
      releases.append(JobController.release(pod.stored))
      if pod.hasSucceeded, !counted.failed.contains(pod.uid) {
        if !isIndexed {
          if !counted.succeeded.contains(pod.uid) { uncounted.succeeded.append(pod.uid) }
        } else if hasIndex(pod), !recordedIndexes.contains(pod.index!) {
          // An index cannot be counted twice, so no UID is kept.
          recordedIndexes.insert(pod.index!)
          indexes += 1
        }
      } else if isFailed(pod) || ending?.succeeds == false {
        if isCountable(pod), !counted.failed.contains(pod.uid), failure(of: pod) != .isIgnored {
          uncounted.failed.append(pod.uid)
        }
      }
    }
  }

  /// Source: canRemoveFinalizer, job_controller.go, v1.36.
  private func mayRelease(_ pod: JobPod, _ ending: JobEnding?) -> Bool {
    if ending != nil || pod.hasSucceeded || job.metadata.deletionTimestamp != nil { return true }
    if !isFailed(pod) { return false }
    return pod.index.flatMap { delayed[$0]?.uid } != pod.uid
  }

  /// A pod that is being deleted counts as failed: it may never come to report its end. Source: isPodFailed.
  func isFailed(_ pod: JobPod) -> Bool {
    if pod.hasFailed { return true }
    return !replacesFailedOnly && pod.isDeleting && !pod.hasSucceeded
  }

  func failure(of pod: JobPod) -> PodFailure {
    hasFailurePolicy ? PodFailure(job.spec.podFailurePolicy, pod) : .counts
  }

  /// Whether the index of a pod has used up its failures with this one. Source: isIndexFailed, backoff_utils.go, v1.36.
  private func exceeds(_ pod: JobPod, _ limit: Int) -> Bool {
    guard isFailed(pod) else { return false }
    switch failure(of: pod) {
    case .failsIndex: return true
    case .isIgnored: return false
    default: return pod.failuresBefore >= limit
    }
  }

  var successes: Int {
    isIndexed ? succeededIndexes.count : (status.succeeded ?? 0) + uncounted.succeeded.count + newSuccesses
  }
  var failures: Int { (status.failed ?? 0) + uncounted.failed.count + newFailures }
}
