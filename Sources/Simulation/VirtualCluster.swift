package import CoreAPI
package import CoreControllers
package import CoreEngine
package import CoreNode
package import CoreObjects

/// The control plane in virtual time: when nothing is left to do, time jumps to the next thing that happens.
/// One seed decides everything; the same seed gives the same bytes.
package struct VirtualCluster: Sendable {
  /// Cluster time between two scrapes.
  package static let scrapePeriod = Duration.seconds(15)

  /// Changes kept for watches that resume: nobody does in a simulation, and what was replaced is best let go of at once.
  private static let logLimit = 0

  package private(set) var engine: Engine
  package private(set) var now: Instant
  package var nodes: VirtualNodes
  /// How many inputs were taken: a measure of work, and a check that two runs are the same.
  package private(set) var steps = 0

  private var happenings = EventQueue()
  private var wakeAt: Instant?
  private var nextRequest: UInt64 = 0
  private var answers: [UInt64: APIResponse] = [:]
  private let configuration: APIConfiguration
  private let makeControllers: @Sendable () -> [any Controller]
  private var random: RandomSource
  /// What the engine appended, one element for each append; nil (from the start) where nobody wants to know.
  package var appends: [[JournalRecord]]?
  /// Lines of the open watches; nil where nobody wants to know.
  package var watched: [[UInt8]]?

  /// - Parameter controllers: what takes the place of the controllers, such as ones whose writes are refused at times
  package init(
    seed: UInt64, nodes: [VirtualNode], start: Instant, timeZones: TimeZoneDatabase = .utcOnly,
    featureGates: Set<FeatureGate> = [],
    controllers replaced: @escaping @Sendable ([any Controller]) -> [any Controller] = { $0 }
  ) {
    var configuration = APIConfiguration(
      sign: { claims in "simulated." + Base64.encode(claims.encoded()) },
      verify: { token in Base64.decode(String(token.drop { $0 != "." }.dropFirst())).flatMap { try? JSONParser.parse($0) } })
    configuration.timeZones = timeZones
    configuration.featureGates = featureGates
    configuration.trustsOwnWrites = true
    self.configuration = configuration
    makeControllers = {
      replaced(Controllers.all(certificateAuthority: "simulated", zone: { timeZones.rules($0) }))
    }
    var random = RandomSource(seed: seed)
    self.nodes = VirtualNodes(nodes, random: RandomSource(seed: random.next()))
    let store = Store(logLimit: VirtualCluster.logLimit, keepsBytes: false)
    engine = Engine(configuration, random: random, store: store, controllers: makeControllers())
    self.random = random
    now = start
    boot()
  }

  package init(
    seed: UInt64, nodes names: [String], start: Instant, timeZones: TimeZoneDatabase = .utcOnly,
    controllers replaced: @escaping @Sendable ([any Controller]) -> [any Controller] = { $0 }
  ) {
    self.init(seed: seed, nodes: VirtualNode.named(names), start: start, timeZones: timeZones, controllers: replaced)
  }

  private mutating func boot() {
    perform(engine.boot(at: now))
    for name in nodes.names {
      schedule(.observation(NodeObservation(node: name, event: .nodeReady(nodes.facts(of: name)))), at: now)
    }
    if !nodes.names.isEmpty { schedule(.scrape, at: now + VirtualCluster.scrapePeriod) }
  }

  /// As after kill -9 and a new start: the store is what the journal gave back, everything that was only in memory is lost, and
  /// the nodes begin without containers, as they do in a daemon that starts.
  package mutating func restart(_ store: Store) {
    engine = Engine(configuration, random: RandomSource(seed: random.next()), store: store, controllers: makeControllers())
    happenings = EventQueue()
    wakeAt = nil
    answers = [:]
    nodes.clear()
    boot()
  }

  package mutating func schedule(_ event: VirtualEvent, at instant: Instant) { happenings.add(event, at: max(instant, now)) }

  /// Lets everything happen up to and including `end`.
  package mutating func run(until end: Instant) {
    while advance(until: end) {}
  }

  /// Lets one thing happen; false when nothing is left before `end`, and it is `end` then.
  package mutating func advance(until end: Instant) -> Bool {
    let happening = happenings.next
    let wake = wakeAt
    guard let next = happening.map({ min($0, wake ?? $0) }) ?? wake, next <= end else {
      now = max(now, end)
      return false
    }
    now = max(now, next)
    if let wake, wake <= now, happening.map({ wake <= $0 }) ?? true {
      wakeAt = nil
      step(.timer)
    } else {
      happen(happenings.pop())
    }
    return true
  }

  private mutating func happen(_ event: VirtualEvent) {
    switch event {
    case .observation(let observation):
      if !nodes.record(observation) { return }
      step(.observation(observation))
    case .scrape:
      step(nodes.scrape(at: now))
      schedule(.scrape, at: now + VirtualCluster.scrapePeriod)
    case .program(let containerID):
      for (event, at) in VirtualPrograms.proceed(containerID, in: &self) { schedule(event, at: at) }
    }
  }

  private static let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"

  /// A node is heard of no more: its Lease is of now, and not renewed. A node that can be reached has none, which counts as reporting.
  package mutating func lose(_ node: String) {
    nodes.lose(node)
    let spec: JSON = [
      "holderIdentity": .string(node), "leaseDurationSeconds": 40, "renewTime": .string(now.rfc3339.dropLast() + ".000000Z"),
    ]
    let lease: JSON = [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": .string(node)], "spec": spec,
    ]
    _ = request("POST", VirtualCluster.leases, body: lease.encoded())
  }

  /// A node comes back: what it saw meanwhile is reported, what it was to do is done. `isRebooted`: its containers have ended.
  package mutating func regain(_ node: String, isRebooted: Bool) {
    _ = request("DELETE", VirtualCluster.leases + "/" + node)
    let (commands, observations) = nodes.regain(node)
    for observation in observations { happen(.observation(observation)) }
    if isRebooted {
      for observation in nodes.exits(on: node, at: now) { happen(.observation(observation)) }
    }
    happen(.observation(NodeObservation(node: node, event: .nodeReady(nodes.facts(of: node)))))
    for command in commands { perform([.node(command)]) }
  }

  /// Mistakes of the control plane's own; there should be none.
  package private(set) var faults: [String] = []

  private mutating func step(_ input: Input) {
    steps += 1
    perform(engine.step(input, at: now))
  }

  private mutating func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .node(let command): for (event, at) in nodes.perform(command, at: now) { schedule(event, at: at) }
      case .respond(let id, let response): answers[id] = response
      case .openWatch(let id, let contentType, let initial):
        answers[id] = .body(status: 200, contentType: contentType, chunks: initial, headers: [])
      case .wake(let at): wakeAt = at
      // No authority is simulated, and no controller asks for one.
      case .sign: break
      case .fault(let text): faults.append(text)
      case .append(let records): appends?.append(records)
      case .feed(_, let line): watched?.append(line)
      case .endWatch, .route, .police: continue
      }
    }
  }

  /// The images that programs stand for are on every node from now on, and its status says so.
  package mutating func load(_ programs: [String: VirtualProgram]) {
    nodes.programs.merge(programs) { _, new in new }
    for name in nodes.names {
      schedule(.observation(NodeObservation(node: name, event: .images(nodes.images))), at: now)
    }
  }

  /// Numbers that pods show about themselves, or that belong to no pod.
  package mutating func report(_ scrapes: [PodScrape]) { step(.customMetrics(scrapes)) }

  /// Containers end, as the node sees it.
  package mutating func end(_ containerID: String, with code: Int, _ cause: ContainerExit.Cause) {
    guard let container = nodes.containers[containerID] else { return }
    var exit = ContainerExit(code: code, at: now, startedAt: container.startedAt)
    exit.cause = cause
    let event = NodeEvent.containerExited(podUID: container.podUID, containerID: containerID, exit)
    happen(.observation(NodeObservation(node: container.node, event: event)))
  }

  /// A scrape of what the caller made up, in a cluster without nodes.
  package mutating func report(_ samples: [UsageSample]) { step(.usage(samples)) }

  /// A write in place of nodes and controllers that are left out. What it leads to happens with the next step.
  @discardableResult
  package mutating func write(_ intent: WriteIntent, by actor: Actor) throws(APIError) -> Written {
    try engine.write(intent, by: actor, at: now)
  }

  /// Lets the controllers do what is left to do now.
  package mutating func settle() { if engine.backlog > 0 { step(.timer) } }

  /// One API request, answered before time goes on.
  package mutating func request(
    _ method: String, _ path: String, query: String = "", contentType: String = "application/json", body: [UInt8] = [],
    accept: String = "application/json",
    credential: Credential = .certificate(commonName: "admin", organizations: ["system:masters"])
  ) -> APIResponse {
    nextRequest += 1
    let request = APIRequest(
      method: method, path: path, query: query, contentType: contentType, accept: accept, userAgent: "simulation",
      body: body, credential: credential)
    step(.request(nextRequest, request))
    return answers.removeValue(forKey: nextRequest)!
  }
}

/// What happens in the virtual world.
package enum VirtualEvent: Sendable {
  case observation(NodeObservation)
  case scrape
  /// A running program comes to its next step.
  case program(containerID: String)
}
