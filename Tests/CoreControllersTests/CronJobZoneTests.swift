import CoreControllers
import CoreObjects
import Foundation
import Testing

@Suite("A CronJob follows its zone through the years")
struct CronJobZoneTests {
  /// 2026 and 2027 in virtual time: each run is ended when it is seen.
  @Test(
    "one run a day at 2:30 by the clock, none in a night that skips it, two in a night that repeats it, as in Berlin",
    arguments: [("Europe/Berlin", 2, 2), ("America/New_York", 2, 0), ("Asia/Kolkata", 0, 0)])
  func twoYears(name: String, skipped: Int, repeated: Int) throws {
    let zones = TimeZoneDatabase { name in FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + name).map { Array($0) } }
    let rules = try #require(zones.rules(name))
    var world = World(CronJobController(zone: { zones.rules($0) }))
    try world.add(
      .cronJobs,
      #"""
      {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"tick"},"spec":{"schedule":"30 2 * * *","timeZone":"\#(name)",
       "concurrencyPolicy":"Forbid","successfulJobsHistoryLimit":0,"failedJobsHistoryLimit":0,
       "jobTemplate":{"spec":{"template":{"spec":{"containers":[]}}}}}}
      """#)
    var runs: [Instant] = []
    for hour in 1...(730 * 24) {
      world.run(until: hour * 3600 - 1)
      for job in world.store.list(.jobs) {
        let minutes = try #require(Int64(job.key.name.dropFirst("tick-".count)))
        runs.append(Instant(seconds: minutes * 60))
        try world.patch(
          .jobs, job.key.name,
          #"{"status":{"completionTime":"\#(world.now.rfc3339)","conditions":[{"type":"Complete","status":"True"}]}}"#)
      }
    }
    #expect(runs == runs.sorted() && Set(runs).count == runs.count)
    for run in runs {
      let local = run.seconds + Int64(rules.offset(at: run))
      #expect((local % 86_400) / 60 == 150)
    }
    #expect(runs.count == 730 - skipped + repeated)
    let days = Dictionary(grouping: runs) { ($0.seconds + Int64(rules.offset(at: $0))) / 86_400 }
    #expect(days.values.filter { $0.count == 2 }.count == repeated)
    #expect(days.count == 730 - skipped)
  }
}
