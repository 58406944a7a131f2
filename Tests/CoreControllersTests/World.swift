import CoreControllers
import CoreObjects

/// A control plane of a few lines: carries plans out on a store as the API server would, with a clock that jumps from one
/// thing that happens to the next. Pods start, become ready and end as the test says.
struct World {
  static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  private(set) var store = Store()
  var metrics = MetricsWindow()
  private(set) var now = World.start
  var controllers: [any Controller]
  /// "reason object: message" of every event, in order.
  private(set) var events: [String] = []
  /// Every write, as "verb resource/name".
  private(set) var writes: [String] = []
  /// Seconds from a pod's creation to Running and Ready; nil: the test does it.
  var startup: Int?
  /// Seconds from a pod's deletion to its end; 0: at once.
  var termination = 0
  /// Refuses a write with this reason.
  var refuse: (@Sendable (Change.Write) -> String?)?
  /// Called for every change, to check what must always hold.
  var check: (@Sendable (StoreChange, Store) -> Void)?

  private struct Item: Hashable {
    var controller: Int
    var key: ObjectKey
  }
  private enum Happening {
    case reconcile(Item)
    case podStarts(ObjectKey, uid: String)
    case podEnds(ObjectKey, uid: String)
  }
  private var queue: [Item] = []
  private var wakes: [Item: Instant] = [:]
  private var failures: [Item: Int] = [:]
  private var happenings: [(at: Instant, sequence: Int, what: Happening)] = []
  private var sequence = 0
  private var uids = 0

  init(_ controllers: any Controller..., startup: Int? = nil) {
    self.controllers = controllers
    self.startup = startup
  }

  struct Refusal: Error {
    var reason: String
  }

  // MARK: time

  var seconds: Int { Int(now.seconds - World.start.seconds) }

  /// Lets everything happen up to `seconds` after the start.
  mutating func run(until seconds: Int) {
    let end = World.start + .seconds(seconds)
    settle()
    while let index = nextHappening(), happenings[index].at <= end {
      let (at, _, what) = happenings.remove(at: index)
      now = max(now, at)
      switch what {
      case .reconcile(let item):
        guard wakes[item] == at else { continue }
        wakes[item] = nil
        queue.append(item)
      case .podStarts(let key, let uid): if store.get(key)?.uid == uid { becomeReady(key) }
      case .podEnds(let key, let uid): if store.get(key)?.uid == uid { finishPod(key) }
      }
      settle()
    }
    now = max(now, end)
  }

  mutating func run(for seconds: Int) { run(until: self.seconds + seconds) }

  private func nextHappening() -> Int? {
    happenings.indices.min { (happenings[$0].at, happenings[$0].sequence) < (happenings[$1].at, happenings[$1].sequence) }
  }

  private mutating func schedule(_ what: Happening, at instant: Instant) {
    sequence += 1
    happenings.append((instant, sequence, what))
  }

  /// Reconciles until nothing waits; a test that never settles fails.
  mutating func settle() {
    var budget = 100_000
    while !queue.isEmpty {
      budget -= 1
      precondition(budget > 0, "the controllers never come to rest: \(writes.suffix(6))")
      let item = queue.removeFirst()
      let plan = controllers[item.controller].plan(item.key, in: Snapshot(store: store, metrics: metrics), at: now)
      carryOut(plan, item)
    }
  }

  private mutating func carryOut(_ plan: Plan, _ item: Item) {
    wakes[item] = nil
    if let wake = plan.wakeAt { wakeUp(item, at: max(wake, now)) }
    for key in plan.others { enqueue(item.controller, key) }
    let isDone = plan.perform { change in
      do {
        try write(change.write)
        if let event = change.succeeded { record(event) }
      } catch {
        let reason = (error as? Refusal)?.reason ?? "Invalid"
        if change.tolerates(reason) { return true }
        if let event = change.failed { record(event) }
        return false
      }
      return true
    }
    if isDone, plan.isConclusive {
      // A copy of the controller: the look itself is one that an engine spares.
      var controller = controllers[item.controller]
      let next = controller.plan(item.key, in: Snapshot(store: store, metrics: metrics), at: now)
      let writes = next.changes.filter { if case .nothing = $0.write { false } else { true } }
      precondition(writes.isEmpty, "not conclusive of \(item.key): \(writes)")
    }
    if isDone {
      failures[item] = nil
    } else {
      failures[item, default: 0] += 1
      wakeUp(item, at: now + .milliseconds(5 << min(failures[item]!, 17)))
    }
  }

  private mutating func wakeUp(_ item: Item, at instant: Instant) {
    wakes[item] = instant
    schedule(.reconcile(item), at: instant)
  }

  private mutating func record(_ event: EventDraft) {
    events.append("\(event.reason) \(event.involved.name ?? ""): \(event.message)")
  }

