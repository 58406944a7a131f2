import CoreObjects
import Testing

@testable import Rehearsal

@Suite("The start of a pod") struct StartUpTests {
  private func wait(_ container: JSON, app: Double = 0) -> Double? {
    var spec: JSON = ["name": "c", "image": "i"]
    spec.merge(container)
    let startUp = StartUp(appSeconds: app...app)
    let object: JSON = ["kind": "Deployment", "spec": ["template": ["spec": ["containers": [spec]]]]]
    return startUp.wait(of: startUp.prepare(object)[.spec][.template], chance: 0.5)
  }

  @Test("lasts until the first probe that comes when the application is up, and has been answered often enough")
  func probes() {
    #expect(wait([:]) == nil, "a container without probes is ready when it runs")
    #expect(wait([:], app: 45) == 45)
    #expect(wait(["readinessProbe": ["initialDelaySeconds": 5, "periodSeconds": 10]]) == 5)
    #expect(wait(["readinessProbe": ["initialDelaySeconds": 5, "periodSeconds": 10]], app: 45) == 45)
    #expect(wait(["readinessProbe": ["periodSeconds": 10]], app: 45) == 50)
    #expect(wait(["readinessProbe": ["periodSeconds": 10, "successThreshold": 3]], app: 45) == 70)
    #expect(wait(["startupProbe": ["periodSeconds": 30], "readinessProbe": ["periodSeconds": 7]], app: 45) == 63)
  }

  @Test("leaves a probe that gives up before the application is up, and says so")
  func impatient() {
    func kept(_ probes: JSON, app: Double) -> [String] {
      let pod: JSON = ["kind": "Pod", "spec": ["containers": [probes]]]
      let startUp = StartUp(appSeconds: 5...app)
      let left = startUp.prepare(pod)[.spec][.containers][0].members.map(\.key.name)
      #expect(startUp.warnings(pod).count == left.count, "\(startUp.warnings(pod))")
      return left
    }
    let startup: JSON = ["periodSeconds": 5, "failureThreshold": 3]
    #expect(kept(["startupProbe": startup, "livenessProbe": [:]], app: 45) == ["startupProbe"])
    #expect(kept(["startupProbe": startup, "livenessProbe": [:]], app: 10).isEmpty, "the third comes after 10 s")
    #expect(kept(["livenessProbe": ["initialDelaySeconds": 20]], app: 45) == ["livenessProbe"])
    #expect(kept(["livenessProbe": ["initialDelaySeconds": 25]], app: 45).isEmpty)
    let job: JSON = [
      "kind": "CronJob",
      "spec": ["jobTemplate": ["spec": ["template": ["spec": ["containers": [["name": "c", "startupProbe": startup]]]]]]],
    ]
    #expect(
      StartUp(appSeconds: 5...45).warnings(job) == [
        "the startupProbe of container c gives up after 0:10, and the application may take 0:45: it is killed before it is up"
      ])
  }

  @Test("takes the probes away, and leaves everything else")
  func prepared() {
    let pod: JSON = [
      "kind": "Pod",
      "spec": ["containers": [["name": "c", "livenessProbe": ["periodSeconds": 5], "readinessProbe": ["periodSeconds": 5]]]],
    ]
    let prepared = StartUp().prepare(pod)
    #expect(prepared[.spec][.containers][0] == ["name": "c"])
    #expect(prepared[.spec][.readinessGates][0]["conditionType"].string == "wavetank.dev/started")
    let plain: JSON = ["kind": "Deployment", "spec": ["template": ["spec": ["containers": [["name": "c"]]]]]]
    #expect(StartUp().prepare(plain) == plain)
  }
}
