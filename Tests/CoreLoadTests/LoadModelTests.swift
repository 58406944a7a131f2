import CoreLoad
import CoreObjects
import Testing

@Suite("A model of load") struct LoadModelTests {
  private func pods(
    _ ready: Int, unready: Int = 0, name: String = "web", since start: Double = -100, limit: Double? = nil
  ) -> [LoadPod] {
    (0..<ready + unready).map { LoadPod(name: "\(name)-\($0)", startedAt: start, isReady: $0 < ready, limit: limit) }
  }

  private func play(_ kind: LoadModel.Kind, _ level: Double) -> LoadPlay { LoadPlay(LoadModel(kind), .constant(level)) }

  @Test("shared: the level is spread over ready pods, each uses its base besides")
  func shared() {
    var play = play(.shared(base: 5, reachesUnready: false), 90)
    var running = pods(3, unready: 1)
    #expect(play.amounts(at: 0, &running) == [35, 35, 35, 5])
    var none = pods(0, unready: 2)
    #expect(play.amounts(at: 0, &none) == [5, 5])
    #expect(play.told(0, 10, &running) == ["0-10: 90 90 0"])
    #expect(play.told(10, 20, &none) == ["10-20: 90 0 90"])
    var nobody: [LoadPod] = []
    #expect(play.told(20, 30, &nobody) == ["20-30: 90 0 90"])
  }

  @Test("shared as in hpa-cases: pods that are not ready use as much")
  func sharedUnready() {
    var play = play(.shared(base: 5, reachesUnready: true), 90)
    var (running, none) = (pods(3, unready: 1), pods(0, unready: 2))
    #expect(play.amounts(at: 0, &running) == [35, 35, 35, 35] && play.amounts(at: 1, &none) == [95, 95])
    #expect(play.told(1, 2, &running) == ["1-2: 90 90 0"])
  }

  @Test("a pod's limit caps its usage at each moment and not in the mean, and what is beyond it is not served")
  func limit() throws {
    var play = play(.shared(base: 10, reachesUnready: false), 300)
    var running = pods(2, limit: 100)
    #expect(play.told(0, 10, &running) == ["0-10: 300 180 120"])
    #expect(play.amounts(at: 10, &running) == [100, 100])
    // Ten seconds of 4 cores on two pods of 1, and else little.
    let burst = try LoadShape.points(
      [(second: 0, level: 0.6), (second: 601, level: 4), (second: 611, level: 0.6)], isLinear: false)
    var bursting = LoadPlay(LoadModel(.shared(base: 0, reachesUnready: false)), burst)
    var two = pods(2, limit: 1)
    #expect(bursting.told(600, 615, &two) == ["600-601: 0.6 0.6 0", "601-611: 4 2 2", "611-615: 0.6 0.6 0"])
    let mean = try #require(bursting.usage(at: 615, isMean: true, &two)[0])
    #expect(abs(mean.amount - (10 + 5 * 0.3) / 15) < 1e-9 && mean.peak == 1)
    // A line from 0 to 4 in 10 s is beyond 2 for 5 s, by 1 on average.
    let line = try LoadShape.points([(second: 0, level: 0), (second: 10, level: 4)], isLinear: true)
    var rising = LoadPlay(LoadModel(.shared(base: 0, reachesUnready: false)), line)
    #expect(rising.told(0, 10, &two) == ["0-10: 2 1.5 0.5"])
  }

  @Test("a mean is that of the time since the last question, whatever the moment of the question finds")
  func alias() throws {
    var series = LoadSeries()
    for second in stride(from: 0.0, to: 900, by: 15) {
      series.append(1.8, at: second)
      series.append(0, at: second + 8)
    }
    for late in [0.0, 3, 8, 14.9] {
      var play = LoadPlay(LoadModel(.shared(base: 0, reachesUnready: false)), .series(series))
      var running = pods(2)
      play.play(from: 0, to: late, &running)
      _ = play.usage(at: late, isMean: true, &running)
      for beat in 0..<40 {
        let end = late + Double(beat + 1) * 15
        play.play(from: end - 15, to: end, &running)
        let amount = try #require(play.usage(at: end, isMean: true, &running)[1]?.amount)
        #expect(abs(amount - 0.48) < 1e-9, "\(amount) at \(end)")
      }
    }
  }

