import CoreAPI
import CoreObjects

/// What a run on a cluster watches: the autoscalers, their targets, and the pods and events of their namespaces.
struct LiveWatches: Sendable {
  private struct Watch: Sendable {
    let resource: ResourceID
    let namespace: String
    let objects: WatchedObjects
  }
  private let watches: [Watch]
  /// Of each autoscaler the place of its target's watch.
  private let targetPlaces: [Int]
  let targetPaths: [String]
  /// Of each watch, as they were at the last look.
  private var objects: [[StoredObject]] = []

  /// - Throws: where an autoscaler scales what is not served here.
  init(_ access: any ClusterAccess, _ autoscalers: [ManifestObject]) throws(RehearsalError) {
    var (watches, targetPlaces, targetPaths): ([Watch], [Int], [String]) = ([], [], [])
    func add(_ collection: String, _ resource: ResourceID, _ namespace: String, _ choice: ObjectChoice = .all) {
      watches.append(
        Watch(resource: resource, namespace: namespace, objects: WatchedObjects(access, collection, choice)))
    }
    for autoscaler in autoscalers {
      let reference = autoscaler.tree[.spec][.scaleTargetRef]
      let target: JSON = [
        "apiVersion": reference[.apiVersion], "kind": reference[.kind], "metadata": ["namespace": .string(autoscaler.namespace)],
      ]
      guard let path = Resources.collectionPath(of: target), let definition = Resources.definition(of: target),
        let own = Resources.collectionPath(of: autoscaler.tree)
      else {
        throw RehearsalError("\(autoscaler.title) scales what is not served", at: autoscaler.place)
      }
      let name = reference[.name].string ?? ""
      targetPlaces.append(watches.count)
      targetPaths.append(path + "/" + name)
      add(path, definition.id, autoscaler.namespace, .name(name))
      add(own, .horizontalPodAutoscalers, autoscaler.namespace, .name(autoscaler.name))
    }
    for namespace in Set(autoscalers.map(\.namespace)).sorted() {
      add("/api/v1/namespaces/\(namespace)/pods", .pods, namespace)
      add("/api/v1/namespaces/\(namespace)/events", .events, namespace)
    }
    (self.watches, self.targetPlaces, self.targetPaths) = (watches, targetPlaces, targetPaths)
    objects = watches.map { _ in [] }
  }

  /// The targets as they were at the last look, autoscaler by autoscaler.
  var targets: [StoredObject?] { targetPlaces.map { objects[$0].first } }

  /// The pods of all namespaces as they were at the last look.
  var pods: [ObjectKey: StoredObject] {
    let all = watches.indices.filter { watches[$0].resource == .pods }.flatMap { objects[$0] }
    return Dictionary(all.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
  }

  /// What went, and then all objects of the collections in which something has changed; targets and autoscalers first.
  mutating func changes() async throws -> (removed: [ObjectKey], objects: [StoredObject]) {
    var (removed, changed): ([ObjectKey], [StoredObject]) = ([], [])
    for (place, watch) in watches.enumerated() {
      guard let trees = try await watch.objects.changes() else { continue }
      func key(_ name: String) -> ObjectKey { ObjectKey(watch.resource, namespace: watch.namespace, name) }
      removed += watch.objects.removals().map(key)
      objects[place] = trees.map { tree in
        StoredObject(
          key: key(tree[.metadata][.name].string ?? ""), uid: tree[.metadata][.uid].string ?? "", revision: 0, tree: tree,
          encoded: nil)
      }
      changed += objects[place]
    }
    return (removed, changed)
  }

  func close() { for watch in watches { watch.objects.close() } }
}
