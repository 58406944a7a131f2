import CoreJSON
import CoreStore
import CoreTypes

/// Each ended pod is counted exactly once: its UID is written down in the status, then its finalizer goes, then the UID moves
/// to the counters. Source: trackJobStatusAndRemoveFinalizers, job_controller.go, v1.36.
extension JobSync {
  /// Moves what has lost its finalizer to the counters.
  mutating func readCounters() {
    let held = Set(pods.filter(\.isTracked).map(\.uid))
    let list = status.uncountedTerminatedPods
    let succeeded = list.succeeded.values.filter { !held.contains($0) }
    let failed = list.failed.values.filter { !held.contains($0) }
    uncounted = (list.succeeded.values.filter { held.contains($0) }, list.failed.values.filter { held.contains($0) })
    if !succeeded.isEmpty { status.succeeded = (status.succeeded ?? 0) + succeeded.count }
    if !failed.isEmpty { status.failed = (status.failed ?? 0) + failed.count }
    if isIndexed {
      succeededIndexes = CompletionIndexes(status.completedIndexes ?? "", below: completions)
      failedIndexes = CompletionIndexes(status.failedIndexes ?? "", below: completions)
    }
  }

  /// Writes down the pods that have ended. When the job ends, pods that are being deleted count as failed too.
  mutating func count(isEnding: Bool) {
    let delayed = delayedPods(isEnding: isEnding)
    for pod in pods where pod.isTracked {
      if uncounted.succeeded.count + uncounted.failed.count >= JobSync.uncountedLimit { break }
      if delayed.contains(pod.uid) { continue }
      if pod.hasSucceeded, !uncounted.failed.contains(pod.uid) {
        if isIndexed {
          // An index cannot be counted twice, so no UID is kept.
          if let index = pod.index, index < completions { succeededIndexes.insert(index) }
        } else if !uncounted.succeeded.contains(pod.uid) {
          uncounted.succeeded.append(pod.uid)
        }
        releases.append(JobController.release(pod.stored))
      } else if isFailed(pod) {
        let isOutside = isIndexed && !(pod.index.map { $0 < completions } ?? false)
        if !isOutside, failure(of: pod) != .isIgnored, !uncounted.failed.contains(pod.uid) { uncounted.failed.append(pod.uid) }
        releases.append(JobController.release(pod.stored))
      }
    }
    if isIndexed, job.spec.backoffLimitPerIndex != nil { noteFailedIndexes() }
  }

  /// A pod that is being deleted counts as failed: it may never come to report its end. Source: isPodFailed.
  func isFailed(_ pod: JobPod) -> Bool {
    if pod.hasFailed { return true }
    return !replacesFailedOnly && pod.isDeleting && !pod.hasSucceeded
  }

  func failure(of pod: JobPod) -> PodFailure {
    job.spec.podFailurePolicy.isAbsent ? .counts : PodFailure(job.spec.podFailurePolicy, pod)
  }

  /// With a limit for each index, the last failed pod of an index keeps its count of failures until its successor carries it on.
  private func delayedPods(isEnding: Bool) -> Set<String> {
    guard isIndexed, let limit = job.spec.backoffLimitPerIndex, !isEnding else { return [] }
    var delayed: Set<String> = []
    let running = Set(pods.filter { $0.isActive || $0.isTerminating }.compactMap(\.index))
    for (index, pod) in lastFailures() where pod.isTracked {
      let isLast = running.contains(index) || succeededIndexes.contains(index) || index >= completions
      if !isLast, !exceeds(pod, limit) { delayed.insert(pod.uid) }
    }
    return delayed
  }

  /// The failed pod of each index with the most failures before it, in the order of the indexes.
  func lastFailures() -> [(index: Int, pod: JobPod)] {
    var last: [Int: JobPod] = [:]
    for pod in pods where isFailed(pod) && (pod.isTracked || pod.isOver) {
      guard let index = pod.index else { continue }
      let rank = pod.failuresBefore + pod.ignoredBefore
      if last[index].map({ $0.failuresBefore + $0.ignoredBefore < rank }) ?? true { last[index] = pod }
    }
    return last.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Whether the index of a failed pod has used up its failures.
  private func exceeds(_ pod: JobPod, _ limit: Int) -> Bool {
    switch failure(of: pod) {
    case .failsIndex: true
    case .isIgnored: false
    default: pod.failuresBefore >= limit
    }
  }

  private mutating func noteFailedIndexes() {
    guard let limit = job.spec.backoffLimitPerIndex else { return }
    for (index, pod) in lastFailures() where index < completions && exceeds(pod, limit) && !succeededIndexes.contains(index) {
      failedIndexes.insert(index)
    }
  }

  var successes: Int { isIndexed ? succeededIndexes.count : (status.succeeded ?? 0) + uncounted.succeeded.count }
  var failures: Int { (status.failed ?? 0) + uncounted.failed.count }
}
