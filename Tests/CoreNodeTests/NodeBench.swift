import CoreNode
import CoreObjects

/// A planner with one node, a store, and a clock that the test moves.
struct NodeBench {
  static let node = "n"
  static let uid = "u1"
  static let image = ImageFacts(id: "sha256:1", names: ["docker.io/library/app:test"], sizeBytes: 1)

  var store = Store()
  var planner = NodePlanner()
  var now = Instant(seconds: 1_790_000_000)
  var commands: [NodeAction] = []
  var events: [PodEvent] = []
  var wakeAt: Instant?
  /// Why the node does not take pods.
  var rejection: (String, String)?
  /// A finalizer keeps pods that their node lets go.
  var holdsObjects = false

  init(ready: Bool = true) {
    if ready { _ = planner.welcome(NodeBench.node) }
  }

  // MARK: Writes

  mutating func put(_ key: ObjectKey, _ tree: JSON) {
    var tree = tree
    if tree[.metadata][.uid].isNull { tree[.metadata].put(.uid, .string(key.name)) }
    tree[.metadata].put(.name, .string(key.name))
    tree[.metadata].put(.namespace, .string(key.namespace))
    record(store.put(key, tree))
  }

  mutating func record(_ change: StoreChange) {
    for uid in planner.uids(affectedBy: change) { look(uid) }
  }

  static let podKey = ObjectKey(.pods, namespace: "default", "p")

  /// A pod with these containers, bound to the node.
  mutating func run(_ containers: JSON, _ more: JSON = [:]) {
    var spec: JSON = [
      "nodeName": .string(NodeBench.node), "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
      "containers": containers,
    ]
    spec.merge(more)
    put(
      NodeBench.podKey, ["metadata": ["uid": .string(NodeBench.uid), "creationTimestamp": .string(now.rfc3339)], "spec": spec])
  }

  mutating func configMap(_ name: String, _ data: JSON) {
    put(ObjectKey(.configMaps, namespace: "default", name), ["data": data])
  }

  /// `kubectl delete pod`
  mutating func delete(graceSeconds: Int = 30) {
    var tree = pod.tree
    tree[.metadata].put(.deletionTimestamp, .string((now + .seconds(graceSeconds)).rfc3339))
    tree[.metadata].put(.deletionGracePeriodSeconds, .int(Int64(graceSeconds)))
    record(store.put(NodeBench.podKey, tree))
  }

  // MARK: The node

  mutating func tell(_ event: NodeEvent) { take(planner.observe(NodeObservation(node: NodeBench.node, event: event), context)) }

  mutating func look(_ uid: String = NodeBench.uid) { take(planner.plan(uid: uid, context)) }

  /// What nodes have left, and who uses it.
  mutating func relieve(_ signals: [NodeSignals], _ readings: [NodeReading]) -> PressurePlan {
    let plan = planner.relieve(signals, readings, context)
    for eviction in plan.evictions { take(eviction.plan) }
    return plan
  }

  private var context: NodeContext {
    var context = NodeContext(
      store: store, now: now, rejection: { [rejection] _, _ in rejection }, issueToken: { "token of \($0.serviceAccount)" })
    context.resolvers = planner.resolvers
    return context
  }

  private mutating func take(_ plan: NodePlan) {
    commands += plan.commands.map(\.action)
    events += plan.events
    wakeAt = plan.wakeAt
    for update in plan.statuses {
      guard var tree = store.get(update.key)?.tree else { continue }
      tree.put(.status, update.status.tree)
      record(store.put(update.key, tree))
    }
    for removal in plan.removals where !holdsObjects { if let change = store.remove(removal.key) { record(change) } }
  }

  mutating func wait(_ seconds: Int64) {
    now = now + .seconds(seconds)
    look()
  }

  /// The commands since the last call.
  mutating func taken() -> [NodeAction] {
    defer { commands = [] }
    return commands
  }

  /// In short: "sandbox", "image main", "start main", "stop main 30" …
  mutating func steps() -> [String] { taken().map(text) }

  private func text(_ action: NodeAction) -> String {
    switch action {
    case .startSandbox: "sandbox"
    case .ensureImage(_, let container, let request): "image \(container)" + (request.pull == .never ? " never" : "")
    case .startContainer(let spec): "start \(spec.name)"
    case .stopContainer(_, let id, let grace): "stop \(name(of: id)) \(grace)"
    case .resize(let spec): "resize \(spec.containers.keys.map(name).sorted().joined(separator: " "))"
    case .removeContainer: "remove"
    case .writeVolume(_, let volume, _): "write \(volume)"
    case .removeSandbox: "remove sandbox"
    case .probe(let probe): "probe \(probe.kind)"
    case .runHook: "hook"
    case .createVolume, .deleteVolume: "volume"
    }
  }

  func id(_ container: String, _ attempt: Int = 0) -> String {
    ContainerID.make(podUID: NodeBench.uid, name: container, attempt: attempt)
  }

  private func name(of id: String) -> String {
    planner.runtime(uid: NodeBench.uid)?.containers.first { self.id($0.name, $0.restartCount) == id }?.name ?? "?"
  }

  mutating func sandboxStarts() { tell(.sandboxStarted(podUID: NodeBench.uid, address: "10.244.0.5")) }

  mutating func imageComes(_ container: String) {
    tell(.imageReady(podUID: NodeBench.uid, container: container, image: NodeBench.image))
  }

  mutating func starts(_ container: String, _ attempt: Int = 0) {
    imageComes(container)
    tell(.containerStarted(podUID: NodeBench.uid, containerID: id(container, attempt), at: now))
  }

  mutating func exits(_ container: String, _ attempt: Int = 0, code: Int, oomKilled: Bool = false, after seconds: Int64 = 1) {
    let startedAt = now
    now = now + .seconds(seconds)
    var exit = ContainerExit(code: code, at: now, startedAt: startedAt)
    if oomKilled { exit.cause = .outOfMemory }
    tell(.containerExited(podUID: NodeBench.uid, containerID: id(container, attempt), exit))
  }

  mutating func probed(_ kind: ProbeKind, _ success: Bool?, _ container: String = "main", _ attempt: Int = 0) {
    tell(.probed(podUID: NodeBench.uid, containerID: id(container, attempt), kind: kind, success: success, message: "told"))
  }

  // MARK: What the API shows

  var pod: Pod { store.get(NodeBench.podKey)?.view(Pod.self) ?? Pod(tree: .null) }

  func status(_ container: String = "main") -> ContainerStatus {
    pod.status.containerStatuses.first { $0.name == container } ?? pod.status.initContainerStatuses.first { $0.name == container }
      ?? ContainerStatus(tree: .null)
  }

  func condition(_ type: String) -> String { pod.status.conditions.first { $0.type == type }?.status ?? "" }
  var reasons: [String] { events.map(\.reason) }
}

let main: JSON = [["name": "main", "image": "app:test"]]