  @Test("of more stretches between two questions only the mean is told")
  func stretches() {
    var play = LoadPlay(LoadModel(.shared(base: 0, reachesUnready: false)), .sum([.constant(50), .noise(deviation: 9, seed: 2)]))
    var running = pods(2, limit: 25)
    play.play(from: 0, to: 15, &running)
    let all = play.collect()
    let means = (0..<15).map { second in
      var once = LoadPlay(play.model, .sum([.constant(50), .noise(deviation: 9, seed: 2)]))
      return once.level(at: Double(second))!
    }
    #expect(all.count == 1 && all[0].start == 0 && all[0].end == 15)
    #expect(abs(all[0].offered! - means.reduce(0, +) / 15) < 1e-9)
    #expect(abs(all[0].served - means.reduce(0) { $0 + min($1, 50) } / 15) < 1e-9)
    #expect(play.collect().isEmpty)
  }

  @Test("what a pod has lost with its node is unmet for as long as it counts as ready")
  func lost() {
    var play = play(.shared(base: 0, reachesUnready: false), 90)
    var running = pods(3)
    running[1].isLost = true
    #expect(play.told(0, 10, &running) == ["0-10: 90 60 30"] && play.amounts(at: 10, &running) == [30, nil, 30])
    running[1].isReady = false
    #expect(play.told(10, 20, &running) == ["10-20: 90 90 0"] && play.amounts(at: 20, &running) == [45, nil, 45])
    var queue = self.play(.queue(perPodPerSecond: 10), 30)
    running[1].isReady = true
    #expect(queue.told(0, 10, &running) == ["0-10: 30 20 0"] && queue.backlog == 100)
  }

  @Test("per pod: more pods do not lower it")
  func perPod() {
    var play = play(.perPod, 40)
    var running = pods(2, unready: 1)
    #expect(play.amounts(at: 0, &running) == [40, 40, 40])
    #expect(play.told(0, 10, &running) == ["0-10: 120 120 0"])
  }

  @Test("ticked: shares are set at once every so many seconds, in whole grains; a new pod has none until then")
  func ticked() throws {
    let level = try LoadShape.points([(second: 0, level: 100), (second: 30, level: 500)], isLinear: false)
    var play = LoadPlay(LoadModel(.ticked(everySeconds: 60, base: 2, grain: 1)), level)
    var (three, four) = (pods(3), pods(4))
    play.play(from: -15, to: 0, &three)
    #expect(play.amounts(at: 0, &three) == [35, 35, 35])
    play.play(from: 0, to: 30, &three)
    #expect(play.amounts(at: 30, &four) == [35, 35, 35, 2])
    _ = play.collect()
    #expect(play.told(30, 75, &four) == ["30-60: 500 99 401", "60-75: 500 500 0"], "a question need not hit the moment")
    #expect(play.amounts(at: 75, &four) == [127, 127, 127, 127])
    var held = LoadPlay(LoadModel(.ticked(everySeconds: 60, base: 2, grain: 1)), level, isHeld: true)
    #expect(held.told(30, 60, &four) == ["30-60: 500 500 0"], "memory is held, also before the job has spread it")
    var cores = self.play(.ticked(everySeconds: 60, base: 0, grain: 0.001), 0.3)
    #expect(cores.amounts(at: 0, &three) == [0.1, 0.1, 0.1])
  }

  @Test("ticked with a lag: the job needs a while, and each container sees what it did at its own next look")
  func lag() throws {
    let level = try LoadShape.points([(second: 0, level: 100), (second: 20, level: 900)], isLinear: false)
    var model = LoadModel(.ticked(everySeconds: 60, base: 0, grain: 1))
    model.lag = .init(delaySeconds: 10, rereadSeconds: 30)
    var play = LoadPlay(model, level)
    var running = pods(1, since: 5) + pods(1, name: "late", since: 11)
    func amounts(_ from: Double, _ to: Double) -> [Double?] {
      play.play(from: from, to: to, &running)
      return play.amounts(at: to, &running)
    }
    #expect(amounts(0, 9) == [0, 0])
    // One looks at 35 and at 65, the other at 11 and at 41.
    #expect(amounts(9, 15) == [0, 50] && amounts(15, 34) == [0, 50] && amounts(34, 35) == [50, 50])
    #expect(amounts(35, 65) == [50, 50] && amounts(65, 94) == [50, 450] && amounts(94, 95) == [450, 450])
    model.lag.podSeconds = 4
    var slow = LoadPlay(model, level)
    var two = pods(2, since: 15)
    slow.play(from: 0, to: 15, &two)
    #expect(slow.amounts(at: 15, &two) == [50, 0], "one pod after the other")
    slow.play(from: 15, to: 45, &two)
    #expect(slow.usage(at: 45, isMean: true, &two).map(\.?.amount) == [50, 0] && slow.amounts(at: 45, &two) == [50, 50])
  }

