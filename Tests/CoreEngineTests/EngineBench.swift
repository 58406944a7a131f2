import CoreAPI
import CoreControllers
import CoreEngine
import CoreNode
import CoreObjects
import Foundation
import Testing

/// An engine, a clock and a node that does at once what it is told. Keeps a transcript and the journal.
struct EngineBench {
  static let admin = Credential.certificate(commonName: "admin", organizations: ["system:masters"])
  static let start = Instant(seconds: 1_790_000_000)

  var engine: Engine
  var now = EngineBench.start
  /// One line for each effect, in order.
  var transcript: [String] = []
  var journal: [JournalRecord] = []
  struct Answer {
    var status: Int
    var body: JSON
    var bytes: [UInt8] = []
    var headers: [APIResponse.Header] = []
  }
  var answers: [UInt64: Answer] = [:]
  var feeds: [UInt64: [String]] = [:]
  /// What each watch was sent at once.
  var initial: [UInt64: [[UInt8]]] = [:]
  var ended: [UInt64] = []
  var commands: [NodeAction] = []
  var orders: [SigningOrder] = []
  private var wakeAt: Instant?
  private var nextRequest: UInt64 = 0
  private var observations: [NodeObservation] = []

  init(
    seed: UInt64 = 1, journal: [JournalRecord] = [], at now: Instant = EngineBench.start, node: Bool = true,
    controllers: [any Controller] = Controllers.all(certificateAuthority: "ca", zone: { _ in nil })
  ) {
    var configuration = APIConfiguration(
      sign: { "signed." + Base64.encode($0.encoded()) },
      verify: { token in Base64.decode(String(token.dropFirst(7))).flatMap { try? JSONParser.parse($0) } })
    configuration.timeZones = TimeZoneDatabase {
      FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + $0).map { Array($0) }
    }
    engine = Engine(
      configuration, random: RandomSource(seed: seed), store: EngineBench.store(from: journal),
      controllers: controllers)
    self.journal = journal
    self.now = now
    carryOut(engine.boot(at: now))
    if node { observations.append(NodeObservation(node: "n", event: .nodeReady(EngineBench.facts))) }
    settle()
  }

  static let facts = NodeFacts(
    address: "192.0.2.1", cpuMillicores: 4000, memoryBytes: 8 << 30, ephemeralStorageBytes: 1 << 34, maxPods: 110,
    kernelVersion: "6",
    osImage: "Linux", architecture: "amd64", runtimeVersion: "crun://1", machineID: "m", isControlPlane: true)

  /// What a restart reads: the last record of each key, in the order of revisions.
  static func store(from journal: [JournalRecord]) -> Store {
    var last: [ObjectKey: StoredObject] = [:]
    var revision: UInt64 = 0
    for record in journal {
      switch record {
      case .put(let object):
        last[object.key] = object
        revision = max(revision, object.revision)
      case .delete(let key, let at):
        last[key] = nil
        revision = max(revision, at)
      }
    }
    var store = Store()
    for object in last.values.sorted(by: { $0.revision < $1.revision }) {
      let tree = (try? JSONParser.parse(object.encoded)) ?? .null
      store.restore(
        StoredObject(key: object.key, uid: object.uid, revision: object.revision, tree: tree, encoded: object.encoded))
    }
    store.restore(revision: revision)
    return store
  }

  /// Every object as its journal keeps it.
  static func image(_ store: Store) -> [String] {
    store.resources.flatMap { store.list($0) }.map { "\($0.key) " + String(decoding: $0.encoded, as: UTF8.self) }
  }
  var image: [String] { EngineBench.image(engine.store) }

  // MARK: Inputs

  mutating func step(_ input: Input) { carryOut(engine.step(input, at: now)) }

  @discardableResult
  mutating func send(_ method: String, _ path: String, _ body: JSON? = nil, type: String = "application/json") -> Answer {
    let id = open(method, path, body, type: type)
    let answer = answers.removeValue(forKey: id) ?? Answer(status: 0, body: .null)
    settle()
    return answer
  }

  /// Sends without letting anything else happen; gives the request's number.
  mutating func open(_ method: String, _ path: String, _ body: JSON? = nil, type: String = "application/json") -> UInt64 {
    let parts = path.split(separator: "?", maxSplits: 1)
    let request = APIRequest(
      method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", contentType: type,
      userAgent: "tests/1",
      body: body?.encoded() ?? [], credential: EngineBench.admin)
    return open(request)
  }

  mutating func open(_ request: APIRequest) -> UInt64 {
    nextRequest += 1
    step(.request(nextRequest, request))
    return nextRequest
  }

  /// Lets everything happen that happens now.
  mutating func settle() {
    for _ in 0..<10_000 {
      if !observations.isEmpty {
        step(.observation(observations.removeFirst()))
      } else if let wake = wakeAt, wake <= now {
        wakeAt = nil
        step(.timer)
      } else {
        return
      }
    }
  }

  /// Time goes on, stopping at each wake-up that was asked for.
  mutating func run(seconds: Int64) {
    let end = now + .seconds(seconds)
    settle()
    while let wake = wakeAt, wake <= end {
      now = max(now, wake)
      settle()
    }
    now = end
  }

  // MARK: Effects

  private mutating func carryOut(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .append(let records):
        journal += records
        transcript += records.map(text)
      case .respond(let id, let response):
        guard case .body(let status, _, let chunks, let headers) = response else { continue }
        let bytes = chunks.flatMap { $0 }
        answers[id] = Answer(status: status, body: (try? JSONParser.parse(bytes)) ?? .null, bytes: bytes, headers: headers)
        transcript.append("answer \(id) \(status)")
      case .openWatch(let id, _, let initial):
        feeds[id] = initial.map(EngineBench.summary)
        self.initial[id] = initial
        transcript.append("watch \(id)")
      case .feed(let ids, let line):
        for id in ids { feeds[id, default: []].append(EngineBench.summary(line)) }
        transcript.append("feed \(ids) \(EngineBench.summary(line))")
      case .endWatch(let id):
        ended.append(id)
        transcript.append("end \(id)")
      case .node(let command):
        commands.append(command.action)
        transcript.append("node \(command.node)")
        perform(command)
      case .route(let routes): transcript.append("route \(routes.owner)")
      case .police(let fact): transcript.append("police \(fact.key)")
      case .wake(let at): wakeAt = at
      case .sign(let order): orders.append(order)
      case .fault(let text): Issue.record("\(text)")
      }
    }
  }

  private func text(_ record: JournalRecord) -> String {
    switch record {
    case .put(let object): "put \(object.key) \(object.revision)"
    case .delete(let key, let revision): "delete \(key) \(revision)"
    }
  }

  static func summary(_ line: [UInt8]) -> String {
    let tree = (try? JSONParser.parse(line)) ?? .null
    return "\(tree["type"].string ?? "") \(tree[.object][.metadata][.name].string ?? "")"
  }

  /// A node without delays whose containers run until they are stopped.
  private mutating func perform(_ command: NodeCommand) {
    func tell(_ event: NodeEvent) { observations.append(NodeObservation(node: command.node, event: event)) }
    switch command.action {
    case .startSandbox(let spec): tell(.sandboxStarted(podUID: spec.podUID, address: "10.244.0.\(commands.count % 250 + 2)"))
    case .ensureImage(let uid, let container, let request):
      tell(
        .imageReady(podUID: uid, container: container, image: ImageFacts(id: "sha256:1", names: [request.image], sizeBytes: 1)))
    case .startContainer(let spec): tell(.containerStarted(podUID: spec.podUID, containerID: spec.containerID, at: now))
    case .stopContainer(let uid, let id, _):
      tell(.containerExited(podUID: uid, containerID: id, ContainerExit(code: 143, at: now, startedAt: now)))
    case .removeSandbox(let uid): tell(.sandboxRemoved(podUID: uid))
    case .probe(let probe):
      tell(.probed(podUID: probe.podUID, containerID: probe.containerID, kind: probe.kind, success: true, message: ""))
    case .runHook(let uid, let id, _, _): tell(.hookFinished(podUID: uid, containerID: id, success: true, message: ""))
    case .createVolume(let name, _): tell(.volumeCreated(name: name, path: "/volumes/\(name)"))
    case .deleteVolume(let name): tell(.volumeDeleted(name: name))
    case .resize(let spec): tell(.resized(podUID: spec.podUID, containerIDs: Array(spec.containers.keys), failure: nil))
    case .removeContainer, .writeVolume: return
    }
  }

  // MARK: Objects

  static let configMaps = "/api/v1/namespaces/default/configmaps"
  static let deployments = "/apis/apps/v1/namespaces/default/deployments"
  static let pods = "/api/v1/namespaces/default/pods"

  static func configMap(_ name: String, _ value: String = "1") -> JSON {
    ["metadata": ["name": .string(name)], "data": ["a": .string(value)]]
  }

  static func deployment(_ name: String, replicas: Int) -> JSON {
    [
      "metadata": ["name": .string(name)],
      "spec": [
        "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": .string(name)]],
        "template": [
          "metadata": ["labels": ["app": .string(name)]], "spec": ["containers": [["name": "main", "image": "app:test"]]],
        ],
      ],
    ]
  }

  mutating func phases() -> [String] {
    send("GET", EngineBench.pods).body[.items].elements.map { $0[.status][.phase].string ?? "" }
  }
}