  /// One scrape.
  mutating func measure(_ samples: [UsageSample]) {
    let uids = metrics.add(samples)
    for index in controllers.indices {
      for key in controllers[index].keys(affectedByUsageOf: uids) { enqueue(index, key) }
    }
  }

  // MARK: writes

  private mutating func write(_ write: Change.Write) throws {
    if let reason = refuse?(write) { throw Refusal(reason: reason) }
    switch write {
    case .create(let resource, let namespace, let tree): try create(resource, namespace, tree)
    case .update(let resource, let tree):
      var updated = tree
      let old = try current(resource, tree)
      updated.put(.status, old.tree[.status])
      replace(old, with: updated)
    case .updateStatus(let resource, let tree):
      let old = try current(resource, tree)
      var updated = old.tree
      updated.put(.status, tree[.status])
      replace(old, with: updated)
    case .patch(let key, let subresource, let merge):
      guard let old = store.get(key) else { throw Refusal(reason: "NotFound") }
      var updated = old.tree
      var patch = merge
      if subresource == "status" { patch = ["status": merge[.status]] }
      updated.merge(patch)
      writes.append("patch \(key.resource.name)/\(key.name)\(subresource.isEmpty ? "" : "/" + subresource)")
      replace(old, with: updated, isNoted: true)
    case .delete(let key, let uid, _, let propagation): try delete(key, uid: uid, propagation)
    case .bind(let key, let uid, let node):
      guard let old = store.get(key), old.uid == uid else { throw Refusal(reason: "Conflict") }
      var updated = old.tree
      updated[.spec].put(.nodeName, .string(node))
      replace(old, with: updated)
    case .nothing: break
    }
  }

  private func current(_ resource: ResourceID, _ tree: JSON) throws -> StoredObject {
    let metadata = ObjectMeta(tree: tree[.metadata])
    guard let old = store.get(resource, namespace: metadata.namespace ?? "", metadata.name ?? "") else {
      throw Refusal(reason: "NotFound")
    }
    if let version = metadata.resourceVersion, version != String(old.revision) { throw Refusal(reason: "Conflict") }
    return old
  }

  private mutating func create(_ resource: ResourceID, _ namespace: String, _ tree: JSON) throws {
    var tree = tree
    var metadata = ObjectMeta(tree: tree[.metadata])
    uids += 1
    if metadata.name == nil { metadata.name = (metadata.generateName ?? "") + "x\(uids)" }
    let key = ObjectKey(resource, namespace: namespace, metadata.name!)
    if store.get(key) != nil { throw Refusal(reason: "AlreadyExists") }
    if !namespace.isEmpty { metadata.namespace = namespace }
    if metadata.uid == nil { metadata.uid = "uid-\(uids)" }
    metadata.creationTimestamp = now.rfc3339
    metadata.generation = 1
    tree.put(.metadata, metadata.tree)
    if resource == .pods, tree[.status][.phase].isNull { tree[.status].put(.phase, "Pending") }
    writes.append("create \(resource.name)/\(key.name)")
    note(store.put(key, tree))
    if resource == .pods, let startup { schedule(.podStarts(key, uid: metadata.uid!), at: now + .seconds(startup)) }
  }

  private mutating func replace(_ old: StoredObject, with tree: JSON, isNoted: Bool = false) {
    var tree = tree
    if tree[.spec] != old.tree[.spec] { tree[.metadata].put(.generation, .int(Int64((old.metadata.generation ?? 1) + 1))) }
    tree[.metadata].put(.resourceVersion, .string(String(old.revision)))
    if tree == old.tree { return }
    if !isNoted { writes.append("update \(old.key.resource.name)/\(old.key.name)") }
    let metadata = ObjectMeta(tree: tree[.metadata])
    note(store.put(old.key, tree))
    // A pod under grace goes when its node says so.
    if metadata.deletionTimestamp != nil, metadata.finalizers.isEmpty, (metadata.deletionGracePeriodSeconds ?? 0) == 0 {
      remove(old.key)
    }
  }

  private mutating func delete(_ key: ObjectKey, uid: String, _ propagation: Change.Propagation?) throws {
    guard let old = store.get(key) else { throw Refusal(reason: "NotFound") }
    if !uid.isEmpty, uid != old.uid { throw Refusal(reason: "Conflict") }
    writes.append("delete \(key.resource.name)/\(key.name)")
    if old.metadata.deletionTimestamp != nil { return }
    var metadata = old.metadata
    if propagation == .foreground { metadata.finalizers = List(metadata.finalizers.values + ["foregroundDeletion"]) }
    if propagation == .orphan { metadata.finalizers = List(metadata.finalizers.values + ["orphan"]) }
    let waits = key.resource == .pods && termination > 0
    guard waits || !metadata.finalizers.isEmpty else { return remove(key) }
    metadata.deletionTimestamp = now.rfc3339
    if waits { metadata.deletionGracePeriodSeconds = termination }
    var tree = old.tree
    tree.put(.metadata, metadata.tree)
    note(store.put(key, tree))
    if waits {
      schedule(.podEnds(key, uid: old.uid), at: now + .seconds(termination))
    } else if key.resource == .pods {
      finishPod(key)
    }
  }