  @Test("queue: what arrives and is not done waits, and is worked off later, each from its moment on")
  func queue() throws {
    var play = LoadPlay(
      LoadModel(.queue(perPodPerSecond: 10)), try .points([(second: 0, level: 20), (second: 600, level: 34)], isLinear: false))
    var (two, four) = (pods(2, unready: 3), pods(4))
    #expect(play.told(-15, 0, &two).isEmpty && play.amounts(at: 0, &two) == [nil, nil, nil, nil, nil])
    #expect(play.told(599, 607, &two) == ["599-600: 20 20 0", "600-607: 34 20 0"] && play.backlog == 98)
    #expect(play.told(607, 615, &four) == ["607-615: 34 40 98"] && play.backlog == 50)
    #expect(play.told(615, 630, &four) == ["615-630: 34 \(34 + 50.0 / 15) 50"] && play.backlog == 0)
  }

  @Test("queue: what arrives in a rising line waits from the moment on at which it is more than can be done")
  func risingQueue() throws {
    let line = try LoadShape.points([(second: 0, level: 0), (second: 10, level: 40)], isLinear: true)
    var play = LoadPlay(LoadModel(.queue(perPodPerSecond: 10)), line)
    var two = pods(2)
    // Beyond 20 from 5 s on, by 20 in the end.
    #expect(play.told(0, 10, &two) == ["0-10: 20 15 0"] && play.backlog == 50)
  }

  @Test("a young pod uses more, up to the second, and a missing level is a missing sample of every pod")
  func spike() {
    let model = LoadModel(.shared(base: 0, reachesUnready: false), startSpike: .init(level: 200, seconds: 30))
    var series = LoadSeries()
    series.append(100, at: 0)
    series.append(.nan, at: 40)
    var play = LoadPlay(model, .series(series))
    var running = pods(1, since: 1) + pods(1, since: 0)
    play.play(from: 15, to: 30, &running)
    #expect(play.amounts(at: 30, &running) == [250, 50])
    play.play(from: 30, to: 45, &running)
    #expect(play.usage(at: 39, isMean: true, &running).map(\.?.amount) == [70, 50], "one second of ten")
    #expect(play.amounts(at: 45, &running) == [nil, nil] && play.collect().last?.offered == nil)
  }

  @Test("some pods are missing: by their place in the order of names, or by chance")
  func missing() {
    var play = LoadPlay(LoadModel(.perPod, missing: .divisor(2)), .constant(1))
    var named = ["b", "a", "d", "c"].map { LoadPod(name: $0, startedAt: 0, isReady: true) }
    #expect(play.amounts(at: 0, &named) == [nil, 1, nil, 1])
    var rare = LoadPlay(LoadModel(.perPod, missing: .probability(0.25, seed: 3)), .constant(1))
    var again = rare
    let steps = (0..<400).map { rare.amounts(at: Double($0 * 15), &named) }
    let count = steps.joined().count { $0 == nil }
    #expect((340...460).contains(count), "\(count) of 1600")
    #expect(again.amounts(at: 300, &named) == steps[20], "the same whatever was asked before")
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

extension LoadPlay {
  fileprivate mutating func amounts(at second: Double, _ pods: inout [LoadPod]) -> [Double?] {
    usage(at: second, &pods).map(\.?.amount)
  }

  /// "0-10: offered served unmet" of each stretch.
  fileprivate mutating func told(_ start: Double, _ end: Double, _ pods: inout [LoadPod]) -> [String] {
    play(from: start, to: end, &pods)
    func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
    return collect().map { stretch in
      "\(text(stretch.start))-\(text(stretch.end)): "
        + [stretch.offered ?? -1, stretch.served, stretch.unmet].map(text).joined(separator: " ")
    }
  }
}
