import CoreLoad
import CoreObjects
import Testing

@Suite("A model of load") struct LoadModelTests {
  private func pods(
    _ ready: Int, unready: Int = 0, name: String = "web", age: Double = 100, limit: Double? = nil
  ) -> [LoadPod] {
    (0..<ready + unready).map { LoadPod(name: "\(name)-\($0)", ageSeconds: age, isReady: $0 < ready, limit: limit) }
  }

  @Test("shared: the level is spread over ready pods, each uses its base besides")
  func shared() {
    var play = LoadPlay(LoadModel(.shared(base: 5, reachesUnready: false)))
    let step = play.step(at: 0, level: 90, pods: pods(3, unready: 1))
    #expect(step.usage == [35, 35, 35, 5] && step.offered == 90 && step.served == 90 && step.backlog == 0)
    let none = play.step(at: 1, level: 90, pods: pods(0, unready: 2))
    #expect(none.usage == [5, 5] && none.served == 0 && none.backlog == 90)
    #expect(play.step(at: 2, level: 90, pods: []).backlog == 90)
  }

  @Test("shared as in hpa-cases: pods that are not ready use as much")
  func sharedUnready() {
    var play = LoadPlay(LoadModel(.shared(base: 5, reachesUnready: true)))
    let step = play.step(at: 0, level: 90, pods: pods(3, unready: 1))
    #expect(step.usage == [35, 35, 35, 35] && step.served == 90)
    #expect(play.step(at: 1, level: 90, pods: pods(0, unready: 2)).usage == [95, 95])
  }

  @Test("a pod's limit caps its usage, and what is beyond it is not served")
  func limit() {
    var play = LoadPlay(LoadModel(.shared(base: 10, reachesUnready: false)))
    let step = play.step(at: 0, level: 300, pods: pods(2, limit: 100))
    #expect(step.usage == [100, 100] && step.served == 180 && step.backlog == 120)
  }

  @Test("per pod: more pods do not lower it")
  func perPod() {
    var play = LoadPlay(LoadModel(.perPod))
    let step = play.step(at: 0, level: 40, pods: pods(2, unready: 1))
    #expect(step.usage == [40, 40, 40] && step.offered == 120 && step.served == 120)
  }

  @Test("ticked: shares are set at once every so many seconds, in whole grains; a new pod has none until then")
  func ticked() {
    var play = LoadPlay(LoadModel(.ticked(everySeconds: 60, base: 2, grain: 1)))
    #expect(play.step(at: -1, level: 100, pods: pods(3)).usage == [2, 2, 2])
    #expect(play.step(at: 0, level: 100, pods: pods(3)).usage == [35, 35, 35])
    #expect(play.step(at: 30, level: 500, pods: pods(4)).usage == [35, 35, 35, 2])
    #expect(play.step(at: 59, level: 500, pods: pods(4)).backlog == 401)
    #expect(play.step(at: 61, level: 500, pods: pods(4)).usage == [127, 127, 127, 127], "a step need not hit the moment")
    var cores = LoadPlay(LoadModel(.ticked(everySeconds: 60, base: 0, grain: 0.001)))
    #expect(cores.step(at: 0, level: 0.3, pods: pods(3)).usage == [0.1, 0.1, 0.1])
  }

