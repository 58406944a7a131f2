import CoreObjects

/// One look at a Job. Source: syncJob, pkg/controller/job/job_controller.go, v1.36.
struct JobSync {
  /// Pods made or deleted in one look at the most. Source: maxPodCreateDeletePerSync.
  static let batch = 500
  /// Ended pods whose counting is under way at the most. Source: MaxUncountedPods.
  static let uncountedLimit = 500

  let stored: StoredObject
  let store: Store
  let now: Instant
  let job: Job
  var status: JobStatus
  /// Where in the plan the status goes.
  private var statusPlace = 0
  var plan = Plan()
  let pods: [JobPod]
  let isIndexed: Bool
  let isSuspended: Bool
  let hasFailurePolicy: Bool
  /// New pods wait until old ones have ended, not only begun to.
  let replacesFailedOnly: Bool
  /// Of the status and of the pods that have ended since; the status may be behind, as it takes in a limited number at a time.
  var succeededIndexes = CompletionIndexes()
  var recordedIndexes = CompletionIndexes()
  var failedIndexes = CompletionIndexes()
  /// The last failed pod of each index that waits for its successor.
  var delayed: [Int: JobPod] = [:]
  /// Ended pods that no status knows.
  var newSuccesses = 0
  var newFailures = 0
  /// UIDs of ended pods that are written down but not yet in the counters.
  var uncounted: (succeeded: [String], failed: [String]) = ([], [])
  /// Finalizers that go once the status is written.
  var releases: [Change] = []
  /// What the plan takes from the active pods, and adds.
  var removed: Set<String> = []
  /// Names of the pods that the plan makes.
  var added: [String] = []
  /// No other pods are missing, and no failed one has waited for those.
  var makesAll = false
  /// The pods of the last plan were refused: new ones are not counted before they are there.
  private let wasRefused: Bool

  init(_ stored: StoredObject, _ store: Store, _ now: Instant, wasRefused: Bool = false) {
    self.stored = stored
    self.store = store
    self.now = now
    self.wasRefused = wasRefused
    job = stored.view(Job.self)
    status = job.status
    pods = OwnedPods.controlled(by: stored, store).map { JobPod($0) }
    let spec = job.tree[.spec]
    isIndexed = spec[.completionMode].isText("Indexed")
    isSuspended = spec[.suspend].bool == true
    hasFailurePolicy = !spec[.podFailurePolicy].isNull
    replacesFailedOnly = hasFailurePolicy || spec[.podReplacementPolicy].isText("Failed")
  }

  var isFinished: Bool { hasTrue("Complete") || hasTrue("Failed") }
  var completions: Int { job.spec.completions ?? 0 }
  var active: [JobPod] { pods.filter { $0.isActive && !removed.contains($0.uid) } }
  var terminating: Int { pods.reduce(0) { $0 + ($1.isTerminating ? 1 : 0) } }

  mutating func run() {
    if !isSuspended, status.startTime == nil { status.startTime = now.rfc3339 }
    readCounters()
    var ending = interimEnding() ?? newEnding()
    if ending != nil {
      for pod in active { delete(pod, isCounted: true) }
      statusPlace = plan.changes.count
    } else {
      let isManaged = job.metadata.deletionTimestamp == nil
      if isManaged { manage() }
      ending = completion()
      if ending == nil, isManaged { setSuspended() }
    }
    track(ending)
    if let ending { mark(ending) }
    writeCounters()
    let isHeld = pods.contains(where: \.isTracked) || !uncounted.succeeded.isEmpty || !uncounted.failed.isEmpty
    if let ending, !isHeld, active.isEmpty, removed.isEmpty, terminating == 0 { finish(ending) }
    finishPlan()
  }

