import CoreAPI
import CoreControllers
import CoreEngine
import CoreLoad
import CoreNode
package import CoreObjects
package import CoreReport
import Simulation

/// Plays a rehearsal on a cluster in virtual time: the whole control plane, nodes without containers, and loads in place of the
/// programs. Second 0 is the moment in which the autoscalers and CronJobs are created; the rest is there before, ready and measured.
package struct RehearsalRun: Sendable {
  /// Virtual seconds in which the workload has to be ready before second 0, and those for which it is measured then.
  static let readyLimit = 900
  static let measuredSeconds = 40
  /// How long containers of Jobs run, and init containers.
  static let jobSeconds = 5
  static let initSeconds = 1
  /// Everything begins at this moment, on a full hour, unless another run's beginning is followed.
  package static let usualStart = Instant(rfc3339: "2026-01-01T00:00:00Z")!
  /// Before the manifests are created.
  static let quietSeconds = 5

  let input: RehearsalInput
  private(set) var autoscalers: [ManifestObject]
  var cluster: VirtualCluster
  /// Those of one autoscaler stand together.
  private(set) var bindings: [LoadBinding]
  var plays: [LoadPlay]
  /// Of each autoscaler.
  var fed: [FedPods]
  var recorder: RunRecorder
  /// What is to happen to pods later, the next one last.
  var dues: [PodDue] = []
  /// Workloads of whose pods there is no sample, until when.
  var silences: [(target: ObjectKey, until: Instant)] = []
  /// Nodes from which pods are being evicted.
  var draining: [String] = []
  /// Paths of evictions that were refused, each told once.
  var heldBack: Set<String> = []
  /// What is to be said of probes that give up.
  private var impatience: [String] = []
  /// Chainsaw tests, as far as they are played.
  var tests: [PlayedTest] = []
  /// Those to come, the next one last.
  private var steps: [RehearsalStep] = []
  var random: RandomSource
  /// Second 0; before it is known the load has its first level.
  private(set) var zero = Instant(nanoseconds: .max)
  private var plannedZero: Instant?
  private let start: Instant
  /// When the manifests are created, and when the workload's last container was started then.
  private var createdAt: Instant
  private var startedAt: Instant
  /// A load is told as a metric of pods, objects or from outside.
  let showsMetrics: Bool
  private let autoscalerPlace: Int?

  /// - Parameter replaced: autoscalers in place of those of the input of the same name
  /// - Throws: where an object is refused, a load belongs to nobody, or the workload never gets ready.
  package static func play(
    _ input: RehearsalInput, name: String, replacing replaced: [ManifestObject] = []
  ) throws(RehearsalError) -> RunRecord {
    var run = try RehearsalRun(input, name: name, replaced)
    try run.prepare()
    if let beginning = input.beginning { run = try run.moved(to: beginning, replaced) }
    return try run.finish()
  }

  /// The same run, prepared, but at the times of another one's beginning.
  private func moved(to beginning: RunBeginning, _ replaced: [ManifestObject]) throws(RehearsalError) -> RehearsalRun {
    let created = beginning.zero - .seconds(beginning.startedSeconds) - (startedAt - createdAt)
    // The first scrape comes a period after the start.
    let period = VirtualCluster.scrapePeriod.nanoseconds
    let early = created - .seconds(Self.quietSeconds)
    let past = (early - beginning.scrape).nanoseconds % period
    var run = try RehearsalRun(
      input, name: recorder.record.name, replaced, start: early - .nanoseconds(past < 0 ? past + period : past))
    run.createdAt = created
    run.plannedZero = beginning.zero
    try run.prepare()
    return run
  }

  /// The rest of a run that is prepared.
  mutating func finish() throws(RehearsalError) -> RunRecord {
    for autoscaler in fed.indices { play(autoscaler, to: cluster.now) }
    zero = cluster.now
    for autoscaler in fed.indices { findPods(autoscaler, isAnew: true) }
    recorder.begin(at: zero)
    for text in impatience { recorder.tell(text, .event, at: zero) }
    for object in input.timed + autoscalers { try create(object) }
    try go(to: zero + .seconds(input.seconds))
    endLoads()
    var record = recorder.finish(at: input.seconds)
    record.tests = testResults
    return record
  }

  /// The same run with another autoscaler, if it is the same up to second 0: the same targets and metrics.
  func replacing(_ replaced: [ManifestObject], name: String) throws(RehearsalError) -> RehearsalRun? {
    let others = try Self.autoscalers(of: input, replaced)
    let bound = try Self.bind(input, others)
    guard zip(others, autoscalers).allSatisfy({ $0.tree[.spec][.scaleTargetRef] == $1.tree[.spec][.scaleTargetRef] }),
      zip(others, autoscalers).allSatisfy({ $0.namespace == $1.namespace }), bound.count == bindings.count,
      zip(bound, bindings).allSatisfy({ $0.autoscaler == $1.autoscaler && $0.metric.isSame(as: $1.metric) })
    else { return nil }
    var run = self
    run.autoscalers = others
    run.bindings = bound
    run.recorder.rename(name, others)
    return run
  }

  init(
    _ input: RehearsalInput, name: String, _ replaced: [ManifestObject], start: Instant = usualStart
  ) throws(RehearsalError) {
    self.input = input
    self.start = start
    createdAt = input.creation(from: start + .seconds(Self.quietSeconds))
    startedAt = createdAt
    try input.requireDifferentObjects()
    autoscalers = try Self.autoscalers(of: input, replaced)
    bindings = try Self.bind(input, autoscalers)
    showsMetrics = bindings.contains { !$0.metric.isResource }
    plays = bindings.map { bound in
      LoadPlay(bound.load.model, bound.load.shape, isHeld: bound.metric.isResource && bound.metric.name == "memory")
    }
    fed = FedPods.all(bindings, autoscalers: autoscalers.count)
    random = RandomSource(seed: input.seed &+ 0x5EED)
    cluster = VirtualCluster(
      seed: input.seed, nodes: input.nodes, start: start, timeZones: input.timeZones,
      featureGates: input.featureGates
    ) { controllers in
      controllers.map { controller in
        // A test may ask a status for them.
        controller is HorizontalPodAutoscalerController
          ? HorizontalPodAutoscalerController(tellsMetrics: !input.tests.isEmpty, decisionLimit: 1) : controller
      }
    }
    cluster.appends = []
    cluster.nodes.anyProgram = .idle(memoryBytes: 1 << 20)
    recorder = RunRecorder(name: name, seconds: input.seconds, autoscalers)
    autoscalerPlace = cluster.engine.controllers.firstIndex { $0 is HorizontalPodAutoscalerController }
  }

  private static func autoscalers(
    of input: RehearsalInput, _ replaced: [ManifestObject]
  ) throws(RehearsalError) -> [ManifestObject] {
    let own = input.objects.filter(\.isAutoscaler)
    for autoscaler in replaced where !own.contains(where: { $0.name == autoscaler.name && $0.namespace == autoscaler.namespace })
    {
      if own.count == 1, replaced.count == 1 { continue }
      let all = own + [autoscaler]
      throw RehearsalError(
        "HorizontalPodAutoscaler \(all.name(of: autoscaler)) takes the place of none: the manifests have "
          + (own.isEmpty ? "none" : own.map(all.name).joined(separator: ", ")), at: autoscaler.place)
    }
    let isOnly = own.count == 1 && replaced.count == 1
    let autoscalers =
      own.isEmpty
      ? replaced
      : own.map { old in
        replaced.first { isOnly || ($0.name == old.name && $0.namespace == old.namespace) } ?? old
      }
    if autoscalers.isEmpty { throw RehearsalError("there is no HorizontalPodAutoscaler among the manifests") }
    for autoscaler in autoscalers { try autoscaler.requireOwnTarget(among: autoscalers) }
    return autoscalers
  }

  private static func bind(_ input: RehearsalInput, _ autoscalers: [ManifestObject]) throws(RehearsalError) -> [LoadBinding] {
    try LoadBinding.bind(input.loads, to: autoscalers, besides: input.objects.filter(\.isAutoscaler) + input.alternatives)
      .enumerated()
      .sorted { ($0.element.autoscaler, $0.offset) < ($1.element.autoscaler, $1.offset) }.map(\.element)
  }

  // MARK: The beginning

  /// Everything before second 0: the workload is ready and measured.
  mutating func prepare() throws(RehearsalError) {
    cluster.run(until: createdAt)
    for object in input.early(with: input.standIns.objects) {
      try requireAnnotations(object)
      try create(object)
    }
    for object in input.timed { try requireAnnotations(object) }
    for autoscaler in autoscalers { try requireTarget(of: autoscaler) }
    try waitUntilReady()
    startedAt = recorder.lastStart ?? cluster.now
    advance(to: plannedZero ?? input.beginning(from: cluster.now + .seconds(Self.measuredSeconds)))
  }

  private func requireAnnotations(_ object: ManifestObject) throws(RehearsalError) {
    for annotations in [object.tree[.metadata][.annotations], object.tree[.spec][.template][.metadata][.annotations]] {
      do throws(LoadError) { _ = try KWOKUsage(annotations) } catch { throw RehearsalError(error.description, at: object.place) }
    }
  }

  mutating func create(_ object: ManifestObject) throws(RehearsalError) {
    guard let path = Resources.collectionPath(of: object.tree) else {
      throw RehearsalError(
        "\(object.title): \(object.tree[.apiVersion].string ?? "no apiVersion") is not served", at: object.place)
    }
    for warning in input.startUp.warnings(object.tree) {
      impatience.append("\(object.title): \(warning)")
      // Before second 0 this is not told yet.
      recorder.tell(impatience.last!, .event, at: cluster.now)
    }
    let tree = input.startUp.prepare(StandIns.mountable(object))
    var answer = ask("POST", path, "fieldValidation=Strict", "application/json", tree)
    // What every cluster has already, such as the ServiceAccount default.
    if answer.status == 409 {
      answer = ask(
        "PATCH", path + "/" + object.name, "fieldManager=rehearse&force=true", "application/apply-patch+yaml", tree)
    }
    if answer.status >= 300 {
      throw RehearsalError(answer.tree[.message].string ?? "\(object.title) was refused with \(answer.status)", at: object.place)
    }
  }

  mutating func ask(
    _ method: String, _ path: String, _ query: String, _ contentType: String, _ tree: JSON
  ) -> ClusterAnswer {
    guard
      case .body(let status, _, let chunks, _) = cluster.request(
        method, path, query: query, contentType: contentType, body: tree.encoded())
    else { return ClusterAnswer(status: 500, body: []) }
    return ClusterAnswer(status: status, body: Array(chunks.joined()))
  }

  private func requireTarget(of autoscaler: ManifestObject) throws(RehearsalError) {
    let reference = autoscaler.tree[.spec][.scaleTargetRef]
    guard target(of: autoscaler) == nil else { return }
    let version = reference[.apiVersion].string ?? ""
    let title = "\(reference[.kind].string ?? "") \(reference[.name].string ?? "")"
    if input.target(of: autoscaler)?.tree[.apiVersion] == reference[.apiVersion] {
      throw RehearsalError("\(autoscaler.title) scales \(title), whose kind has no scale", at: autoscaler.place)
    }
    throw RehearsalError(
      "\(autoscaler.title) scales \(title) of \(version) in \(autoscaler.namespace), which is not among the manifests",
      at: autoscaler.place)
  }

  func target(of autoscaler: ManifestObject) -> StoredObject? {
    let reference = autoscaler.tree[.spec][.scaleTargetRef]
    let version = reference[.apiVersion].string ?? ""
    let group = version.contains("/") ? String(version.prefix { $0 != "/" }) : ""
    let resource: ResourceID? =
      switch (group, reference[.kind].string) {
      case ("apps", "Deployment"): .deployments
      case ("apps", "StatefulSet"): .statefulSets
      case ("apps", "ReplicaSet"): .replicaSets
      case ("", "ReplicationController"): .replicationControllers
      default: nil
      }
    guard let resource else { return nil }
    return cluster.engine.store.get(ObjectKey(resource, namespace: autoscaler.namespace, reference[.name].string ?? ""))
  }

  /// - Throws: with what holds it back, if the workload is not ready in time.
  private mutating func waitUntilReady() throws(RehearsalError) {
    for index in autoscalers.indices { recorder.setTarget(target(of: autoscalers[index]), of: index) }
    for _ in 0..<Self.readyLimit {
      advance(to: cluster.now + .seconds(1))
      if autoscalers.allSatisfy({ Self.isReady(target(of: $0)) }) { return }
    }
    let index = autoscalers.firstIndex { !Self.isReady(target(of: $0)) }!
    let unready = autoscalers[index]
    let reference = unready.tree[.spec][.scaleTargetRef]
    throw RehearsalError(
      "\(reference[.kind].string ?? "") \(reference[.name].string ?? "") is not ready after \(Self.readyLimit) s: "
        + ([recorder.holdup(ofTargetOf: index) { cluster.engine.store.get($0) }] + impatience).joined(separator: "; "),
      at: (input.target(of: unready) ?? unready).place)
  }

  static func isReady(_ target: StoredObject?) -> Bool {
    guard let tree = target?.tree else { return false }
    return (tree[.status][.readyReplicas].int ?? 0) >= (tree[.spec][.replicas].int ?? 1)
  }

  // MARK: The run

  private mutating func go(to end: Instant) throws(RehearsalError) {
    // Of those at one time the first in the file comes first.
    steps = input.steps.enumerated().sorted { ($0.element.second, $0.offset) > ($1.element.second, $1.offset) }.map(\.element)
    tests = input.tests.map { PlayedTest(test: $0) }
    while cluster.now < end {
      playTests()
      let due = steps.last.map { zero + .seconds($0.second) }
      if let due, due <= cluster.now {
        try perform(steps.removeLast())
        continue
      }
      let pause: Duration = tests.allSatisfy(\.isOver) ? VirtualCluster.scrapePeriod : .seconds(1)
      advance(to: min(end, due ?? end, cluster.now + pause))
      if !draining.isEmpty { evict() }
    }
  }

  /// Lets time pass: each scrape is preceded by the load.
  private mutating func advance(to end: Instant) {
    while true {
      let scrape = nextScrape
      let next = min(end, scrape)
      // The load comes a moment before the scrape that sees it.
      run(until: next == scrape ? next - .nanoseconds(1) : next)
      if next == scrape {
        feed(at: next)
        run(until: next)
      }
      if cluster.now >= end { return }
    }
  }

  private var nextScrape: Instant {
    let period = VirtualCluster.scrapePeriod.nanoseconds
    let since = (cluster.now - start).nanoseconds
    return start + .nanoseconds((since / period + 1) * period)
  }

  /// What happens on the way may bring something that is due before the end.
  private mutating func run(until end: Instant) {
    while true {
      let isBusy = cluster.advance(until: min(end, dues.last?.at ?? end))
      if !isBusy, cluster.now >= end, dues.last.map({ $0.at > end }) ?? true { return }
      if !isBusy { performDues() }
      receive()
      look()
    }
  }

  mutating func receive() {
    guard let records = cluster.appends, !records.isEmpty else { return }
    cluster.appends = []
    for record in records.joined() {
      switch record {
      case .put(let object):
        recorder.put(object, at: cluster.now) { tree in
          let chance = Double(random.below(1_000_000)) / 1_000_000
          cluster.nodes.startUps[object.uid] = .seconds(input.startUp.up(chance: chance))
          return input.startUp.wait(of: tree, chance: chance)
        }
        if object.key.resource == .pods {
          planGate(object.uid)
          planEnds(object)
          if recorder.pods.place(of: object.uid) == nil { planOther(object) }
        }
      case .delete(let key, _): recorder.delete(key, at: cluster.now)
      }
    }
    followPods()
  }

  /// What the autoscalers have decided just now.
  private mutating func look() {
    guard let autoscalerPlace,
      let controller = cluster.engine.controllers[autoscalerPlace] as? HorizontalPodAutoscalerController
    else { return }
    guard controller.looks.at == cluster.now else { return }
    for key in controller.looks.keys {
      if let decision = controller.lastDecision(key) { recorder.record(decision, of: key) }
    }
  }
}
