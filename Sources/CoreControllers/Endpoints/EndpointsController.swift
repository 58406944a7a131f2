package import CoreObjects

/// The addresses behind each Service: as Endpoints and as EndpointSlices from its pods; as slices alone from Endpoints that were
/// made by hand. Source: pkg/controller/endpoint, endpointslice and endpointslicemirroring, v1.36.
package struct EndpointsController: Controller {
  package let name = "endpoint-controller"
  package var resources: Set<ResourceID>? { [.services, .endpoints, .endpointSlices, .pods] }
  private var pods = PodIndex()
  /// Services with a selector, by namespace: where there is none, no pod matters.
  private var selecting: [String: Set<ObjectKey>] = [:]
  /// Slices as they were last written here: another change is somebody else's, and is put right.
  /// Source: EndpointSliceTracker, k8s.io/endpointslice/util, v0.36.
  private var written: [ObjectKey: JSON] = [:]

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    if key.resource == .pods { pods.record(change) }
    switch key.resource {
    case .services:
      recordSelector(change)
      return [key]
    case .endpoints:
      // Those that are ours are made again when they are gone; those made by hand are mirrored.
      let service = ObjectKey(.services, namespace: key.namespace, key.name)
      let isOurs = snapshot.store.get(service).map { !$0.view(Service.self).spec.selector.isEmpty } ?? true
      return change.kind != .deleted && isOurs ? [] : [service]
    case .endpointSlices:
      // One that is taken away must come again.
      guard !isOurs(change), let service = (change.previous ?? change.object).metadata.labels[EndpointSlices.serviceLabel] else {
        return []
      }
      return [ObjectKey(.services, namespace: key.namespace, service)]
    case .pods:
      if selecting[key.namespace] == nil { return [] }
      if let previous = change.previous, change.kind == .modified, !EndpointsController.matters(previous, change.object) {
        return []
      }
      let labels = change.object.metadata.labels
      let before = change.previous?.metadata.labels
      return snapshot.store.list(.services, namespace: key.namespace).filter {
        let selector = $0.view(Service.self).spec.selector
        if selector.isEmpty { return false }
        return EndpointsController.matches(selector, labels) || before.map { EndpointsController.matches(selector, $0) } ?? false
      }.map(\.key)
    default: return []
    }
  }

  private mutating func recordSelector(_ change: StoreChange) {
    let key = change.object.key
    if change.kind != .deleted, !change.object.view(Service.self).spec.selector.isEmpty {
      selecting[key.namespace, default: []].insert(key)
    } else if selecting[key.namespace]?.remove(key) != nil, selecting[key.namespace]!.isEmpty {
      selecting[key.namespace] = nil
    }
  }

  private mutating func isOurs(_ change: StoreChange) -> Bool {
    let wanted = written.removeValue(forKey: change.object.key)
    switch change.kind {
    case .added: return true
    case .deleted: return false
    case .modified:
      return wanted?[.endpoints] == change.object.tree[.endpoints] && wanted?[.ports] == change.object.tree[.ports]
        && wanted?[.metadata][.labels] == change.object.tree[.metadata][.labels]
    }
  }

  private static func matches(_ selector: TextMap, _ labels: TextMap) -> Bool {
    selector.sorted.allSatisfy { labels[$0.name] == $0.value }
  }

  private static func matters(_ old: StoredObject, _ new: StoredObject) -> Bool {
    let (a, b) = (old.tree, new.tree)
    return a[.status][.podIP] != b[.status][.podIP] || a[.status][.phase] != b[.status][.phase]
      || a[.spec][.nodeName] != b[.spec][.nodeName] || a[.metadata][.labels] != b[.metadata][.labels]
      || a[.metadata][.deletionTimestamp] != b[.metadata][.deletionTimestamp]
      || old.view(Pod.self).isReady != new.view(Pod.self).isReady
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else {
      // Slices go with their owner.
      let left = snapshot.store.get(.endpoints, namespace: key.namespace, key.name)
      return Plan(changes: left.map { [.delete($0)] } ?? [])
    }
    guard stored.metadata.deletionTimestamp == nil else { return Plan() }
    let service = stored.view(Service.self)
    var plan = Plan()
    if service.spec.type == "ExternalName" { return plan }
    var slices = EndpointSlices(stored, snapshot.store)
    if service.spec.selector.isEmpty {
      if let endpoints = snapshot.store.get(.endpoints, namespace: key.namespace, key.name) {
        slices.mirror(endpoints, into: &plan)
      }
      remember(plan, namespace: key.namespace)
      return plan
    }
    let selector = LabelSelector(tree: ["matchLabels": service.spec.selector.tree])
    let backends = pods.pods(selector, namespace: key.namespace, snapshot.store).compactMap {
      Backend($0, of: service, snapshot.store)
    }
    EndpointsObject(stored, backends).write(snapshot.store, into: &plan)
    slices.write(backends, into: &plan)
    remember(plan, namespace: key.namespace)
    return plan
  }

  private mutating func remember(_ plan: Plan, namespace: String) {
    for change in plan.changes {
      guard case .update(.endpointSlices, let tree) = change.write else { continue }
      written[ObjectKey(.endpointSlices, namespace: namespace, tree[.metadata][.name].string ?? "")] = tree
    }
  }
}
