import CoreControllers
import CoreLoad
import CoreObjects
import CoreReport
import EdgeClient
import Rehearsal
import Synchronization
import Testing

private struct LostError: Error {}

/// A cluster that tells no decisions, as all that are not of this process.
private struct TacitCluster: ClusterAccess {
  let cluster: SimulatedAccess

  /// From when on, and until when, nobody answers.
  var isLost: @Sendable (Instant) -> Bool = { _ in false }

  func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) async throws -> ClusterAnswer
  {
    if isLost(now) { throw LostError() }
    return cluster.request(method, path, query: query, contentType: contentType, body: body)
  }
  func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) async throws -> @Sendable () -> Void { try cluster.watch(path, choice, from: revision, receive: receive) }
  var now: Instant { cluster.now }
  func wait(_ duration: Duration) async throws {
    try Task.checkCancellation()
    cluster.wait(duration)
  }
  func decision(ofAutoscaler name: String, namespace: String) -> Decision? { nil }
}

/// The practice as a rehearsal, played on a cluster in virtual time whose images do what the real ones do.
private struct LivePractice {
  let practice: SimulatedPractice
  var input: RehearsalInput
  private let said = Lines()

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  init(minutes: Double = 150, steps: [RehearsalStep] = []) throws {
    practice = try SimulatedPractice(seed: 1)
    input = RehearsalInput(
      objects: practice.manifests.map { ManifestObject($0, file: "practice.yaml", line: 1) }, seconds: minutes * 60)
    input.begins = try CronSchedule("*/5 * * * *")
    let mebi = Double(1 << 20)
    var model = LoadModel(.ticked(everySeconds: 300, base: 2.3 * mebi, grain: mebi))
    model.lag = .init(delaySeconds: 1, rereadSeconds: 30)
    let points = [(0.0, 0.0), (299, 0), (300, 60), (7740, 308), (7800, 10), (9000, 50)]
    input.loads = [
      RehearsalLoad(
        metric: "memory", shape: try .points(points.map { (second: $0, level: $1 * mebi) }, isLinear: true), model: model,
        place: "practice")
    ]
    input.steps = steps
  }

  var lines: [String] { said.all.withLock { $0 } }

  func play(
    _ access: (any ClusterAccess)? = nil, isOwn: Bool = false
  ) async throws -> (record: RunRecord, beginning: RunBeginning) {
    try await LiveRun.play(input, on: access ?? practice.cluster, name: RunRecord.live, isOwn: isOwn) { [said] line in
      said.all.withLock { $0.append(line) }
    }
  }

  /// What is at a path; null where nothing is.
  func get(_ path: String) -> JSON {
    let answer = practice.cluster.request("GET", path, query: "", contentType: "", body: [])
    return answer.isSuccess ? answer.tree : .null
  }

  func create(_ path: String, _ text: String) {
    _ = practice.cluster.request("POST", path, query: "", contentType: "application/json", body: Array(text.utf8))
  }

  static let core = "/api/v1/namespaces/default"
  static let set = "/apis/apps/v1/namespaces/default/statefulsets/app"
  static let autoscaler = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/app"

  static func step(_ second: Double, _ target: String, _ action: (ObjectReferenceText) -> RehearsalStep.Action) throws
    -> RehearsalStep
  {
    RehearsalStep(second, action(try ObjectReferenceText(target, at: "")), at: "practice.yaml:9")
  }

  static func unload(_ second: Double) throws -> RehearsalStep {
    try step(second, "cm/app") { .patch($0, merge: ["data": ["size": "0"]]) }
  }
}

@Suite("A rehearsal on a cluster", .timeLimit(.minutes(2)))
struct LiveRunTests {
  @Test("of the practice is never more than a pod and 30 seconds from the one under its load, and all that it made is gone")
  func practice() async throws {
    var live = try LivePractice(steps: [try LivePractice.unload(7740)])
    let (record, beginning) = try await live.play()
    #expect(beginning.zero.seconds % 300 == 0 && (65...75).contains(beginning.startedSeconds), "\(beginning)")
    let counts = record.autoscalers[0].desired.values.map { Int($0) }
    #expect(counts.prefix(5) == [1, 2, 3, 4, 5] && counts.last == 1)
    live.input.beginning = beginning
    let simulated = try RehearsalRun.play(live.input, name: RunRecord.simulated)
    let distance = try #require(RunDistance.all(simulated, record).first)
    #expect(distance.pods <= 1 && distance.seconds <= 30 && distance.lonely.0.isEmpty && distance.lonely.1.isEmpty)
    #expect(RunExpectation(.apart(1, within: 30)).rule == .apart(1, within: 30), "\(distance.sentence)")
    for path in [LivePractice.set, LivePractice.autoscaler, LivePractice.core + "/configmaps/app"] {
      #expect(live.get(path).isNull, "\(path)")
    }
    live.practice.cluster.wait(.seconds(60))
    #expect(live.get(LivePractice.core + "/persistentvolumeclaims")[.items].elements.isEmpty)
    #expect(live.lines.contains("practice: this load is simulated only: the containers make their own load of memory"))
  }

