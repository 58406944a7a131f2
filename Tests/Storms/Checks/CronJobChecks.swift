import CoreObjects

/// Forbid and Replace: a run begins when none is going. No run begins while suspended, or before its time.
struct RunsDoNotOverlap: Check {
  let name = "a run begins only when the concurrency policy lets it"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let job = change.object
    guard change.kind == .added, job.key.resource == .jobs, let stored = facts.liveController(of: job, .cronJobs) else {
      return nil
    }
    let cron = stored.view(CronJob.self)
    if cron.spec.suspend == true { return "\(job.key.name) was made while \(stored.key.name) is suspended" }
    guard let minute = job.key.name.split(separator: "-").last.flatMap({ Int64($0) }), minute * 60 <= facts.now.seconds else {
      return "\(job.key.name) was made before its time"
    }
    if cron.spec.concurrencyPolicy == "Allow" || cron.spec.concurrencyPolicy == nil { return nil }
    let active = facts.owned(by: stored, .jobs).filter { $0.metadata.deletionTimestamp == nil && !$0.view(Job.self).isFinished }
    return active.count <= 1 ? nil : "\(active.map(\.key.name)) run at once with \(cron.spec.concurrencyPolicy ?? "")"
  }
}

/// A time runs once, and times go forward.
struct TimesRunOnce: Check {
  let name = "each scheduled time runs once, later ones after earlier ones"
  private var last: [String: Int64] = [:]

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let job = change.object
    guard change.kind != .modified, job.key.resource == .jobs, let stored = facts.liveController(of: job, .cronJobs),
      let minute = job.key.name.split(separator: "-").last.flatMap({ Int64($0) })
    else { return nil }
    if change.kind == .deleted {
      // A job that goes before its time was written down (the control plane was killed between the two) is made again.
      let known = stored.view(CronJob.self).status.lastScheduleTime.flatMap { Instant(rfc3339: $0) }
      if known.map({ $0.seconds < minute * 60 }) ?? true, last[stored.uid] == minute { last[stored.uid] = minute - 1 }
      return nil
    }
    defer { last[stored.uid] = minute }
    return minute > last[stored.uid] ?? 0 ? nil : "\(job.key.name) runs again"
  }
}

/// At rest (suspended) nothing is active and the history is within its limits.
struct CronJobAtRest: Check {
  let name = "a CronJob at rest lists nothing active and keeps its history short"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.cronJobs) {
      let cron = stored.view(CronJob.self)
      if !cron.status.active.isEmpty { return "\(stored.key.name) lists \(cron.status.active.count) active jobs" }
      let jobs = facts.owned(by: stored, .jobs).map { $0.view(Job.self) }
      let kept = [jobs.filter { $0.has("Complete") }.count, jobs.filter { $0.has("Failed") }.count]
      let most = [cron.spec.successfulJobsHistoryLimit ?? 3, cron.spec.failedJobsHistoryLimit ?? 1]
      if kept[0] > most[0] || kept[1] > most[1] { return "\(stored.key.name) keeps \(kept) jobs of \(most)" }
    }
    return nil
  }
}
