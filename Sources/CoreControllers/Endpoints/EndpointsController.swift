import CoreJSON
package import CoreStore
package import CoreTypes

/// The addresses of a Service's pods, as Endpoints and as an EndpointSlice. Source: pkg/controller/endpoint(slice), v1.36.
package struct EndpointsController: Controller {
  /// Addresses of one Service at the most. Source: maxCapacity, pkg/controller/endpoint, v1.36.
  static let capacity = 1000
  package let name = "endpoint-controller"
  private var pods = PodIndex()

  package init() {}

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    if key.resource == .pods { pods.note(change) }
    switch key.resource {
    case .services: return change.kind == .deleted ? [] : [key]
    case .endpoints: return change.kind == .deleted ? [ObjectKey(.services, namespace: key.namespace, key.name)] : []
    case .pods:
      if let previous = change.previous, change.kind == .modified, !EndpointsController.matters(previous, change.object) {
        return []
      }
      let labels = change.object.metadata.labels
      return snapshot.store.list(.services, namespace: key.namespace).filter {
        let selector = $0.view(Service.self).spec.selector
        return !selector.isEmpty && selector.sorted.allSatisfy { labels[$0.name] == $0.value }
      }.map(\.key)
    default: return []
    }
  }

  private static func matters(_ old: StoredObject, _ new: StoredObject) -> Bool {
    old.tree[.status][.podIP] != new.tree[.status][.podIP] || old.tree[.metadata][.labels] != new.tree[.metadata][.labels]
      || isReady(old.view(Pod.self)) != isReady(new.view(Pod.self))
      || old.tree[.metadata][.deletionTimestamp] != new.tree[.metadata][.deletionTimestamp]
  }

  private static func isReady(_ pod: Pod) -> Bool { pod.status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), case let service = stored.view(Service.self), !service.spec.selector.isEmpty,
      stored.metadata.deletionTimestamp == nil
    else { return Plan() }
    var ready: [StoredObject] = []
    var unready: [StoredObject] = []
    let selector = LabelSelector(tree: ["matchLabels": service.spec.selector.tree])
    for object in pods.pods(selector, namespace: key.namespace, snapshot.store) {
      let pod = object.view(Pod.self)
      guard (pod.status.podIP ?? "") != "", !Scheduler.isOver(pod), pod.metadata.deletionTimestamp == nil,
        service.spec.selector.sorted.allSatisfy({ pod.metadata.labels[$0.name] == $0.value })
      else { continue }
      if EndpointsController.isReady(pod) || service.spec.publishNotReadyAddresses == true {
        ready.append(object)
      } else {
        unready.append(object)
      }
    }
    let subsets = self.subsets(
      service, Array(ready.prefix(EndpointsController.capacity)), Array(unready.prefix(EndpointsController.capacity)))
    var plan = Plan()
    write(.endpoints, key, endpoints(stored, subsets), compare: .subsets, snapshot.store, &plan)
    let slice = ObjectKey(.endpointSlices, namespace: key.namespace, key.name + "-local")
    write(
      .endpointSlices, slice, endpointSlice(stored, service, ready, unready, slice.name), compare: .endpoints, snapshot.store,
      &plan)
    return plan
  }

  private func write(
    _ resource: ResourceID, _ key: ObjectKey, _ tree: JSON, compare field: Key, _ store: Store, _ plan: inout Plan
  ) {
    guard let present = store.get(resource, namespace: key.namespace, key.name) else {
      plan.changes.append(
        Change(.create(resource, namespace: key.namespace, tree: tree), tolerated: ["AlreadyExists", "Forbidden"]))
      return
    }
    if present.tree[field] == tree[field] || (present.tree[field].isNull && tree[field].elements.isEmpty) { return }
    var updated = present.tree
    updated.put(field, tree[field])
    plan.changes.append(Change(.update(resource, tree: updated)))
  }

  private func subsets(_ service: Service, _ ready: [StoredObject], _ unready: [StoredObject]) -> JSON {
    if ready.isEmpty, unready.isEmpty { return .array([]) }
    func addresses(_ pods: [StoredObject]) -> JSON {
      .array(
        pods.map { object in
          let pod = object.view(Pod.self)
          return [
            "ip": .string(pod.status.podIP ?? ""), "nodeName": .string(pod.spec.nodeName ?? ""),
            "targetRef": [
              "kind": "Pod", "namespace": .string(object.key.namespace), "name": .string(object.key.name),
              "uid": .string(object.uid),
            ],
          ]
        })
    }
    var subset: JSON = [:]
    if !ready.isEmpty { subset.put(.addresses, addresses(ready)) }
    if !unready.isEmpty { subset.put(.notReadyAddresses, addresses(unready)) }
    subset.put(.ports, ports(service, (ready + unready).first))
    return .array([subset])
  }

  private func ports(_ service: Service, _ pod: StoredObject?) -> JSON {
    .array(
      service.spec.ports.map { port in
        var result: JSON = [
          "port": .int(Int64(EndpointsController.number(port, pod))), "protocol": .string(port.protocol ?? "TCP"),
        ]
        if let name = port.name { result.put(.name, .string(name)) }
        return result
      })
  }

  /// A target port by number, or by the name of a container's port.
  private static func number(_ port: ServicePort, _ pod: StoredObject?) -> Int {
    if let number = port.targetPort.int { return number }
    guard let name = port.targetPort.string, !name.isEmpty else { return port.port ?? 0 }
    let containers = pod?.view(Pod.self).spec.containers ?? List(tree: .null)
    for container in containers {
      if let found = container.ports.first(where: { $0.name == name })?.containerPort { return found }
    }
    return port.port ?? 0
  }

  private func endpoints(_ service: StoredObject, _ subsets: JSON) -> JSON {
    [
      "apiVersion": "v1", "kind": "Endpoints",
      "metadata": [
        "name": .string(service.key.name), "namespace": .string(service.key.namespace),
        "labels": service.tree[.metadata][.labels],
      ],
      "subsets": subsets,
    ]
  }

  private func endpointSlice(
    _ stored: StoredObject, _ service: Service, _ ready: [StoredObject], _ unready: [StoredObject], _ name: String
  ) -> JSON {
    let all = ready.map { ($0, true) } + unready.map { ($0, false) }
    let list: [JSON] = all.map { object, isReady in
      let pod = object.view(Pod.self)
      return [
        "addresses": [.string(pod.status.podIP ?? "")], "nodeName": .string(pod.spec.nodeName ?? ""),
        "conditions": ["ready": .bool(isReady), "serving": .bool(isReady), "terminating": false],
        "targetRef": [
          "kind": "Pod", "namespace": .string(object.key.namespace), "name": .string(object.key.name), "uid": .string(object.uid),
        ],
      ]
    }
    return [
      "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
      "metadata": [
        "name": .string(name), "namespace": .string(stored.key.namespace),
        "labels": [
          "kubernetes.io/service-name": .string(stored.key.name),
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        ],
        "ownerReferences": [
          [
            "apiVersion": "v1", "kind": "Service", "name": .string(stored.key.name), "uid": .string(stored.uid),
            "controller": true,
            "blockOwnerDeletion": true,
          ]
        ],
      ],
      "addressType": "IPv4", "endpoints": .array(list), "ports": ports(service, (ready + unready).first),
    ]
  }
}