  @Test("records what a status tells where the cluster tells no decisions: the same changes, values and reasons")
  func tacit() async throws {
    let telling = try LivePractice(minutes: 140, steps: [LivePractice.unload(7740)])
    let tacit = try LivePractice(minutes: 140, steps: [LivePractice.unload(7740)])
    let (one, _) = try await telling.play()
    let (other, _) = try await tacit.play(TacitCluster(cluster: tacit.practice.cluster))
    let (left, right) = (one.autoscalers[0], other.autoscalers[0])
    #expect(left.desired == right.desired && left.metrics.map(\.name) == right.metrics.map(\.name))
    func changes(_ record: AutoscalerRecord) -> [String] { record.decisions.filter { $0.from != $0.to }.map(\.sentence) }
    // A status that tells of a change tells no more what has held it back before.
    #expect(changes(left).count == changes(right).count && zip(changes(left), changes(right)).allSatisfy { $0.hasPrefix($1) })
    for second in stride(from: 100.0, to: 3500, by: 100) {
      #expect(left.metrics[0].value.level(at: second) == right.metrics[0].value.level(at: second), "at \(second)")
    }
    #expect(
      right.metrics[0].proposed.values.contains(2) && right.holds.contains { $0.reason == .window && $0.to - $0.from > 200 })
  }

  @Test("records pods, their usage and their nodes as a simulated one does")
  func records() async throws {
    let live = try LivePractice(minutes: 20)
    let record = try await live.play().record.autoscalers[0]
    #expect(record.pods.map(\.name) == ["app-0", "app-1"])
    #expect(record.pods[0].usage.values.contains { $0 > Double(62 << 20) && $0 < Double(63 << 20) })
    #expect(record.loads.map(\.name) == ["memory"] && record.figures.unmetShare == nil)
    #expect(record.ready.last == 2 && record.most.values == [5])
  }

  @Test("does the steps that a client can do, says which it cannot do, and sets nodes back")
  func steps() async throws {
    let steps = [
      RehearsalStep(30, .kill(node: "wavetank-worker"), at: "practice.yaml:7"),
      try LivePractice.step(60, "sts/app") { .crash($0, count: 1, code: 1) },
      RehearsalStep(120, .drain(node: "wavetank-worker2"), at: "practice.yaml:8"),
      try LivePractice.step(180, "sts/app") { .image($0, container: nil, image: "app:test") },
      try LivePractice.step(240, "cm/app-job-sh") { .delete($0) },
    ]
    let live = try LivePractice(minutes: 5, steps: steps)
    let record = try await live.play().record
    #expect(record.events.map(\.text).contains("app-0 was deleted"))
    #expect(
      record.events.filter { $0.kind == .step }.map(\.second) == [60, 120, 180, 240], "\(record.events)")
    #expect(live.lines.contains("practice.yaml:7: kill wavetank-worker is simulated only: no request takes a machine away"))
    #expect(live.get("/api/v1/nodes/wavetank-worker2")[.spec]["unschedulable"].bool != true)
  }

  @Test("waits for a cluster that is out of reach for a while, and ends where it stays so")
  func lost() async throws {
    let live = try LivePractice(minutes: 8)
    let cluster = live.practice.cluster
    let begin = cluster.now
    let (record, _) = try await live.play(
      TacitCluster(cluster: cluster) { ((begin + .seconds(400))...(begin + .seconds(460))).contains($0) })
    #expect(record.autoscalers[0].current.values == [1] && record.autoscalers[0].pods.map(\.name) == ["app-0"])
    let again = cluster.now
    await #expect(throws: LostError.self) {
      _ = try await live.play(
        TacitCluster(cluster: cluster) { ((again + .seconds(400))...(again + .seconds(521))).contains($0) })
    }
  }

  @Test("begins only where the cluster holds what the manifests name and do not hold, and names all that it misses")
  func missing() async throws {
    var live = try LivePractice(minutes: 1)
    let place = try #require(live.input.objects.firstIndex { $0.kind == "StatefulSet" })
    let sources: JSON = [
      ["configMapRef": ["name": "there"]], ["secretRef": ["name": "gone"]], ["configMapRef": ["name": "lost"]],
    ]
    var containers = live.input.objects[place].tree[.spec][.template][.spec][.containers].elements
    containers[0].put("envFrom", sources)
    live.input.objects[place].tree[.spec][.template][.spec].put(.containers, .array(containers))
    live.input.objects[place].tree[.spec][.template][.spec].put("imagePullSecrets", [["name": "registry"]])
    live.create(LivePractice.core + "/configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"there"}}"#)
    let early = live
    let error = await #expect(throws: RehearsalError.self) { _ = try await early.play() }
    #expect(error?.message.hasSuffix("hold what pods wait for there: ConfigMap lost, Secret gone") == true, "\(error as Any)")
    #expect(live.get(LivePractice.core + "/configmaps/app").isNull, "nothing was made")
    live.create(LivePractice.core + "/configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"lost"}}"#)
    live.create(LivePractice.core + "/secrets", #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"gone"}}"#)
    _ = try await live.play()
    #expect(live.lines.contains { $0.hasPrefix("in the simulation stand-ins are made of what") })
  }

  @Test("removes what it made also where it is stopped")
  func stopped() async throws {
    let live = try LivePractice()
    let cluster = live.practice.cluster
    let late = cluster.now + .seconds(500)
    let playing = Task {
      try await live.play(
        TacitCluster(cluster: cluster) { now in
          if now > late { withUnsafeCurrentTask { $0?.cancel() } }
          return false
        })
    }
    await #expect(throws: CancellationError.self) { _ = try await playing.value }
    #expect(live.get(LivePractice.set).isNull && live.get(LivePractice.autoscaler).isNull)
  }

  @Test("applies another autoscaler in the place of its own")
  func applies() async throws {
    var autoscaler = try #require(try LivePractice().practice.manifests.first { $0[.kind].string == "HorizontalPodAutoscaler" })
    autoscaler[.spec].put("maxReplicas", 3)
    let step = RehearsalStep(60, .apply([ManifestObject(autoscaler, file: "new.yaml", line: 1)]), at: "practice.yaml:9")
    let live = try LivePractice(minutes: 2, steps: [step])
    let record = try await live.play().record
    #expect(record.autoscalers[0].most.values == [5, 3])
  }

  @Test("tells from the status why a count above the maximum is taken back")
  func lowered() async throws {
    let lower = try LivePractice.step(720, "hpa/app") { .patch($0, merge: ["spec": ["maxReplicas": 1]]) }
    let live = try LivePractice(minutes: 13, steps: [lower])
    let record = try await live.play(TacitCluster(cluster: live.practice.cluster)).record
    let last = try #require(record.autoscalers[0].decisions.last { $0.from != $0.to })
    #expect(last.from == 2 && last.to == 1 && last.sentence == "Current number of replicas above Spec.MaxReplicas")
  }

  @Test("leaves what is there already as it is, and refuses to scale it")
  func present() async throws {
    let live = try LivePractice(minutes: 1)
    live.create(
      LivePractice.core + "/configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"app"},"data":{"mine":"1"}}"#)
    let claims = LivePractice.core + "/persistentvolumeclaims"
    let size = #"{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"300Mi"}}}"#
    live.create(claims, #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data-app-0"},"spec":\#(size)}"#)
    _ = try await live.play()
    #expect(live.get(claims)[.items].elements.map { $0[.metadata][.name].string } == ["data-app-0"])
    #expect(live.get(LivePractice.core + "/configmaps/app")[.data] == ["mine": "1"])
    #expect(live.lines.contains("practice.yaml:1: ConfigMap app is there already and stays as it is"))
    live.practice.cluster.wait(.seconds(60))
    let set = try #require(live.practice.manifests.first { $0[.kind].string == "StatefulSet" })
    live.create("/apis/apps/v1/namespaces/default/statefulsets", set.description)
    await #expect(throws: RehearsalError.self) { _ = try await live.play() }
    #expect(!live.get(LivePractice.set).isNull)
  }

  @Test("ends where the workload is never ready, says what holds it back, and removes it")
  func unready() async throws {
    var live = try LivePractice(minutes: 1)
    live.input.objects.removeAll { $0.kind == "StatefulSet" }
    live.input.objects += try RehearsalSetting.objects(
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: app}
      spec:
        selector: {matchLabels: {app: app}}
        template:
          metadata: {labels: {app: app}}
          spec:
            nodeSelector: {none: "here"}
            containers: [{name: app, image: "app:test", resources: {requests: {memory: 100Mi}}}]
      """)
    let unready = live
    let error = await #expect(throws: RehearsalError.self) { _ = try await unready.play() }
    #expect(error?.message.hasPrefix("app is not ready after 900 s: app-0: 0/3 nodes are available") == true, "\(error as Any)")
    #expect(live.get(LivePractice.set).isNull)
  }
}
