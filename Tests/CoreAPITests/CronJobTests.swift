import CoreObjects
import Testing

@Suite("CronJobs at the API")
struct CronJobTests {
  static let path = "/apis/batch/v1/namespaces/default/cronjobs"

  static func cronJob(_ schedule: String, zone: JSON = .null) -> JSON {
    let pod: JSON = ["restartPolicy": "Never", "containers": [["name": "main", "image": "app:test"]]]
    return [
      "apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": "a"],
      "spec": ["schedule": .string(schedule), "timeZone": zone, "jobTemplate": ["spec": ["template": ["spec": pod]]]],
    ]
  }

  @Test(
    "a time zone that is unknown, empty or Local is a 422 about spec.timeZone",
    arguments: ["Mars/Olympus", "", "Local", "../etc"])
  func unknownZone(name: String) {
    var bench = Bench()
    let answer = bench.send("POST", CronJobTests.path, CronJobTests.cronJob("0 0 * * *", zone: .string(name)))
    #expect(answer.status == 422 && answer.reason == "Invalid")
    #expect(answer.body["details"]["causes"][0]["field"] == "spec.timeZone")
  }

  @Test("the refusal of an unknown time zone names it")
  func unknownZoneText() {
    var bench = Bench()
    let answer = bench.send("POST", CronJobTests.path, CronJobTests.cronJob("0 0 * * *", zone: "Mars/Olympus"))
    #expect(answer.message.contains("unknown time zone Mars/Olympus"))
  }

  @Test("a known time zone is kept")
  func knownZone() {
    var bench = Bench()
    let answer = bench.send("POST", CronJobTests.path, CronJobTests.cronJob("0 0 * * *", zone: "UTC"))
    #expect(answer.status == 201 && answer.body[.spec][.timeZone] == "UTC")
  }

  @Test("a time zone inside the schedule is refused", arguments: ["TZ=UTC 0 0 * * *", "CRON_TZ=Europe/Berlin 0 0 * * *"])
  func zoneInSchedule(schedule: String) {
    var bench = Bench()
    let answer = bench.send("POST", CronJobTests.path, CronJobTests.cronJob(schedule))
    #expect(answer.status == 422 && answer.body["details"]["causes"][0]["field"] == "spec.schedule")
  }
}
