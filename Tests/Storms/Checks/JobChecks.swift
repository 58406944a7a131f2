import CoreObjects

private let tracking = "batch.kubernetes.io/job-tracking"

extension Job {
  var isFinished: Bool { has("Complete") || has("Failed") }
  func has(_ type: String) -> Bool { status.conditions.contains { $0.type == type && $0.status == "True" } }
  var isIndexed: Bool { spec.completionMode == "Indexed" }
}

extension PodFacts {
  var isTracked: Bool { object.metadata.finalizers.values.contains(tracking) }
  var completionIndex: Int? { object.metadata.annotations["batch.kubernetes.io/job-completion-index"].flatMap { Int($0) } }
}

/// Each pod of a job is counted once: never more than have ended, and at the end all that have.
struct PodsAreCountedOnce: Check {
  let name = "each pod of a job is counted exactly once"
  /// UIDs of pods that ended well, or that failed or were deleted, while the job still tracked them; by the job's UID.
  private var succeeded: [String: Set<String>] = [:]
  private var failed: [String: Set<String>] = [:]

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    if change.object.key.resource == .pods {
      let pod = PodFacts(change.object)
      guard let job = pod.controllerUID, pod.isTracked else { return nil }
      if pod.phase == "Succeeded" {
        succeeded[job, default: []].insert(pod.object.uid)
      } else if pod.phase == "Failed" || pod.isLeaving {
        failed[job, default: []].insert(pod.object.uid)
      }
      return nil
    }
    guard change.object.key.resource == .jobs, change.kind == .modified, let previous = change.previous else { return nil }
    let (old, new) = (previous.view(Job.self), change.object.view(Job.self))
    let status = new.status
    if status.succeeded ?? 0 < old.status.succeeded ?? 0, !new.isIndexed {
      return "\(change.object.key.name) counts fewer successes than before"
    }
    if status.failed ?? 0 < old.status.failed ?? 0 { return "\(change.object.key.name) counts fewer failures than before" }
    let waiting = status.uncountedTerminatedPods
    let both = Set(waiting.succeeded.values).intersection(waiting.failed.values)
    if let uid = both.min() { return "pod \(uid) waits to be counted as succeeded and as failed" }
    let counts = [(status.succeeded ?? 0) + waiting.succeeded.count, (status.failed ?? 0) + waiting.failed.count]
    let seen = [succeeded[change.object.uid]?.count ?? 0, failed[change.object.uid]?.count ?? 0]
    if counts[0] > seen[0] || counts[1] > seen[1] {
      return "\(change.object.key.name) counts \(counts) pods as succeeded and failed, of \(seen)"
    }
    return nil
  }

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.jobs) {
      let job = stored.view(Job.self)
      guard job.has("Complete"), !job.isIndexed else { continue }
      let seen = succeeded[stored.uid]?.count ?? 0
      if job.status.succeeded ?? 0 != seen {
        return "\(stored.key.name) counts \(job.status.succeeded ?? 0) pods as succeeded, of \(seen)"
      }
    }
    return nil
  }
}

/// A pod is tracked until it has ended and the job has written that down.
struct FinalizersStay: Check {
  let name = "a pod keeps the job's finalizer until it is counted"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .pods, change.kind == .modified, let previous = change.previous, !facts.isUsers,
      PodFacts(previous).isTracked, case let pod = PodFacts(change.object), !pod.isTracked,
      let stored = facts.liveController(of: pod.object, .jobs), case let job = stored.view(Job.self), !job.isFinished,
      job.spec.suspend != true, !job.has("FailureTarget"), !job.has("SuccessCriteriaMet")
    else { return nil }
    if !pod.isOver, !pod.isLeaving {
      // A pod too many loses it just before it is deleted.
      let active = facts.pods(of: stored).filter { !$0.isOver && !$0.isLeaving }
      return active.count > wanted(job) || isOutside(pod, job, active) ? nil : "\(pod.name) lost it while it ran"
    }
    let waiting = job.status.uncountedTerminatedPods
    if job.isIndexed || !job.spec.podFailurePolicy.isAbsent { return nil }
    let isWritten = waiting.succeeded.values.contains(pod.object.uid) || waiting.failed.values.contains(pod.object.uid)
    return isWritten ? nil : "\(pod.name) lost it before it was counted"
  }

  private func wanted(_ job: Job) -> Int {
    let parallelism = job.spec.parallelism ?? 1
    let done = (job.status.succeeded ?? 0) + job.status.uncountedTerminatedPods.succeeded.count
    return job.spec.completions.map { max(0, min(parallelism, $0 - done)) } ?? parallelism
  }

  private func isOutside(_ pod: PodFacts, _ job: Job, _ active: [PodFacts]) -> Bool {
    job.isIndexed && active.filter { $0.completionIndex == pod.completionIndex }.count > 1
  }
}

