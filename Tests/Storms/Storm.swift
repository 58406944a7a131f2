import CoreAPI
import CoreControllers
import CoreEngine
import CoreObjects
import Simulation

/// A cluster in bad weather: a user who changes things at random, pods that crash, nodes that are lost, writes that are refused, a
/// control plane that is killed; then calm, in which everything must come to rest. One seed decides all of it.
package struct Storm: Sendable {
  package struct Outcome: Sendable {
    package var seed: UInt64
    package var violation: Violation?
    /// What was done to the cluster, one line each; with every write where that was asked for.
    package var story: [String]
    package var steps: Int
    /// How long after the storm everything was at rest.
    package var restAfter: Duration?
  }

  /// How long it blows, and how long everything may take to come to rest: back-offs of the control plane reach 1,000 s.
  static let length = Duration.seconds(600)
  package static let bound = Duration.seconds(1800)
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!
  private static let incidents = 24
  /// Twice what a storm takes: controllers that undo each other's work go on for ever.
  private static let stepLimit = 3_000

  private let seed: UInt64
  private var subject: any Subject
  private var checks: [any Check]
  private var random: RandomSource
  private var cluster: VirtualCluster
  private var facts: Facts
  private var replay = WatchReplay()
  /// When something was last written.
  private var written = Storm.start
  private var violation: Violation?
  private var story: [String] = []
  private let isTelling: Bool

  /// - Parameters:
  ///   - mutant: a mistake planted into a controller
  ///   - isTelling: every write is told in the story
  package static func play(_ subject: any Subject.Type, seed: UInt64, mutant: Mutant? = nil, isTelling: Bool = false) -> Outcome {
    var storm = Storm(subject, seed, mutant, isTelling)
    let restAfter = storm.blow()
    return Outcome(
      seed: seed, violation: storm.violation, story: storm.story, steps: storm.cluster.steps, restAfter: restAfter)
  }

  private init(_ kind: any Subject.Type, _ seed: UInt64, _ mutant: Mutant?, _ isTelling: Bool) {
    self.seed = seed
    self.isTelling = isTelling
    var random = RandomSource(seed: seed)
    subject = kind.init(random: &random)
    checks =
      subject.checks + [
        RevisionsRise(), NodesAreNotOverfilled(), OneClaimPerVolume(), OwnersLive(), NamespacesLive(), NothingLeaves(),
      ]
    let percent = random.below(3) == 0 ? 0 : 5
    let refusals = RandomSource(seed: random.next())
    let end = Storm.start + Storm.length
    var cluster = VirtualCluster(seed: random.next(), nodes: kind.nodes, start: Storm.start) { controllers in
      var refusals = refusals
      return controllers.map { real in
        let planted = mutant.map { $0.planted(in: real) } ?? real
        return RefusedWrites(planted, percent: percent, until: end, random: RandomSource(seed: refusals.next()))
      }
    }
    var facts = Facts(now: Storm.start)
    for object in cluster.engine.store.resources.flatMap({ cluster.engine.store.list($0) }) {
      _ = facts.apply(.put(object))
    }
    cluster.appends = []
    cluster.watched = []
    cluster.nodes.programs = subject.programs
    var faults = NodeFaults(random: RandomSource(seed: random.next()))
    (faults.refused, faults.late, faults.crashing, faults.sick) = (5, 15, random.below(20), 10)
    faults.unmeasured = 20
    cluster.nodes.faults = faults
    self.cluster = cluster
    self.facts = facts
    self.random = random
  }

  /// - Returns: how long it took to come to rest; nil where something did not hold
  private mutating func blow() -> Duration? {
    run(.seconds(2))
    openWatch()
    for manifest in subject.manifests { perform(.create(manifest)) }
    let times = (0..<Storm.incidents).map { _ in random.below(Int(Storm.length.nanoseconds / 1_000_000_000)) }.sorted()
    for second in times {
      run(Storm.start + .seconds(second) - cluster.now)
      if violation != nil { return nil }
      happen()
    }
    run(Storm.start + Storm.length - cluster.now)
    return violation == nil ? calm() : nil
  }

  private mutating func calm() -> Duration? {
    tell("calm")
    let begin = cluster.now
    for node in cluster.nodes.lostNodes { regain(node) }
    cluster.nodes.heal(at: cluster.now)
    // A node whose object was deleted is there again once it registers, which it does when it starts.
    for node in type(of: subject).nodes where facts.get(.nodes, node) == nil {
      cluster.regain(node, isRebooted: false)
      look()
    }
    for act in subject.calm(facts) { perform(act) }
    var problem: Violation?
    for seconds in [60, 60, 120, 240, 480, 840] {
      run(.seconds(seconds))
      if violation != nil { return nil }
      problem = unrest()
      if problem == nil { return cluster.now - begin }
    }
    violation = problem
    return nil
  }

  private func unrest() -> Violation? {
    for check in checks { if let text = check.settled(facts) { return Violation(check: check.name, text: text) } }
    let store = cluster.engine.store
    let listed = store.resources.flatMap { store.list($0) }
    let told = facts.all
    if listed.map(\.revision) != told.map(\.revision) {
      return Violation(
        check: "the journal holds what the store holds", text: "\(told.count) objects in the one, \(listed.count) in the other")
    }
    return replay.compare(facts).map { Violation(check: "a replayed watch equals the list", text: $0) }
  }

  // MARK: Incidents

  private mutating func happen() {
    switch random.below(20) {
    case 0: restart()
    case 1...type(of: subject).losses: loseOrRegain()
    default:
      if let act = subject.act(facts, &random) { perform(act) }
    }
  }

  private mutating func loseOrRegain() {
    let kind = type(of: subject)
    let lost = cluster.nodes.lostNodes
    if lost.count >= kind.lostAtMost || (!lost.isEmpty && random.below(kind.lostAtMost) == 0) {
      return regain(lost.count == 1 ? lost[0] : lost[random.below(lost.count)])
    }
    let left = kind.nodes.dropFirst().filter { !lost.contains($0) }
    let node = left[random.below(left.count)]
    tell("node \(node) is lost")
    cluster.nodes.lose(node)
    renew(node)
  }

  private mutating func regain(_ node: String) {
    let isRebooted = random.below(2) == 0
    tell("node \(node) is back\(isRebooted ? ", rebooted" : "")")
    report(node)
    cluster.regain(node, isRebooted: isRebooted)
    look()
  }

  private mutating func report(_ node: String) {
    _ = cluster.request("DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/" + node)
    look()
  }

  /// The last time that a node is heard of. A node that can be reached has no Lease here, which counts as one that reports.
  private mutating func renew(_ node: String) {
    let lease: JSON = [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
      "metadata": ["name": .string(node), "namespace": "kube-node-lease"],
      "spec": [
        "holderIdentity": .string(node), "leaseDurationSeconds": 40,
        "renewTime": .string(cluster.now.rfc3339.dropLast() + ".000000Z"),
      ],
    ]
    _ = cluster.request("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", body: lease.encoded())
    look()
  }

  /// Kills the control plane in the middle of its next step: a part of what that step wrote is durable.
  private mutating func restart() {
    _ = cluster.advance(until: cluster.now + .seconds(20))
    let appends = cluster.appends ?? []
    let kept = random.below(appends.count + 1)
    cluster.appends = Array(appends.prefix(kept))
    look()
    tell("the control plane is killed; \(kept) of \(appends.count) appends are kept")
    let lost = cluster.nodes.lostNodes
    cluster.restart(facts.store())
    look()
    for node in lost { report(node) }
    openWatch()
  }

  private mutating func perform(_ act: StormAct) {
    send(act)
    for next in act.then { send(next) }
  }

  private mutating func send(_ act: StormAct) {
    if let bytes = act.memoryBytes {
      cluster.nodes.load("app", memoryBytes: bytes)
      return tell("\(act)")
    }
    let body = act.body == .null ? [] : act.body.encoded()
    let answer = cluster.request(act.method, act.path, query: act.query, contentType: act.contentType, body: body)
    var status = 0
    if case .body(let code, _, let chunks, _) = answer {
      status = code
      if code == 400 || code == 422 || code >= 500 {
        violation =
          violation
          ?? Violation(
            check: "the storm's user is understood", text: "\(act): \(String(decoding: Array(chunks.joined()), as: UTF8.self))")
      }
    }
    tell("\(act) → \(status)")
    facts.isUsers = true
    look()
    facts.isUsers = false
  }

  // MARK: Time

  private mutating func run(_ duration: Duration) {
    let end = cluster.now + duration
    while violation == nil, cluster.advance(until: end) {
      look()
      if cluster.steps > Storm.stepLimit { blame("controllers come to rest", "\(cluster.steps) steps, and there is more to do") }
    }
  }

  /// Lets every check see what the last step wrote.
  private mutating func look() {
    facts.now = cluster.now
    if let lines = cluster.watched, !lines.isEmpty {
      replay.lines += lines
      cluster.watched = []
    }
    guard let appends = cluster.appends, !appends.isEmpty else { return }
    cluster.appends = []
    if cluster.now > written {
      for index in checks.indices { blame(checks[index].name, checks[index].passed(facts, since: written)) }
      written = cluster.now
    }
    for record in appends.joined() {
      guard let change = facts.apply(record) else { continue }
      if isTelling { tell(StormStory.line(change)) }
      for index in checks.indices {
        blame(checks[index].name, checks[index].note(change, facts))
      }
    }
    if violation == nil, let fault = cluster.faults.first {
      violation = Violation(check: "the core makes no mistake of its own", text: fault)
    }
  }

  /// The first thing that is wrong is the one that counts.
  private mutating func blame(_ check: String, _ text: String?) {
    guard let text, violation == nil else { return }
    violation = Violation(check: check, text: text)
    tell("VIOLATION \(check): \(text)")
  }

  /// Watches pods, as an informer does: a list, then what follows it.
  private mutating func openWatch() {
    cluster.watched = []
    _ = cluster.request("GET", "/api/v1/pods", query: "watch=true&resourceVersion=\(facts.revision)")
    replay = WatchReplay(facts.list(.pods))
  }

  private mutating func tell(_ line: String) { story.append("\(cluster.now.rfc3339.dropFirst(11)) \(line)") }
}
