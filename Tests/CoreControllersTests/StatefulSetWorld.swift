import CoreObjects
import Testing

@testable import CoreControllers

/// A store with one set, and the writes of its controller carried out as the API would: uids given, deletions graceful.
struct StatefulSetWorld {
  var store = Store()
  var now = Instant(seconds: 1_800_000_000)
  var controller = StatefulSetController()
  /// What the last look wanted.
  var last = Plan()
  /// "Reason message" of each event, in order.
  var events: [String] = []
  /// Refuses a write; those that follow it in its slow start are dropped as the engine drops them.
  var refuse: (Change.Write) -> Bool = { _ in false }
  private var uids = 0

  static let key = ObjectKey(.statefulSets, namespace: "shop", "app")

  init(_ spec: String = "", claims: Bool = false, labels: String = #"{"app":"app"}"#) throws {
    let templates = #""volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}],"#
    let tree = try JSONParser.parse(
      """
      {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"app","namespace":"shop","generation":1},
      "spec":{"serviceName":"peers","selector":{"matchLabels":{"app":"app"}},\(claims ? templates : "")
      "template":{"metadata":{"labels":\(labels)},"spec":{"containers":[{"name":"main","image":"app:1"}]}},
      "podManagementPolicy":"OrderedReady","updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}},
      "replicas":3}}
      """)
    create(StatefulSetWorld.key, tree)
    try patch(StatefulSetWorld.key, #"{"spec":{\#(spec)}}"#)
  }

  var set: StatefulSet { store.get(StatefulSetWorld.key)!.view(StatefulSet.self) }
  var pods: [StoredObject] { store.list(.pods, namespace: "shop") }
  var names: [String] { pods.map(\.key.name) }
  var revisions: [StoredObject] { store.list(.controllerRevisions, namespace: "shop") }
  func pod(_ ordinal: Int) -> Pod? { store.get(.pods, namespace: "shop", "app-\(ordinal)")?.view(Pod.self) }
  func image(_ ordinal: Int) -> String? { pod(ordinal)?.spec.containers.first?.image }
  func isTerminating(_ ordinal: Int) -> Bool { pod(ordinal)?.metadata.deletionTimestamp != nil }
  func claim(_ ordinal: Int) -> StoredObject? { store.get(.persistentVolumeClaims, namespace: "shop", "data-app-\(ordinal)") }

  mutating func create(_ key: ObjectKey, _ tree: JSON) {
    uids += 1
    var tree = tree
    tree[.metadata].put(.uid, .string("uid-\(uids)"))
    note(store.put(key, tree))
  }

  /// The controller is told of every change, as the engine does.
  private mutating func note(_ change: StoreChange?) {
    guard let change else { return }
    _ = controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: MetricsWindow()))
  }

  /// A merge patch by a user.
  mutating func patch(_ key: ObjectKey, _ text: String) throws {
    var tree = try #require(store.get(key)).tree
    tree.merge(try JSONParser.parse(text))
    note(store.put(key, tree))
  }

  mutating func patch(_ text: String) throws { try patch(StatefulSetWorld.key, text) }

  mutating func setImage(_ image: String) throws {
    try patch(#"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"\#(image)"}]}}}}"#)
  }

  /// One look, and its writes. False if nothing was wanted.
  @discardableResult mutating func step() -> Bool {
    last = controller.plan(StatefulSetWorld.key, in: Snapshot(store: store, metrics: MetricsWindow()), at: now)
    _ = last.perform { change in
      let isRefused = refuse(change.write)
      if !isRefused { apply(change.write) }
      if let event = isRefused ? change.failed : change.succeeded { events.append("\(event.reason) \(event.message)") }
      return !isRefused
    }
    return !last.changes.isEmpty
  }

  /// Looks until nothing is wanted; 50 looks would be a controller that never rests.
  mutating func settle() {
    for _ in 0..<50 where !step() { return }
    Issue.record("the controller does not come to rest: \(last.changes)")
  }

  /// Every pod starts and ends as its node would let it, until the set rests.
  mutating func run() throws {
    for _ in 0..<100 {
      settle()
      let before = store.revision
      for pod in pods {
        if pod.metadata.deletionTimestamp != nil {
          note(store.remove(pod.key))
        } else if pod.view(Pod.self).status.phase == "Pending" {
          try ready(pod.key.name)
        }
      }
      if store.revision == before { return }
    }
    Issue.record("the set never rests")
  }

  mutating func ready(_ name: String) throws {
    let condition = #"{"type":"Ready","status":"True","lastTransitionTime":"\#(now.rfc3339)"}"#
    try patch(ObjectKey(.pods, namespace: "shop", name), #"{"status":{"phase":"Running","conditions":[\#(condition)]}}"#)
  }

  mutating func unready(_ name: String) throws {
    try patch(
      ObjectKey(.pods, namespace: "shop", name),
      #"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}]}}"#)
  }

  /// The node has stopped the pod.
  mutating func gone(_ ordinal: Int) { note(store.remove(ObjectKey(.pods, namespace: "shop", "app-\(ordinal)"))) }

  private mutating func apply(_ write: Change.Write) {
    switch write {
    case .create(let resource, let namespace, var tree):
      let key = ObjectKey(resource, namespace: namespace, tree[.metadata][.name].string ?? "")
      if store.get(key) != nil { return }
      if resource == .pods { tree.put(.status, ["phase": "Pending"]) }
      create(key, tree)
    case .update(let resource, let tree), .updateStatus(let resource, let tree):
      let metadata = tree[.metadata]
      let key = ObjectKey(resource, namespace: metadata[.namespace].string ?? "", metadata[.name].string ?? "")
      guard let present = store.get(key) else { return }
      if String(present.revision) != metadata[.resourceVersion].string { Issue.record("a stale write of \(key)") }
      note(store.put(key, tree))
    case .delete(let key, let uid, _, _):
      guard let present = store.get(key), present.uid == uid else { return }
      if key.resource != .pods {
        note(store.remove(key))
        return
      }
      var tree = present.tree
      tree[.metadata].put(.deletionTimestamp, .string(now.rfc3339))
      note(store.put(key, tree))
    case .patch, .bind, .nothing: break
    }
  }
}
