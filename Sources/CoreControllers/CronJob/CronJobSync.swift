import CoreObjects

/// One look at a CronJob: what is known, and the plan that grows from it.
struct CronJobSync {
  private static let timestamp: Key = "batch.kubernetes.io/cronjob-scheduled-timestamp"

  let stored: StoredObject
  let store: Store
  let now: Instant
  var cron: CronJob
  var result = Plan()
  private var hasCreated = false
  private let jobs: [StoredObject]
  /// Of each job: true where it is complete, false where it failed, nil while it runs.
  private let outcomes: [Bool?]

  init(_ stored: StoredObject, _ store: Store, _ now: Instant) {
    self.stored = stored
    self.store = store
    self.now = now
    cron = stored.view(CronJob.self)
    jobs = store.owned(by: stored.uid).filter {
      $0.key.resource == .jobs && $0.controllerReference[.uid].isText(stored.uid)
    }
    outcomes = jobs.map { CronJobSync.outcome($0) }
  }

  var lastSchedule: Instant? { cron.status.lastScheduleTime.flatMap { Instant(rfc3339: $0) } }

  /// Finished jobs leave the active list; the oldest beyond the history limits are deleted.
  mutating func trackFinished() {
    var (complete, failed): ([StoredObject], [StoredObject]) = ([], [])
    for (job, outcome) in zip(jobs, outcomes) {
      let isActive = isActive(job)
      guard let succeeded = outcome else {
        if isActive || !job.tree[.metadata][.deletionTimestamp].isNull { continue }
        if job.metadata.annotations[CronJobSync.timestamp] != nil {
          // Made by the last look, or by one whose status was refused: it must count for concurrencyPolicy.
          cron.status.active.append(reference(to: job))
        } else {
          record("UnexpectedJob", "found a job that this CronJob did not make: \(job.key.name)", .warning)
        }
        continue
      }
      if succeeded { complete.append(job) } else { failed.append(job) }
      guard isActive else { continue }
      cron.status.active.removeAll { $0.uid == job.uid }
      record("SawCompletedJob", "Saw completed job: \(job.key.name), condition: \(succeeded ? "Complete" : "Failed")")
      if succeeded, let text = job.view(Job.self).status.completionTime, let time = Instant(rfc3339: text) {
        let last = cron.status.lastSuccessfulTime.flatMap { Instant(rfc3339: $0) }
        if last == nil || time > last! { cron.status.lastSuccessfulTime = text }
      }
    }
    trim(complete, cron.spec.successfulJobsHistoryLimit)
    trim(failed, cron.spec.failedJobsHistoryLimit)
  }

  private func isActive(_ job: StoredObject) -> Bool {
    cron.tree[.status][.active].elements.contains { $0[.uid].isText(job.uid) }
  }

  static func outcome(_ job: StoredObject) -> Bool? {
    for condition in job.tree[.status][.conditions].elements where condition[.status].isText("True") {
      if condition[.type].isText("Complete") { return true }
      if condition[.type].isText("Failed") { return false }
    }
    return nil
  }

  private mutating func trim(_ finished: [StoredObject], _ limit: Int?) {
    guard let limit, finished.count > limit else { return }
    func begin(_ job: StoredObject) -> String { job.tree[.status][.startTime].string ?? "" }
    let oldest = finished.sorted { (begin($0), $0.key.name) < (begin($1), $1.key.name) }
    for job in oldest.prefix(finished.count - limit) where job.metadata.deletionTimestamp == nil {
      delete(job, event: "Deleted job \(job.key.name)")
    }
  }

  private mutating func delete(_ job: StoredObject, event message: String) {
    result.changes.append(
      .delete(
        job, propagation: .background,
        succeeded: stored.event(.normal, "SuccessfulDelete", message))
    )
  }

  /// Active jobs that are gone.
  mutating func trackMissing() {
    for reference in cron.status.active where !jobs.contains(where: { $0.uid == reference.uid }) {
      record("MissingJob", "the active job \(reference.name ?? "") has gone")
      cron.status.active.removeAll { $0.uid == reference.uid }
    }
  }