  @Test("ticked with a lag: the job needs a while, and each container sees what it did at its own next look")
  func lag() {
    var model = LoadModel(.ticked(everySeconds: 60, base: 0, grain: 1))
    model.lag = .init(delaySeconds: 10, rereadSeconds: 30)
    var play = LoadPlay(model)
    #expect(play.step(at: 9, level: 100, pods: pods(2, age: 9)).usage == [0, 0])
    // The last look of one was at 5, that of the other at 11.
    #expect(play.step(at: 15, level: 100, pods: pods(1, age: 10) + pods(1, name: "late", age: 4)).usage == [0, 50])
    #expect(play.step(at: 35, level: 900, pods: pods(1, age: 30) + pods(1, name: "late", age: 24)).usage == [50, 50])
    #expect(play.step(at: 65, level: 900, pods: pods(1, age: 60) + pods(1, name: "late", age: 54)).usage == [50, 50])
    model.lag.podSeconds = 4
    var slow = LoadPlay(model)
    #expect(slow.step(at: 15, level: 100, pods: pods(2, age: 0)).usage == [50, 0], "one pod after the other")
    #expect(slow.step(at: 45, level: 100, pods: pods(2, age: 30)).usage == [50, 50])
    #expect(play.step(at: 100, level: 900, pods: pods(1, age: 95) + pods(2, name: "late", age: 89)).usage == [300, 300, 300])
  }

  @Test("queue: what arrives and is not done waits, and is worked off later")
  func queue() {
    var play = LoadPlay(LoadModel(.queue(perPodPerSecond: 10)))
    #expect(play.step(at: 0, level: 50, pods: pods(2)).backlog == 0)
    let step = play.step(at: 15, level: 50, pods: pods(2, unready: 3))
    #expect(step.backlog == 450 && step.served == 20 && step.offered == 50 && step.usage == [nil, nil, nil, nil, nil])
    #expect(play.step(at: 30, level: nil, pods: pods(4)).backlog == 0)
    #expect(play.step(at: 45, level: 0, pods: pods(4)).served == 0)
  }

  @Test("a young pod uses more, and a missing level is a missing sample of every pod")
  func spike() {
    var play = LoadPlay(LoadModel(.shared(base: 0, reachesUnready: false), startSpike: .init(level: 200, seconds: 30)))
    #expect(play.step(at: 0, level: 100, pods: pods(1, age: 29) + pods(1, age: 30)).usage == [250, 50])
    #expect(play.step(at: 1, level: nil, pods: pods(2)).usage == [nil, nil])
  }

  @Test("some pods are missing: by their place in the order of names, or by chance")
  func missing() {
    var play = LoadPlay(LoadModel(.perPod, missing: .divisor(2)))
    let named = ["b", "a", "d", "c"].map { LoadPod(name: $0, ageSeconds: 9, isReady: true) }
    #expect(play.step(at: 0, level: 1, pods: named).usage == [nil, 1, nil, 1])
    var rare = LoadPlay(LoadModel(.perPod, missing: .probability(0.25, seed: 3)))
    var again = rare
    let steps = (0..<400).map { rare.step(at: Double($0 * 15), level: 1, pods: named).usage }
    let count = steps.joined().count { $0 == nil }
    #expect((340...460).contains(count), "\(count) of 1600")
    #expect(again.step(at: 300, level: 1, pods: named).usage == steps[20], "the same whatever was asked before")
    #expect(steps.contains { $0[0] != $0[1] })
  }

  @Test("KWOK's annotations say what a pod uses")
  func kwok() throws {
    let usage = try KWOKUsage(["kwok.x-k8s.io/usage-cpu": "250m", "kwok.x-k8s.io/usage-memory": "64Mi", "other": "x"])
    #expect(usage.cpu == Quantity("250m") && usage.memory == Quantity("64Mi"))
    #expect(try KWOKUsage([:]) == KWOKUsage(.null))
    #expect(throws: LoadError("annotation kwok.x-k8s.io/usage-cpu: \"much\" is no quantity")) {
      try KWOKUsage(["kwok.x-k8s.io/usage-cpu": "much"])
    }
    #expect(throws: LoadError.self) { try KWOKUsage(["kwok.x-k8s.io/usage-memory": "-1"]) }
    let bytes = #expect(throws: LoadError.self) { try KWOKUsage(["kwok.x-k8s.io/usage-cpu": "64Mi"]) }
    #expect(bytes?.message.hasPrefix("annotation kwok.x-k8s.io/usage-cpu: \"64Mi\" is no amount of cpu") == true)
  }
}
