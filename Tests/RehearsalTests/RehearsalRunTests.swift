import CoreAPI
import CoreLoad
import CoreObjects
import CoreReport
import Rehearsal
import Simulation
import Testing

@Suite("A rehearsal") struct RehearsalRunTests {
  @Test("goes up and down with its load, and each change has its reason")
  func upAndDown() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6), (400, 0.1)])
    let record = try setting.play().autoscalers[0]
    #expect(record.desired.values.first == 2 && record.desired.values.max() == 10, RehearsalSetting.replay)
    #expect(record.desired.last == 2, RehearsalSetting.replay)
    #expect(record.decisions.contains { $0.from == 2 && $0.to == 4 && $0.sentence.contains("ScaleUpLimit stops at 4") })
    #expect(record.holds.contains { $0.reason == .window } && record.holds.contains { $0.reason == .policy })
    let shares = record.pods.prefix(2).map { $0.usage.values.first }
    #expect(shares == [0.05, 0.05])
  }

  @Test("of one seed is the same twice")
  func sameTwice() throws {
    var setting = RehearsalSetting()
    setting.startUp = StartUp(appSeconds: 5...60)
    try setting.load(cpu: [(0, 0.1), (60, 0.9), (500, 0.2)])
    let (one, two) = (try setting.play().autoscalers[0], try setting.play().autoscalers[0])
    #expect(one.decisions == two.decisions && one.ready == two.ready && one.figures == two.figures, RehearsalSetting.replay)
  }

  @Test("does what another autoscaler would have done, and nothing else changes")
  func against() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6)])
    let input = try setting.input()
    let other = try RehearsalSetting.objects(setting.autoscaler("other", most: 4), file: "new.yaml")
    let record = try RehearsalRun.play(input, name: "new.yaml", replacing: other).autoscalers[0]
    #expect(record.current.values.max() == 4 && record.holds.contains { $0.reason == .limit }, RehearsalSetting.replay)
  }

  @Test("of pods that start slowly has them ready when they are up, and the load stays on the others until then")
  func startUp() throws {
    var setting = RehearsalSetting()
    setting.startUp = StartUp(appSeconds: 45...45)
    try setting.load(cpu: [(0, 0.1), (60, 0.3)])
    let record = try setting.play().autoscalers[0]
    let grown = try #require(record.current.seconds.first { $0 > 0 })
    let ready = try #require(record.ready.seconds.first { $0 > 0 })
    // A container says in whole seconds when it started.
    #expect((44...50).contains(ready - grown), "\(grown) \(ready)")
  }

  @Test(
    "has what is due at its own time: init containers end after a second each, applications are up when they are"
  )
  func dues() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (60, 0.3)])
    func growth() throws -> Double {
      let record = try setting.play().autoscalers[0]
      let grown = try #require(record.current.seconds.first { $0 > 0 })
      return try #require(record.ready.seconds.first { $0 > 0 }) - grown
    }
    #expect(try growth() < 1)
    setting.startUp = StartUp(appSeconds: 3...3)
    #expect((2...4).contains(try growth()), "a container says in whole seconds when it started")
    setting.startUp = StartUp()
    let inits = (1...5).map { "      - {name: init-\($0), image: busybox}\n" }.joined()
    setting.deployment = setting.deployment.replacing(
      "      containers:", with: "      initContainers:\n\(inits)      containers:")
    #expect((5...7).contains(try growth()), RehearsalSetting.replay)
  }

  @Test("of containers that look every five minutes for what a job has left them shows it at their next look")
  func rereads() throws {
    var setting = RehearsalSetting()
    setting.metrics = "[{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}]"
    var model = LoadModel(.ticked(everySeconds: 60, base: 0, grain: 1))
    model.lag = .init(rereadSeconds: 300)
    let shape = try LoadShape.points([(second: 0, level: 0), (second: 60, level: 1e6)], isLinear: false)
    setting.loads = [RehearsalLoad(metric: "memory", shape: shape, model: model, place: "--load memory")]
    let pod = try #require(try setting.play().autoscalers[0].pods.first)
    // They were started less than a minute before second 0.
    let seen = try #require(zip(pod.usage.seconds, pod.usage.values).first { $1 == 5e5 }?.0)
    #expect((241...270).contains(seen), "\(seen)")
  }

  @Test(
    "counts the processor time that a load takes between two scrapes, and what of it is unmet, from the load's own moments on")
  func bursts() throws {
    var setting = RehearsalSetting()
    // Ten seconds of 1 core on two pods of 200m each, of which both have 100m otherwise.
    try setting.load(cpu: [(0, 0.1), (301, 1), (311, 0.1)])
    let record = try setting.play().autoscalers[0]
    #expect(record.current.values == [2, 4, 5, 2], "\(record.current) \(RehearsalSetting.replay)")
    let load = record.loads[0]
    #expect(Array(zip(load.offered.seconds, load.offered.values)).map { "\($0) \($1)" } == ["0.0 0.1", "301.0 1.0", "311.0 0.1"])
    #expect(load.unmet.values == [0, 0.6, 0] && load.unmet.seconds == [0, 301, 311], "\(load.unmet)")
    #expect(abs((record.figures.unmetShare ?? 0) - 6.0 / (0.1 * 890 + 10)) < 1e-9)
    // All of it lies between two scrapes: 200m for ten seconds and 50m for five.
    #expect(record.metrics[0].value.values.max() == 150, "\(record.metrics[0].value) \(RehearsalSetting.replay)")
  }

  @Test("kills a container whose memory was above its limit between two scrapes")
  func peak() throws {
    var setting = RehearsalSetting()
    setting.metrics = "[{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}]"
    try setting.load(cpu: [(0, 50 * 1_048_576), (301, 200 * 1_048_576), (302, 60 * 1_048_576)], "memory", .perPod)
    let run = try setting.play()
    #expect(run.autoscalers[0].figures.outOfMemoryKills == 2, RehearsalSetting.replay)
    #expect(run.events.contains { $0.text.contains("200Mi of 128Mi") } && run.autoscalers[0].ready.last == 2)
  }

  @Test("has no memory load met while none of its pods is ready")
  func unmetMemory() throws {
    var setting = RehearsalSetting()
    setting.metrics = "[{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}]"
    try setting.load(cpu: [(0, 100 * 1_048_576), (300, 900 * 1_048_576)], "memory")
    let record = try setting.play().autoscalers[0]
    #expect(
      record.ready.values.contains(0) && (record.figures.unmetShare ?? 0) > 0.2, "\(record.ready) \(RehearsalSetting.replay)")
  }

  @Test("kills a container that holds more memory than its limit, counts it, and tells of it")
  func outOfMemory() throws {
    var setting = RehearsalSetting()
    setting.metrics = "[{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}]"
    try setting.load(cpu: [(0, 50 * 1_048_576), (300, 200 * 1_048_576), (330, 60 * 1_048_576)], "memory", .perPod)
    let run = try setting.play()
    #expect(run.autoscalers[0].figures.outOfMemoryKills >= 2, RehearsalSetting.replay)
    #expect(run.events.contains { $0.kind == .outOfMemory && $0.text.contains("200Mi of 128Mi") })
  }

  @Test("reads a queue from outside: work that waits brings pods, and they go when it is done")
  func queue() throws {
    var setting = RehearsalSetting()
    setting.metrics = "[{type: External, external: {metric: {name: jobs}, target: {type: AverageValue, averageValue: \"30\"}}}]"
    setting.seconds = 1800
    try setting.load(cpu: [(0, 1), (300, 20), (600, 1)], "jobs", .queue(perPodPerSecond: 2))
    let record = try setting.play().autoscalers[0]
    #expect(record.current.values.max() == 10 && record.desired.last == 2, RehearsalSetting.replay)
    #expect((record.loads[0].unmet.values.max() ?? 0) > 300)
  }

  @Test("goes to zero and comes back where the feature is on, and is refused where it is off")
  func scaleToZero() throws {
    var setting = RehearsalSetting()
    setting.least = 0
    setting.metrics = "[{type: External, external: {metric: {name: jobs}, target: {type: AverageValue, averageValue: \"30\"}}}]"
    setting.seconds = 1800
    try setting.load(cpu: [(0, 10), (60, 0), (900, 90)], "jobs")
    var input = try setting.input()
    #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "off") }
    input.featureGates = [.hpaScaleToZero]
    let record = try RehearsalRun.play(input, name: "on").autoscalers[0]
    #expect(record.desired.values.suffix(2) == [0, 3] || record.desired.last == 3 && record.desired.values.contains(0))
    let zero = try #require(zip(record.current.seconds, record.current.values).first { $0.1 == 0 })
    #expect(zero.0 > 300 && zero.0 < 500, RehearsalSetting.replay)
  }

  @Test("reads metrics of pods and of objects")
  func otherMetrics() throws {
    var setting = RehearsalSetting()
    setting.metrics = """
      [{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: "100"}}},
       {type: Object, object: {metric: {name: open}, describedObject: {apiVersion: v1, kind: Service, name: web}, target: {type: Value, value: "50"}}}]
      """
    try setting.load(cpu: [(0, 200), (300, 500)], "rps")
    try setting.load(cpu: [(0, 50), (600, 70)], "open")
    let record = try setting.play().autoscalers[0]
    #expect(record.metrics.map(\.unit) == [.number, .number])
    #expect(record.current.values.max() ?? 0 >= 5, RehearsalSetting.replay)
    #expect(record.metrics[0].value.values.first == 100 && record.metrics[1].value.last == 70)
  }

  @Test("uses what KWOK's annotations say where no load speaks of a pod, and refuses what is no amount")
  func annotations() throws {
    var setting = RehearsalSetting()
    setting.deployment = setting.deployment.replacing(
      "metadata: {labels: {app: web}}", with: "metadata: {labels: {app: web}, annotations: {kwok.x-k8s.io/usage-cpu: 90m}}")
    let record = try setting.play().autoscalers[0]
    #expect(record.metrics[0].value.values.first == 90 && record.desired.last == 10, RehearsalSetting.replay)
    setting.deployment = setting.deployment.replacing("90m", with: "much")
    let problem = #expect(throws: RehearsalError.self) { try setting.play() }
    #expect(problem?.description == "app.yaml:1: annotation kwok.x-k8s.io/usage-cpu: \"much\" is no quantity")
  }

  @Test("scales nothing while samples are missing, and says so")
  func missingMetrics() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6)])
    setting.steps = [RehearsalStep(60, .silence(try ObjectReferenceText("deploy/web", at: ""), seconds: 300), at: "s.yaml:1")]
    let record = try setting.play().autoscalers[0]
    let hold = try #require(record.holds.first { $0.reason == .missingMetrics })
    #expect(hold.from > 60 && hold.to > 330, RehearsalSetting.replay)
    let first = try #require(record.desired.seconds.first { $0 > 0 })
    #expect(first > 330)
  }

  @Test("takes steps at their times: a scale by hand is undone by the autoscaler, a lost node's pods come again")
  func steps() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1)])
    let web = try ObjectReferenceText("deployment/web", at: "")
    setting.steps = [
      RehearsalStep(100, .scale(web, replicas: 12), at: ""), RehearsalStep(200, .crash(web, count: 1, code: 3), at: ""),
    ]
    let run = try setting.play()
    #expect(run.autoscalers[0].desired.values.contains(12) && run.autoscalers[0].desired.values.contains(10))
    #expect(run.events.map(\.kind) == [.step, .step, .crash], RehearsalSetting.replay)
    #expect(run.autoscalers[0].ready.values.contains { $0 < 10 && $0 > 2 })
  }

  @Test("tells once of each pod that a budget keeps on a drained node, and of a target that is gone")
  func refusals() throws {
    var setting = RehearsalSetting()
    setting.steps = [
      RehearsalStep(60, .drain(node: "node-1"), at: ""),
      RehearsalStep(300, .delete(try ObjectReferenceText("deploy/web", at: "")), at: ""),
    ]
    var input = try setting.input()
    input.nodes = VirtualNode.workers(1, cpuMillicores: 4000, memoryBytes: 1 << 32)
    input.objects += try RehearsalSetting.objects(
      """
      apiVersion: policy/v1
      kind: PodDisruptionBudget
      metadata: {name: web}
      spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
      """)
    let run = try RehearsalRun.play(input, name: "today")
    let told = run.events.map(\.text)
    #expect(abs(run.autoscalers[0].figures.podHours - 2 * 300 / 3600) < 0.01, "\(run.autoscalers[0].figures.podHours)")
    #expect(told.count { $0.contains("stays on node-1: ") } == 2, RehearsalSetting.replay)
    #expect(told.count { $0.hasPrefix("web finds no target: ") } == 1 && told.count == 5, "\(told)")
  }

  @Test("loses the pods of a node that is killed: 50 s later they are not ready, five minutes later there are others elsewhere")
  func killedNode() throws {
    var setting = RehearsalSetting()
    setting.least = 4
    setting.seconds = 900
    try setting.load(cpu: [(0, 0.2)])
    setting.steps = [RehearsalStep(120, .kill(node: "node-1"), at: "")]
    var input = try setting.input()
    input.nodes = VirtualNode.workers(2, cpuMillicores: 4000, memoryBytes: 1 << 32)
    let run = try RehearsalRun.play(input, name: "today")
    let ready = run.autoscalers[0].ready
    let load = run.autoscalers[0].loads[0].unmet
    #expect(abs((load.level(at: 121) ?? 0) - 0.1) < 1e-9 && load.level(at: 180) == 0, "half of its processes: \(load)")
    let lost = try #require(zip(ready.seconds, ready.values).first { $0.0 > 120 && $0.1 < 4 })
    #expect(lost.0 < 180 && ready.last == 4, "\(ready) \(RehearsalSetting.replay)")
    let other = try #require(run.podsOnNodes.first { $0.node == "node-2" }?.pods)
    #expect(other.last == 4 && zip(other.seconds, other.values).contains { $0.0 > 460 && $0.0 < 500 && $0.1 > 2 }, "\(other)")
  }

  @Test("waits for a sidecar whose startup probe has to be answered first, and then for the application")
  func sidecar() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (60, 0.3)])
    setting.startUp = StartUp(appSeconds: 45...45)
    let proxy =
      "{name: proxy, image: p, restartPolicy: Always, resources: {requests: {cpu: 1m}}, startupProbe: {tcpSocket: {port: 80}, periodSeconds: 7, failureThreshold: 9}}"
    setting.deployment = setting.deployment.replacing(
      "      containers:", with: "      initContainers:\n      - \(proxy)\n      containers:")
    let record = try setting.play().autoscalers[0]
    let grown = try #require(record.current.seconds.first { $0 > 0 })
    let ready = try #require(record.ready.seconds.first { $0 > 0 })
    #expect((94...96).contains(ready - grown), "49 s and 45 s: \(ready - grown) \(RehearsalSetting.replay)")
  }

  @Test("has a container killed again and again whose startup probe gives up before its application is up, and says so")
  func impatientProbe() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (60, 0.9)])
    let probe = "\n        startupProbe: {tcpSocket: {port: 80}, periodSeconds: 5, failureThreshold: 3}"
    var other = setting
    other.deployment += probe
    other.startUp = StartUp(appSeconds: 45...45)
    let problem = #expect(throws: RehearsalError.self) { try other.play() }
    let said =
      "the startupProbe of container web gives up after 0:10, and the application takes 0:45: it is killed before it is up"
    #expect(problem?.message.contains("CrashLoopBackOff") == true && problem?.message.hasSuffix(said) == true, "\(problem!)")
    // Some of its pods are up in time.
    other.startUp = StartUp(appSeconds: 0...14)
    other.seconds = 1800
    let run = try other.play()
    #expect(run.events.first?.text.contains("may take 0:14") == true && run.events.first?.second == 0, "\(run.events)")
    #expect(run.events.contains { $0.text.contains("CrashLoopBackOff") }, "\(run.events) \(RehearsalSetting.replay)")
  }

  @Test("tells of a Job's pod that finds no node, and counts pods that no autoscaler has until they are over")
  func otherPods() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1)])
    func job(_ name: String, _ cpu: Int) -> String {
      """
      ---
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: \(name)}
      spec:
        schedule: "*/5 * * * *"
        jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b, resources: {requests: {cpu: \(cpu)}}}]}}}}

      """
    }
    var input = try setting.input(job("small", 1) + job("large", 5))
    input.nodes = VirtualNode.workers(1, cpuMillicores: 4000, memoryBytes: 1 << 32)
    let run = try RehearsalRun.play(input, name: "today")
    #expect(run.events.contains { $0.text.hasPrefix("large-") && $0.text.contains("Insufficient cpu") }, "\(run.events)")
    let pods = try #require(run.podsOnNodes.first?.pods)
    #expect(pods.values.max() == 3 && pods.last == 2, "\(pods) \(RehearsalSetting.replay)")
  }

  @Test("says that a load has no sample, and not how programs on a cluster are asked for theirs")
  func silentLoad() throws {
    for (metric, type) in [("cpu", "Resource, resource: {name: cpu"), ("rps", "Pods, pods: {metric: {name: rps}")] {
      var setting = RehearsalSetting()
      setting.metrics = "[{type: \(type), target: {type: AverageValue, averageValue: 1}}}]"
      var series = LoadSeries()
      for (second, level) in [(0, 2), (120, .nan), (400, 2)] as [(Double, Double)] { series.append(level, at: second) }
      let model = LoadModel(.shared(base: 0, reachesUnready: false))
      setting.loads = [RehearsalLoad(metric: metric, shape: .series(series), model: model, place: "--load")]
      let sentences = try setting.play().autoscalers[0].decisions.map(\.sentence)
      #expect(sentences.contains("metrics cannot be read: the load \(metric) has no sample"), "\(sentences)")
      #expect(!sentences.contains { $0.contains("failed to get") }, "\(sentences)")
    }
  }

  @Test("records other metrics of an autoscaler that is changed as series of their own")
  func changedMetrics() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.2)])
    var other = setting
    other.metrics = "[{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 50m}}}]"
    setting.steps = [RehearsalStep(300, .apply(try RehearsalSetting.objects(other.autoscaler())), at: "")]
    let metrics = try setting.play().autoscalers[0].metrics
    #expect(metrics.map(\.unit) == [.percent, .cores] && metrics.map(\.target) == [60, 0.05])
    #expect(metrics[0].value.last?.isNaN == true && metrics[1].value.last == 0.05, "\(metrics) \(RehearsalSetting.replay)")
  }

  @Test("evicts nothing any more from a node that is restored after a drain")
  func restore() throws {
    var setting = RehearsalSetting()
    setting.startUp = StartUp(appSeconds: 20...20)
    try setting.load(cpu: [(0, 0.13)])
    setting.steps = [
      RehearsalStep(60, .drain(node: "node-1"), at: ""), RehearsalStep(200, .restore(node: "node-1"), at: ""),
      RehearsalStep(210, .drain(node: "node-2"), at: ""),
    ]
    var input = try setting.input()
    input.nodes = VirtualNode.workers(2, cpuMillicores: 4000, memoryBytes: 1 << 32)
    let record = try RehearsalRun.play(input, name: "today").autoscalers[0]
    #expect(record.ready.last == 2 && (record.ready.seconds.last { $0 < 890 } ?? 900) < 300, RehearsalSetting.replay)
  }

  @Test(
    "with a step that would change nothing is refused where the step stands",
    arguments: [
      ("deploy/nope", "there is no deploy/nope then"), ("hpa/web", "hpa/web has no pods"), ("pod/x", "there is no pod/x then"),
    ])
  func idleSteps(target: String, message: String) throws {
    let object = try ObjectReferenceText(target, at: "")
    for action in [RehearsalStep.Action.crash(object, count: 1, code: 1), .silence(object, seconds: 5)] {
      var setting = RehearsalSetting()
      setting.steps = [RehearsalStep(30, action, at: "s.yaml:9")]
      let problem = #expect(throws: RehearsalError.self) { try setting.play() }
      #expect(problem?.description == "s.yaml:9: " + message)
    }
    let web = try ObjectReferenceText("deploy/web", at: "")
    for (action, message) in [
      (RehearsalStep.Action.image(web, container: "nope", image: "i"), "deploy/web has no container 'nope'"),
      (.patch(web, merge: ["spec": ["replica": 3]]), "unknown field \"spec.replica\""),
    ] {
      var setting = RehearsalSetting()
      setting.steps = [RehearsalStep(30, action, at: "s.yaml:9")]
      let problem = #expect(throws: RehearsalError.self) { try setting.play() }
      #expect(problem?.place == "s.yaml:9" && problem?.message.contains(message) == true)
    }
  }

  @Test("that cannot be played says in one line why, and where")
  func problems() throws {
    func problem(_ change: (inout RehearsalSetting) throws -> Void, _ more: String = "") -> String {
      var setting = RehearsalSetting()
      do {
        try setting.load(cpu: [(0, 0.1)])
        try change(&setting)
        _ = try RehearsalRun.play(setting.input(more), name: "today")
        return ""
      } catch { return "\(error)" }
    }
    #expect(problem { _ in } == "")
    #expect(
      problem { try $0.load(cpu: [(0, 1)], "memory") } == "--load memory: no autoscaler reads the metric 'memory': web reads cpu")
    #expect(
      problem { $0.target = "wep" }.hasPrefix(
        "hpa.yaml:1: HorizontalPodAutoscaler web scales Deployment wep of apps/v1 in default, which is not"))
    var daemons = try RehearsalSetting().input()
    daemons.objects[0].tree.put(.kind, "DaemonSet")
    daemons.objects[0].tree[.spec].remove("replicas")
    daemons.objects[1].tree[.spec][.scaleTargetRef].put(.kind, "DaemonSet")
    let scaleless = #expect(throws: RehearsalError.self) { try RehearsalRun.play(daemons, name: "today") }
    #expect(scaleless?.message == "HorizontalPodAutoscaler web scales DaemonSet web, whose kind has no scale")
    let rival = RehearsalSetting().autoscaler("rival").replacing("Deployment, name: web", with: "Deployment, name: api")
    #expect(problem({ _ in }, rival).contains("several autoscalers read the metric 'cpu': name one of web, rival"))
    let refused = problem { $0.deployment = $0.deployment.replacing("replicas: 2", with: "replicas: -2") }
    #expect(refused.hasPrefix("app.yaml:1: ") && refused.contains("spec.replicas"), "\(refused)")
    let misspelt = problem { $0.deployment = $0.deployment.replacing("replicas: 2", with: "replcias: 2") }
    #expect(misspelt.contains("unknown field \"spec.replcias\""), "\(misspelt)")
    let stuck = problem { $0.deployment += "\n      nodeSelector: {disk: ssd}" }
    #expect(stuck.contains("Deployment web is not ready after 900 s"), "\(stuck)")
  }
}

extension String {
  fileprivate func replacing(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