  mutating func replaceActive() {
    for reference in cron.status.active {
      if let job = jobs.first(where: { $0.uid == reference.uid }) { delete(job, event: "Deleted job \(job.key.name)") }
    }
    cron.status.active = List(tree: .null)
  }

  /// A job of the name that a new one would get: this time has been dealt with, unless it is somebody else's.
  mutating func find(_ job: StoredObject, at scheduled: Instant) {
    if job.controller?.uid == stored.uid {
      cron.status.lastScheduleTime = scheduled.rfc3339
    } else {
      warn("FailedCreate", "Error creating job: a job \(job.key.name) that is not of this CronJob has the name")
    }
  }

  /// Names the job after its time, so that the same time never runs twice.
  /// - Parameter offset: seconds east of UTC in which the time is written; nil: in UTC
  mutating func create(_ name: String, at scheduled: Instant, offset: Int?) {
    hasCreated = true
    let template = cron.spec.jobTemplate
    var annotations = template.metadata.annotations
    annotations[CronJobSync.timestamp] = CronJobSync.text(scheduled, offset ?? 0)
    let metadata = ObjectMeta.make(
      name: name, namespace: stored.key.namespace, labels: template.metadata.labels, annotations: annotations,
      ownerReferences: [OwnedPods.reference(to: stored.tree).tree])
    let job = Job.make(apiVersion: "batch/v1", kind: "Job", metadata: metadata, spec: template.spec)
    result.changes.append(
      Change(
        .create(.jobs, namespace: stored.key.namespace, tree: job.tree),
        succeeded: stored.event(.normal, "SuccessfulCreate", "Created job \(name)"),
        failed: stored.event(.warning, "FailedCreate", "Error creating job: {error}"),
        tolerated: Change.untilThere))
    cron.status.lastScheduleTime = scheduled.rfc3339
  }

  /// "2026-07-01T09:00:00+02:00"
  private static func text(_ time: Instant, _ offset: Int) -> String {
    if offset == 0 { return time.rfc3339 }
    func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let minutes = abs(offset) / 60
    return (time + .seconds(offset)).rfc3339.dropLast() + (offset < 0 ? "-" : "+") + digits(minutes / 60) + ":"
      + digits(minutes % 60)
  }

  private func reference(to job: StoredObject) -> ObjectReference {
    var reference = ObjectReference()
    reference.apiVersion = "batch/v1"
    reference.kind = "Job"
    reference.name = job.key.name
    reference.namespace = job.key.namespace
    reference.uid = job.uid
    reference.resourceVersion = job.metadata.resourceVersion
    return reference
  }

  mutating func warn(_ reason: String, _ message: String) { record(reason, message, .warning) }

  mutating func record(_ reason: String, _ message: String, _ kind: EventDraft.Kind = .normal) {
    result.changes.append(.event(kind, reason, message, about: stored))
  }

  /// The plan; the status is written last.
  func plan() -> Plan {
    var plan = result
    // The status names a new job once it has a uid.
    plan.isConclusive = !hasCreated
    if cron.tree[.status] == stored.tree[.status] { return plan }
    var updated = cron
    if updated.status.active.isEmpty { updated.status.active = List(tree: .null) }
    if !sameStatus(updated.status, stored.view(CronJob.self).status) {
      plan.changes.append(Change(.updateStatus(.cronJobs, tree: updated.tree)))
    }
    return plan
  }

  /// Status is compared without the revisions of the jobs, which change with every step of theirs.
  private func sameStatus(_ a: CronJobStatus, _ b: CronJobStatus) -> Bool {
    a.lastScheduleTime == b.lastScheduleTime && a.lastSuccessfulTime == b.lastSuccessfulTime
      && a.active.map { $0.uid ?? "" } == b.active.map { $0.uid ?? "" }
  }
}