  private mutating func remove(_ key: ObjectKey) {
    if let finalizers = store.get(key)?.metadata.finalizers, !finalizers.isEmpty { return }
    if let change = store.remove(key) { note(change) }
  }

  private mutating func note(_ change: StoreChange) {
    check?(change, store)
    let snapshot = Snapshot(store: store, metrics: metrics)
    for index in controllers.indices where controllers[index].resources?.contains(change.object.key.resource) != false {
      for key in controllers[index].keys(affectedBy: change, in: snapshot) { enqueue(index, key) }
    }
  }

  private mutating func enqueue(_ controller: Int, _ key: ObjectKey) {
    let item = Item(controller: controller, key: key)
    if !queue.contains(item) { queue.append(item) }
  }

  // MARK: what a test does

  /// Stores an object given as JSON text and lets the controllers come to rest.
  mutating func add(_ resource: ResourceID, _ text: String) throws {
    let tree = try JSONParser.parse(Array(text.utf8))
    try create(resource, tree[.metadata][.namespace].string ?? (World.clusterScoped.contains(resource) ? "" : "default"), tree)
    settle()
  }

  private static let clusterScoped: Set<ResourceID> = [
    .nodes, .namespaces, .persistentVolumes, .storageClasses, .apiServices,
  ]

  /// Merges a JSON text into an object.
  mutating func patch(_ resource: ResourceID, _ name: String, _ text: String) throws {
    let namespace = World.clusterScoped.contains(resource) ? "" : "default"
    guard let old = store.get(resource, namespace: namespace, name) else { throw Refusal(reason: "NotFound") }
    var tree = old.tree
    tree.merge(try JSONParser.parse(Array(text.utf8)))
    replace(old, with: tree)
    settle()
  }

  mutating func delete(_ resource: ResourceID, _ name: String, _ propagation: Change.Propagation? = nil) throws {
    let namespace = World.clusterScoped.contains(resource) ? "" : "default"
    try delete(ObjectKey(resource, namespace: namespace, name), uid: "", propagation)
    settle()
  }

  func get<View: TreeView>(_ resource: ResourceID, _ name: String, as view: View.Type) -> View? {
    store.get(resource, namespace: World.clusterScoped.contains(resource) ? "" : "default", name)?.view(view)
  }

  func names(_ resource: ResourceID) -> [String] { store.list(resource).map(\.key.name) }

  /// Reasons of the events, in order.
  var reasons: [String] { events.map { String($0.prefix { $0 != " " }) } }

  mutating func clearHistory() {
    events = []
    writes = []
  }

  // MARK: pods

  private mutating func becomeReady(_ key: ObjectKey) {
    guard let old = store.get(key), old.metadata.deletionTimestamp == nil else { return }
    setPod(old, phase: "Running", isReady: true)
  }

  /// The last container has gone: the pod is reported as failed, then goes unless a finalizer holds it.
  private mutating func finishPod(_ key: ObjectKey) {
    guard let old = store.get(key) else { return }
    if !["Succeeded", "Failed"].contains(old.tree[.status][.phase].string) {
      setPod(old, phase: "Failed", isReady: false, exitCode: 143)
    }
    guard let present = store.get(key) else { return }
    var tree = present.tree
    tree[.metadata].put(.deletionGracePeriodSeconds, 0)
    replace(present, with: tree)
  }

  /// What a kubelet reports.
  mutating func setPod(_ name: String, phase: String, isReady: Bool, exitCode: Int? = nil, settles: Bool = true) {
    guard let old = store.get(.pods, namespace: "default", name) else { return }
    setPod(old, phase: phase, isReady: isReady, exitCode: exitCode)
    if settles { settle() }
  }

  private mutating func setPod(_ old: StoredObject, phase: String, isReady: Bool, exitCode: Int? = nil) {
    var pod = old.view(Pod.self)
    if (pod.spec.nodeName ?? "").isEmpty { pod.spec.nodeName = "node-1" }
    pod.status.phase = phase
    if pod.status.startTime == nil { pod.status.startTime = now.rfc3339 }
    var condition = pod.status.conditions.first { $0.type == "Ready" } ?? PodCondition()
    let value = isReady ? "True" : "False"
    if condition.status != value { condition.lastTransitionTime = now.rfc3339 }
    condition.type = "Ready"
    condition.status = value
    pod.status.conditions = List(pod.status.conditions.filter { $0.type != "Ready" } + [condition])
    if let exitCode {
      pod.status.containerStatuses = List(tree: [
        ["name": "main", "state": ["terminated": ["exitCode": .int(Int64(exitCode)), "finishedAt": .string(now.rfc3339)]]]
      ])
    }
    replace(old, with: pod.tree)
  }
}