  /// The status comes before the rest: what is counted is written down before its finalizer goes. Only the pods that an ending
  /// takes are deleted before, since it counts them as failed.
  private mutating func finishPlan() {
    plan.isConclusive = isConclusive
    if status != job.status {
      let merge = StatusPatch.from(job.status.tree, to: status.tree)
      plan.changes.insert(.patchStatus(of: stored.key, with: merge), at: statusPlace)
      plan.changes.insert(contentsOf: releases, at: statusPlace + 1)
    } else {
      plan.changes.insert(contentsOf: releases, at: statusPlace)
    }
  }

  /// What is written leads to no other step: counts, the pods that were missing, or the end of a job that stays.
  private var isConclusive: Bool {
    guard releases.isEmpty, removed.isEmpty, uncounted.succeeded.isEmpty, uncounted.failed.isEmpty else { return false }
    if isFinished { return job.spec.ttlSecondsAfterFinished == nil }
    let old = job.status
    return plan.changes.count == added.count && (added.isEmpty || makesAll && !wasRefused)
      && status.conditions.tree == old.conditions.tree && old.uncountedTerminatedPods.succeeded.isEmpty
      && old.uncountedTerminatedPods.failed.isEmpty
  }

  private mutating func writeCounters() {
    func orAbsent(_ count: Int) -> Int? { count == 0 ? nil : count }
    let running = active
    status.active = orAbsent(running.count + (wasRefused ? 0 : added.count))
    status.ready = running.reduce(0) { $0 + ($1.pod.isReady ? 1 : 0) }
    status.terminating = terminating + removed.count
    if isIndexed {
      status.succeeded = orAbsent(recordedIndexes.count)
      status.completedIndexes = recordedIndexes.isEmpty ? nil : recordedIndexes.text
      if job.spec.backoffLimitPerIndex != nil { status.failedIndexes = failedIndexes.text }
    }
    status.uncountedTerminatedPods = UncountedTerminatedPods()
    if !uncounted.succeeded.isEmpty { status.uncountedTerminatedPods.succeeded = List(uncounted.succeeded) }
    if !uncounted.failed.isEmpty { status.uncountedTerminatedPods.failed = List(uncounted.failed) }
  }

  /// A finished job: its pods keep no finalizer, and it goes itself after ttlSecondsAfterFinished.
  mutating func cleanUp() {
    for pod in pods where pod.isTracked { plan.changes.append(JobController.release(pod.stored)) }
    guard let seconds = job.spec.ttlSecondsAfterFinished, job.metadata.deletionTimestamp == nil,
      let ended = job.status.conditions.first(where: { ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True" }),
      let finished = ended.lastTransitionTime.flatMap({ Instant(rfc3339: $0) })
    else { return }
    let due = finished + .seconds(seconds)
    if due > now { return plan.wake(at: due) }
    plan.changes.append(.delete(stored, propagation: .foreground))
  }

  // MARK: conditions and events

  private mutating func setSuspended() {
    let wasSuspended = hasTrue("Suspended")
    if isSuspended, !wasSuspended {
      set("Suspended", "True", "JobSuspended", "the job is suspended: its pods are removed until spec.suspend is false")
      record("Suspended", "Job suspended")
    } else if !isSuspended, wasSuspended {
      set("Suspended", "False", "JobResumed", "the job goes on")
      record("Resumed", "Job resumed")
      // The deadline counts from here: it must not run while the job is suspended.
      status.startTime = now.rfc3339
    }
  }

  func hasTrue(_ type: String) -> Bool {
    status.tree[.conditions].elements.contains { $0[.type].isText(type) && $0[.status].isText("True") }
  }

  mutating func set(_ type: String, _ value: String, _ reason: String, _ message: String) {
    let time = now.rfc3339
    var condition = status.conditions.first { $0.type == type } ?? JobCondition()
    if condition.status != value { condition.lastTransitionTime = time }
    condition.lastProbeTime = time
    condition.type = type
    condition.status = value
    condition.reason = reason
    condition.message = message
    status.conditions.removeAll { $0.type == type }
    status.conditions.append(condition)
  }

  mutating func record(_ reason: String, _ message: String, _ kind: EventDraft.Kind = .normal) {
    plan.changes.append(.event(kind, reason, message, about: stored))
  }
}
