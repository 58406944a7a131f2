import CoreObjects
import Foundation
import Testing

@testable import CoreControllers

@Suite("CronJob")
struct CronJobTests {
  private static func cron(_ schedule: String, _ more: String = "") -> String {
    """
    {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"tick"},"spec":{"schedule":"\(schedule)","concurrencyPolicy":"Allow",
     "successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1,\(more)
     "jobTemplate":{"metadata":{"labels":{"from":"cron"}},"spec":{"template":{"spec":{"containers":[{"name":"main"}]}}}}}}
    """
  }

  private func world() -> World { World(CronJobController(zone: { _ in nil })) }
  private func status(_ world: World) -> CronJobStatus { world.get(.cronJobs, "tick", as: CronJob.self)!.status }
  private func finish(_ world: inout World, _ job: String, _ type: String) throws {
    try world.patch(
      .jobs, job,
      #"{"status":{"startTime":"\#(world.now.rfc3339)","completionTime":"\#(world.now.rfc3339)","conditions":[{"type":"\#(type)","status":"True"}]}}"#
    )
  }

  /// 2026-01-01T00:05:00Z in minutes since 1970.
  private static let minute = Int(World.start.seconds) / 60

  @Test("a job is made at each due time, named after it in minutes since 1970, owned by the CronJob and listed as active")
  func schedule() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/5 * * * *"))
    world.run(until: 299)
    #expect(world.names(.jobs).isEmpty)
    world.run(until: 301)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 5)"])
    let job = try #require(world.store.list(.jobs).first)
    #expect(job.metadata.ownerReferences.first?.name == "tick")
    #expect(job.metadata.labels["from"] == "cron")
    #expect(job.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T00:05:00Z")
    #expect(status(world).active.map { $0.name ?? "" } == ["tick-\(Self.minute + 5)"])
    #expect(status(world).lastScheduleTime == "2026-01-01T00:05:00Z")
    #expect(world.events.contains("SuccessfulCreate tick: Created job tick-\(Self.minute + 5)"))
    world.run(until: 700)
    #expect(world.names(.jobs).count == 2)
  }

  @Test("Forbid starts nothing beside a run that is going; afterwards only the latest missed time runs")
  func forbid() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("* * * * *", #""concurrencyPolicy":"Forbid","#))
    world.run(until: 200)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 1)"])
    #expect(world.reasons.contains("JobAlreadyActive"))
    try finish(&world, "tick-\(Self.minute + 1)", "Complete")
    world.run(until: 210)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 1)", "tick-\(Self.minute + 3)"])
  }

  @Test("Replace deletes the run that is going")
  func replace() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("* * * * *", #""concurrencyPolicy":"Replace","#))
    world.run(until: 130)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 2)"])
    #expect(world.reasons.contains("SuccessfulDelete"))
  }

  @Test("finished jobs leave the active list, and the oldest beyond the limits are deleted")
  func history() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("* * * * *"))
    for minute in 1...6 {
      world.run(until: minute * 60 + 5)
      try finish(&world, "tick-\(Self.minute + minute)", minute % 3 == 0 ? "Failed" : "Complete")
    }
    #expect(world.names(.jobs) == [2, 4, 5, 6].map { "tick-\(Self.minute + $0)" })
    #expect(status(world).active.isEmpty)
    #expect(status(world).lastSuccessfulTime == "2026-01-01T00:05:05Z")
    #expect(world.reasons.filter { $0 == "SawCompletedJob" }.count == 6)
  }

  @Test("a suspended CronJob makes nothing, and does not catch up on what startingDeadlineSeconds rules out")
  func suspend() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("0 * * * *", #""suspend":true,"startingDeadlineSeconds":600,"#))
    world.run(until: 3600 * 2 + 1200)
    #expect(world.names(.jobs).isEmpty)
    try world.patch(.cronJobs, "tick", #"{"spec":{"suspend":false}}"#)
    #expect(world.names(.jobs).isEmpty)
    world.run(until: 3600 * 3 + 1)
    #expect(world.names(.jobs).count == 1)
  }

  @Test("after a long time away the latest missed time runs, and more than 100 missed ones are told")
  func manyMissed() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("* * * * *", #""suspend":true,"#))
    world.run(until: 60 * 60 * 24)
    try world.patch(.cronJobs, "tick", #"{"spec":{"suspend":false}}"#)
    #expect(world.reasons.contains("TooManyMissedTimes"))
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 24 * 60)"])
  }

  @Test("a schedule or zone that cannot be read is told in an event")
  func unreadable() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("61 * * * *"))
    #expect(world.reasons == ["UnparseableSchedule"])
    var second = self.world()
    try second.add(.cronJobs, Self.cron("* * * * *", #""timeZone":"Mars/Olympus","#))
    #expect(second.reasons == ["UnknownTimeZone"])
  }

  @Test("a day that never comes is told of at each look")
  func impossible() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("0 0 31 2 *"))
    #expect(world.reasons == ["InvalidSchedule"])
    try world.patch(.cronJobs, "tick", #"{"metadata":{"labels":{"a":"b"}}}"#)
    #expect(world.reasons == ["InvalidSchedule", "InvalidSchedule"] && world.names(.jobs).isEmpty)
  }

  @Test("a schedule follows the clock of its time zone")
  func timeZone() throws {
    let berlin = TimeZoneRules(transitions: [], initialOffset: 3600, tail: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3"))
    var world = World(CronJobController(zone: { $0 == "Europe/Berlin" ? berlin : nil }))
    try world.add(.cronJobs, Self.cron("0 9 * * *", #""timeZone":"Europe/Berlin","#))
    world.run(until: 10 * 3600)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 8 * 60)"], "nine o'clock in Berlin is eight in UTC")
  }

  @Test("the annotation tells the scheduled time on the clock of the zone")
  func scheduledTimestamp() throws {
    for (zone, offset, text) in [
      ("Asia/Kolkata", 19_800, "2026-01-01T05:30:00+05:30"), ("America/New_York", -18_000, "2025-12-31T19:00:00-05:00"),
    ] {
      let rules = TimeZoneRules(transitions: [], initialOffset: offset)
      var world = World(CronJobController(zone: { $0 == zone ? rules : nil }))
      try world.add(.cronJobs, Self.cron("*/30 * * * *", #""timeZone":"\#(zone)","#))
      world.run(until: 1801)
      let job = try #require(world.store.list(.jobs).first)
      let told = try #require(job.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"])
      #expect(told.suffix(6) == text.suffix(6))
      #expect(Instant(rfc3339: told) == World.start + .seconds(1800))
    }
  }

  @Test("a zone inside the schedule is told as unsupported, and followed")
  func zoneInSchedule() throws {
    let rules = TimeZoneRules(transitions: [], initialOffset: 3600)
    var world = World(CronJobController(zone: { $0 == "Europe/Berlin" ? rules : nil }))
    try world.add(.cronJobs, Self.cron("TZ=Europe/Berlin 0 9 * * *"))
    #expect(world.reasons == ["UnsupportedSchedule"])
    world.run(until: 10 * 3600)
    #expect(world.names(.jobs) == ["tick-\(Self.minute + 8 * 60)"])
    var other = World(CronJobController(zone: { _ in nil }))
    try other.add(.cronJobs, Self.cron("CRON_TZ=Mars/Olympus 0 9 * * *"))
    #expect(other.reasons == ["UnsupportedSchedule", "UnparseableSchedule"])
  }

  @Test("a start that is later than startingDeadlineSeconds is missed, not made up for")
  func tooLate() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/10 * * * *", #""suspend":true,"startingDeadlineSeconds":30,"#))
    world.run(until: 640)
    try world.patch(.cronJobs, "tick", #"{"spec":{"suspend":false}}"#)
    #expect(world.names(.jobs).isEmpty)
    var other = self.world()
    try other.add(.cronJobs, Self.cron("*/10 * * * *", #""suspend":true,"startingDeadlineSeconds":60,"#))
    other.run(until: 640)
    try other.patch(.cronJobs, "tick", #"{"spec":{"suspend":false}}"#)
    #expect(other.names(.jobs) == ["tick-\(Self.minute + 10)"])
  }

  @Test("a job that a user makes from the CronJob is told as unexpected, and does not hold up Forbid")
  func unexpectedJob() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/5 * * * *").replacingOccurrences(of: "Allow", with: "Forbid"))
    let uid = try #require(world.store.list(.cronJobs).first?.uid)
    let owner = #"{"apiVersion":"batch/v1","kind":"CronJob","name":"tick","uid":"\#(uid)","controller":true}"#
    try world.add(
      .jobs, #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"by-hand","ownerReferences":[\#(owner)]},"spec":{}}"#)
    #expect(world.reasons.contains("UnexpectedJob"))
    #expect(status(world).active.isEmpty)
    world.run(until: 301)
    #expect(world.names(.jobs) == ["by-hand", "tick-\(Self.minute + 5)"])
  }

  @Test("a job whose start was not written down is found again: it holds up Forbid and is not made twice")
  func forgottenJob() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/5 * * * *").replacingOccurrences(of: "Allow", with: "Forbid"))
    world.run(until: 301)
    try world.patch(.cronJobs, "tick", #"{"status":{"active":null,"lastScheduleTime":null}}"#)
    #expect(status(world).active.count == 1)
    #expect(status(world).lastScheduleTime == "2026-01-01T00:05:00Z")
    world.run(until: 601)
    #expect(world.names(.jobs).count == 1)
    #expect(world.reasons.contains("JobAlreadyActive"))
  }

  @Test("a job of somebody else with the name of the next run is told, and stays")
  func takenName() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/5 * * * *"))
    try world.add(.jobs, #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"tick-\#(Self.minute + 5)"},"spec":{}}"#)
    world.run(until: 301)
    #expect(world.reasons == ["FailedCreate"])
    #expect(status(world).lastScheduleTime == nil)
  }

  @Test("an active job that has gone is told as missing")
  func missing() throws {
    var world = world()
    try world.add(.cronJobs, Self.cron("*/5 * * * *"))
    world.run(until: 301)
    try world.delete(.jobs, "tick-\(Self.minute + 5)")
    #expect(world.reasons.contains("MissingJob"))
    #expect(status(world).active.isEmpty)
  }
}

@Suite("Namespaces, accounts and endpoints")
struct ClusterControllersTests {
  @Test("a namespace gets the account default and the authority's certificate, and gets them again when they are lost")
  func accounts() throws {
    var world = World(ServiceAccountController(certificateAuthority: "PEM"))
    try world.add(.namespaces, #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}"#)
    #expect(world.names(.serviceAccounts) == ["default"])
    try world.delete(.serviceAccounts, "default")
    #expect(world.names(.serviceAccounts) == ["default"])
    try world.patch(.configMaps, "kube-root-ca.crt", #"{"data":{"ca.crt":"forged"}}"#)
    #expect(world.get(.configMaps, "kube-root-ca.crt", as: ConfigMap.self)?.data["ca.crt"] == "PEM")
  }

  @Test("a namespace that is deleted is emptied first, says what is left, and then loses its finalizer")
  func namespace() throws {
    var world = World(NamespaceController())
    try world.add(
      .namespaces,
      #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default","finalizers":["held/up"]},"spec":{"finalizers":["kubernetes"]}}"#
    )
    try world.add(.configMaps, #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"#)
    try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","finalizers":["example.com/wait"]}}"#)
    try world.delete(.namespaces, "default")
    #expect(world.names(.configMaps) == ["c"])
    let namespace = try #require(world.get(.namespaces, "default", as: Namespace.self))
    #expect(namespace.status.phase == "Terminating")
    let remaining = namespace.status.conditions.first { $0.type == "NamespaceContentRemaining" }
    #expect(remaining?.status == "True")
    #expect(remaining?.message == "still there: pods: 1")
    #expect(
      namespace.status.conditions.first { $0.type == "NamespaceFinalizersRemaining" }?.message?.contains("example.com/wait: 1")
        == true)
    #expect(namespace.spec.finalizers.values == ["kubernetes"])
    try world.patch(.pods, "p", #"{"metadata":{"finalizers":null}}"#)
    #expect(world.names(.pods).isEmpty)
    #expect(world.names(.configMaps).isEmpty)
    #expect(world.get(.namespaces, "default", as: Namespace.self)?.spec.finalizers.values.isEmpty == true)
  }
}
