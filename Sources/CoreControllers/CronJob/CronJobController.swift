package import CoreObjects

/// Makes Jobs on a schedule. Source: pkg/controller/cronjob/cronjob_controllerv2.go, v1.36.
package struct CronJobController: Controller {
  /// With more missed times than this TooManyMissedTimes is recorded.
  static let missedLimit = 100
  package let name = "cronjob-controller"
  package var resources: Set<ResourceID>? { [.cronJobs, .jobs] }
  /// The rules of a named zone; nil for an unknown name. A value that an edge read.
  private let zone: @Sendable (String) -> TimeZoneRules?
  /// Schedules that were read before, by their text; begun anew beyond the limit.
  private var schedules: [String: CronSchedule] = [:]
  private static let scheduleLimit = 1024
  /// When a CronJob is due next, as long as its spec and the time of its last run stay what they were.
  private struct Due: Sendable {
    var spec: JSON
    var last: String?
    var next: Instant
  }
  private var dues: [ObjectKey: Due] = [:]

  package init(zone: @escaping @Sendable (String) -> TimeZoneRules?) { self.zone = zone }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    switch change.object.key.resource {
    case .cronJobs:
      if change.kind == .deleted { dues[change.object.key] = nil }
      return change.kind == .deleted ? [] : [change.object.key]
    case .jobs:
      guard let owner = change.object.controller, owner.kind == "CronJob", let name = owner.name else {
        return []
      }
      if let previous = change.previous, change.kind == .modified, Self.isSameJob(previous, change.object) { return [] }
      return [ObjectKey(.cronJobs, namespace: change.object.key.namespace, name)]
    default: return []
    }
  }

  /// Whether a job stays what it is for its CronJob: there, owned, and over or not.
  private static func isSameJob(_ old: StoredObject, _ new: StoredObject) -> Bool {
    old.controllerReference == new.controllerReference
      && old.tree[.metadata][.deletionTimestamp] == new.tree[.metadata][.deletionTimestamp]
      && (old.tree[.status][.conditions] == new.tree[.status][.conditions]
        || CronJobSync.outcome(old) == CronJobSync.outcome(new))
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    var sync = CronJobSync(stored, snapshot.store, now)
    sync.trackFinished()
    sync.trackMissing()
    if stored.metadata.deletionTimestamp == nil { schedule(&sync) }
    return sync.plan()
  }

  private mutating func schedule(_ sync: inout CronJobSync) {
    let spec = sync.cron.spec
    if let due = dues[sync.stored.key], due.next > sync.now, due.last == sync.cron.status.lastScheduleTime, due.spec == spec.tree
    {
      return sync.result.wake(at: due.next)
    }
    dues[sync.stored.key] = nil
    var rules = TimeZoneRules.utc
    if let name = spec.timeZone {
      guard let found = zone(name) else {
        return sync.warn("UnknownTimeZone", "the time zone \"\(name)\" is not known on this machine")
      }
      rules = found
    }
    if spec.suspend == true { return }
    guard let schedule = read(spec.schedule ?? "", &rules, &sync) else { return }
    let (latest, missed, next) = times(sync, schedule, rules)
    if let next { sync.result.wake(at: next) }
    guard let latest else {
      if let next {
        dues[sync.stored.key] = Due(spec: spec.tree, last: sync.cron.status.lastScheduleTime, next: next)
      } else {
        sync.warn("InvalidSchedule", "the schedule \"\(spec.schedule ?? "")\" is for a day that never comes")
      }
      return
    }
    if missed > CronJobController.missedLimit {
      sync.warn(
        "TooManyMissedTimes",
        "more than \(CronJobController.missedLimit) start times were missed: set or shorten startingDeadlineSeconds, or check the clock"
      )
    }
    if let deadline = spec.startingDeadlineSeconds, latest + .seconds(deadline) < sync.now {
      return sync.warn("MissSchedule", "missed the start time \(latest.rfc3339) by more than \(deadline) s")
    }
    if sync.lastSchedule == latest { return }
    let jobName = "\(sync.stored.key.name)-\(latest.seconds / 60)"
    if let present = sync.store.get(.jobs, namespace: sync.stored.key.namespace, jobName) {
      return sync.find(present, at: latest)
    }
    if spec.concurrencyPolicy == "Forbid", !sync.cron.status.active.isEmpty {
      return sync.record("JobAlreadyActive", "the last run is still going and concurrencyPolicy is Forbid: no new run is started")
    }
    if spec.concurrencyPolicy == "Replace" { sync.replaceActive() }
    if schedule.isFixed, let next { dues[sync.stored.key] = Due(spec: spec.tree, last: latest.rfc3339, next: next) }
    sync.create(jobName, at: latest, offset: spec.timeZone == nil ? nil : rules.offset(at: latest))
  }

  /// nil, and an event, where it cannot be read. A zone inside it wins.
  private mutating func read(_ schedule: String, _ rules: inout TimeZoneRules, _ sync: inout CronJobSync) -> CronSchedule? {
    var text = schedule
    var inner: TimeZoneRules? = rules
    // The API refuses it, but objects from elsewhere may have it. Source: formatSchedule, cronjob_controllerv2.go, v1.36.
    if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ="), let word = text.split(separator: " ").first {
      sync.warn("UnsupportedSchedule", "the schedule \"\(text)\" names a time zone itself: write it to spec.timeZone instead")
      inner = zone(String(word.drop { $0 != "=" }.dropFirst()))
      text = String(text.dropFirst(word.count))
    }
    var problem = "its time zone is not known on this machine"
    if let inner {
      rules = inner
      do throws(CronError) { return try parsed(text) } catch { problem = error.message }
    }
    sync.warn("UnparseableSchedule", "the schedule \"\(schedule)\" cannot be read: \(problem)")
    return nil
  }

  private mutating func parsed(_ text: String) throws(CronError) -> CronSchedule {
    if let known = schedules[text] { return known }
    let schedule = try CronSchedule(text)
    if schedules.count >= CronJobController.scheduleLimit { schedules = [:] }
    schedules[text] = schedule
    return schedule
  }

  /// The latest time that is due, how many were due since the last one that ran, and the next one.
  /// Source: mostRecentScheduleTime, pkg/controller/cronjob/utils.go, v1.36.
  private func times(_ sync: CronJobSync, _ schedule: CronSchedule, _ zone: TimeZoneRules) -> (
    latest: Instant?, missed: Int, next: Instant?
  ) {
    var earliest = sync.lastSchedule ?? sync.stored.metadata.creationTimestamp.flatMap { Instant(rfc3339: $0) } ?? sync.now
    if let deadline = sync.cron.spec.startingDeadlineSeconds { earliest = max(earliest, sync.now - .seconds(deadline)) }
    var latest: Instant?
    var missed = 0
    var time = schedule.next(after: earliest, zone: zone)
    while let due = time, due <= sync.now {
      latest = due
      missed += 1
      if missed > CronJobController.missedLimit {
        latest = recent(schedule, zone, after: due, sync.now) ?? due
        break
      }
      time = schedule.next(after: due, zone: zone)
    }
    // Nothing is due between both: the moment found is the next one from now, too.
    if schedule.isFixed, earliest <= sync.now, let time, time > sync.now { return (latest, missed, time) }
    return (latest, missed, schedule.next(after: sync.now, zone: zone))
  }

  /// The last due time, found backwards from now in growing steps, so that a year of downtime costs little.
  private func recent(_ schedule: CronSchedule, _ zone: TimeZoneRules, after start: Instant, _ now: Instant) -> Instant? {
    var back = Duration.seconds(120)
    while now - back > start {
      if var found = schedule.next(after: now - back, zone: zone), found <= now {
        while let later = schedule.next(after: found, zone: zone), later <= now { found = later }
        return found
      }
      back = back * 4
    }
    return nil
  }
}
