import CoreJSON
import CoreStore
import CoreTypes

/// One look at a Job.
struct JobSync {
  /// Pods made or deleted in one look at the most. Source: maxPodCreateDeletePerSync, job_controller.go, v1.36.
  static let batch = 500

  let stored: StoredObject
  let now: Instant
  var job: Job
  var plan = Plan()
  let pods: [StoredObject]

  init(_ stored: StoredObject, _ store: Store, _ now: Instant) {
    self.stored = stored
    self.now = now
    job = stored.view(Job.self)
    pods = store.owned(by: stored.uid).filter {
      $0.key.resource == .pods && OwnedPods.controller(of: $0.metadata)?.uid == stored.uid
    }
  }

  var isFinished: Bool { hasTrue("Complete") || hasTrue("Failed") }
  var isIndexed: Bool { job.spec.completionMode == "Indexed" }
  var active: [StoredObject] { pods.filter { !JobSync.isOver($0) && $0.metadata.deletionTimestamp == nil } }
  var terminating: [StoredObject] { pods.filter { !JobSync.isOver($0) && $0.metadata.deletionTimestamp != nil } }

  static func isOver(_ pod: StoredObject) -> Bool { Scheduler.isOver(pod.view(Pod.self)) }
  static func index(of pod: StoredObject) -> Int? { pod.metadata.annotations[JobController.indexAnnotation].flatMap { Int($0) } }

  /// A job that is not finished.
  mutating func run() {
    let before = job.status
    if job.spec.suspend != true, job.status.startTime == nil { job.status.startTime = now.rfc3339 }
    let released = count()
    let ending = interimEnding() ?? newEnding()
    if let ending {
      mark(ending)
      for pod in active { delete(pod) }
    } else if job.spec.suspend == true {
      suspend()
    } else {
      resume()
      if job.metadata.deletionTimestamp == nil { manage() }
    }
    let isIdle = ending != nil || job.spec.suspend == true
    job.status.active = isIdle || active.isEmpty ? nil : active.count
    job.status.ready = active.filter { OwnedPods.isReady($0.view(Pod.self)) }.count
    job.status.terminating = terminating.count
    if let ending, active.isEmpty, terminating.isEmpty, uncounted.isEmpty { finish(ending) }
    if job.status != before { plan.changes.insert(Change(.updateStatus(.jobs, tree: job.tree)), at: 0) }
    plan.changes += released
  }

  var uncounted: [String] {
    job.status.uncountedTerminatedPods.succeeded.values + job.status.uncountedTerminatedPods.failed.values
  }

  /// Counts ended pods exactly once: their UIDs are written down, then their finalizer goes, then they move to the counters.
  private mutating func count() -> [Change] {
    var list = job.status.uncountedTerminatedPods
    let held = Set(pods.filter { $0.metadata.finalizers.values.contains(JobController.finalizer) }.map(\.uid))
    let doneSucceeded = list.succeeded.values.filter { !held.contains($0) }
    let doneFailed = list.failed.values.filter { !held.contains($0) }
    if !doneSucceeded.isEmpty, !isIndexed { job.status.succeeded = (job.status.succeeded ?? 0) + doneSucceeded.count }
    if !doneFailed.isEmpty { job.status.failed = (job.status.failed ?? 0) + doneFailed.count }
    var succeeded = list.succeeded.values.filter { held.contains($0) }
    var failed = list.failed.values.filter { held.contains($0) }
    var released: [Change] = []
    var indexes = Set(IndexSet.parse(job.status.completedIndexes ?? ""))
    for pod in pods where held.contains(pod.uid) {
      let view = pod.view(Pod.self)
      let isGoing = view.metadata.deletionTimestamp != nil && job.spec.podReplacementPolicy != "Failed"
      guard JobSync.isOver(pod) || isGoing else { continue }
      if view.status.phase == "Succeeded" {
        if !succeeded.contains(pod.uid) { succeeded.append(pod.uid) }
        if isIndexed, let index = JobSync.index(of: pod), index < job.spec.completions ?? 0 { indexes.insert(index) }
      } else if !failed.contains(pod.uid) {
        failed.append(pod.uid)
      }
      released.append(release(pod))
    }
    list.succeeded = List(succeeded)
    list.failed = List(failed)
    job.status.uncountedTerminatedPods = list
    if isIndexed {
      job.status.completedIndexes = indexes.isEmpty ? nil : IndexSet.text(indexes.sorted())
      job.status.succeeded = indexes.isEmpty ? nil : indexes.count
    }
    return released
  }