/// No more pods at once than parallelism; no index twice; none while suspended or at the end.
struct ParallelismIsKept: Check {
  let name = "a job runs no more pods than it may, and each index once at a time"
  private var doneIndexes: [String: Set<Int>] = [:]

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    if change.kind != .deleted, change.object.key.resource == .pods, PodFacts(change.object).phase == "Succeeded",
      let uid = PodFacts(change.object).controllerUID, let index = PodFacts(change.object).completionIndex,
      PodFacts(change.object).isTracked
    {
      doneIndexes[uid, default: []].insert(index)
    }
    guard let pod = change.madePod, let stored = facts.liveController(of: pod.object, .jobs) else { return nil }
    let job = stored.view(Job.self)
    if job.isFinished { return "\(pod.name) was made after the end of its job" }
    if job.spec.suspend == true { return "\(pod.name) was made while its job is suspended" }
    let waits = job.spec.podReplacementPolicy == "Failed"
    let active = facts.pods(of: stored).filter { !$0.isOver && (waits || !$0.isLeaving) }
    if active.count > job.spec.parallelism ?? 1 {
      return "\(active.map(\.name)) run at once; parallelism is \(job.spec.parallelism ?? 1)"
    }
    guard job.isIndexed else { return nil }
    guard let index = pod.completionIndex, index < job.spec.completions ?? 0 else {
      return "\(pod.name) has no index of the job's"
    }
    if active.filter({ $0.completionIndex == index }).count > 1 { return "index \(index) runs twice" }
    if doneIndexes[stored.uid]?.contains(index) ?? false { return "index \(index) runs again after it succeeded" }
    return nil
  }
}

/// An end is final, and comes when no pod is left running.
struct EndsAreFinal: Check {
  let name = "a job ends once, when none of its pods runs any more"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .jobs, change.kind == .modified, let previous = change.previous else { return nil }
    let (old, new) = (previous.view(Job.self), change.object.view(Job.self))
    if old.isFinished, !new.isFinished { return "\(change.object.key.name) has begun again" }
    if new.has("Complete"), new.has("Failed") { return "\(change.object.key.name) is Complete and Failed" }
    guard new.isFinished, !old.isFinished else { return nil }
    let running = facts.pods(of: change.object).filter { !$0.isOver && !$0.isLeaving }
    if !running.isEmpty { return "\(change.object.key.name) ended while \(running.map(\.name)) ran" }
    let waiting = new.status.uncountedTerminatedPods
    if waiting.succeeded.count + waiting.failed.count > 0 {
      return "\(change.object.key.name) ended with pods that wait to be counted"
    }
    let done = new.status.succeeded ?? 0
    if new.has("Complete"), let completions = new.spec.completions, new.spec.successPolicy.isAbsent, done < completions {
      return "\(change.object.key.name) is Complete with \(done) of \(completions)"
    }
    return nil
  }
}

/// At rest each job has ended, and holds no pod back.
struct JobsAtRest: Check {
  let name = "a job at rest has ended and holds no pod"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.jobs) {
      let job = stored.view(Job.self)
      if !job.isFinished, job.spec.suspend != true {
        return "\(stored.key.name) has not ended: \(facts.pods(of: stored).map { "\($0.name) \($0.phase)" })"
      }
      if job.status.active ?? 0 > 0 { return "\(stored.key.name) tells of \(job.status.active ?? 0) active pods" }
      if job.isFinished, let seconds = job.spec.ttlSecondsAfterFinished {
        let end = job.status.conditions.compactMap { $0.lastTransitionTime.flatMap { Instant(rfc3339: $0) } }.max() ?? facts.now
        if facts.now > end + .seconds(seconds + 1) { return "\(stored.key.name) is kept beyond its \(seconds) s" }
      }
    }
    for object in facts.list(.pods) where PodFacts(object).isTracked && (PodFacts(object).isOver || PodFacts(object).isLeaving) {
      return "\(object.key.name) has ended and is still held"
    }
    return nil
  }
}