  private func release(_ pod: StoredObject) -> Change {
    var tree = pod.tree
    let rest = pod.metadata.finalizers.values.filter { $0 != JobController.finalizer }
    tree[.metadata].put(.finalizers, rest.isEmpty ? .null : List(rest).tree)
    return Change(.update(.pods, tree: tree), tolerated: ["NotFound"])
  }

  mutating func delete(_ pod: StoredObject) {
    plan.changes.append(
      Change(
        .delete(pod.key, uid: pod.uid, graceSeconds: nil, propagation: nil),
        succeeded: EventDraft(.normal, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.key.name)", about: stored.tree),
        tolerated: ["NotFound"]))
  }

  /// A finished job: its pods keep no finalizer, and it goes itself after ttlSecondsAfterFinished.
  mutating func settle() {
    for pod in pods where pod.metadata.finalizers.values.contains(JobController.finalizer) { plan.changes.append(release(pod)) }
    guard let seconds = job.spec.ttlSecondsAfterFinished, job.metadata.deletionTimestamp == nil,
      let ended = job.status.conditions.first(where: { ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True" }),
      let finished = ended.lastTransitionTime.flatMap({ Instant(rfc3339: $0) })
    else { return }
    let at = finished + .seconds(seconds)
    if at > now { return plan.wake(at: at) }
    plan.changes.append(
      Change(.delete(stored.key, uid: stored.uid, graceSeconds: nil, propagation: .foreground), tolerated: ["NotFound"]))
  }

  private mutating func suspend() {
    for pod in active { delete(pod) }
    guard !hasTrue("Suspended") else { return }
    job.status.startTime = nil
    set("Suspended", "True", "JobSuspended", "the job is suspended")
    say("Suspended", "Job suspended")
  }

  private mutating func resume() {
    guard hasTrue("Suspended") else { return }
    set("Suspended", "False", "JobResumed", "the job goes on")
    job.status.startTime = now.rfc3339
    say("Resumed", "Job resumed")
  }

  func hasTrue(_ type: String) -> Bool { job.status.conditions.contains { $0.type == type && $0.status == "True" } }

  mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    var condition = job.status.conditions.first { $0.type == type } ?? JobCondition()
    if condition.status != status { condition.lastTransitionTime = now.rfc3339 }
    condition.lastProbeTime = now.rfc3339
    condition.type = type
    condition.status = status
    condition.reason = reason
    condition.message = message
    job.status.conditions.removeAll { $0.type == type }
    job.status.conditions.append(condition)
  }

  mutating func say(_ reason: String, _ message: String, _ kind: EventDraft.Kind = .normal) {
    plan.changes.append(Change(.nothing, succeeded: EventDraft(kind, reason: reason, message: message, about: stored.tree)))
  }
}

/// Completion indexes as a status writes them: "0-3,7".
enum IndexSet {
  static func parse(_ text: String) -> [Int] {
    text.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      return ends.count == 2 && ends[0] <= ends[1] ? Array(ends[0]...ends[1]) : ends
    }
  }

  static func text(_ sorted: [Int]) -> String {
    var parts: [String] = []
    var i = 0
    while i < sorted.count {
      var j = i
      while j + 1 < sorted.count, sorted[j + 1] == sorted[j] + 1 { j += 1 }
      parts.append(i == j ? "\(sorted[i])" : "\(sorted[i])-\(sorted[j])")
      i = j + 1
    }
    return parts.joined(separator: ",")
  }
}
