import CoreObjects

/// The Endpoints of a Service, kept for those who still read them.
/// Source: pkg/controller/endpoint/endpoints_controller.go and RepackSubsets, pkg/api/v1/endpoints, v1.36.
struct EndpointsObject {
  /// Addresses at the most; an annotation says that there are more.
  static let capacity = 1000
  static let overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity"
  static let managedByLabel = "endpoints.kubernetes.io/managed-by"
  static let headlessLabel = "service.kubernetes.io/headless"

  private let stored: StoredObject
  private let service: Service
  private var subsets: [JSON] = []
  private var isTruncated = false

  init(_ stored: StoredObject, _ backends: [Backend]) {
    self.stored = stored
    service = stored.view(Service.self)
    // Pods that end are no longer here, unless even unready ones are wanted.
    var present = backends.filter { !$0.isTerminating || service.spec.publishNotReadyAddresses == true }
      .filter { !$0.ports.isEmpty || service.spec.ports.isEmpty }
      .sorted { ($0.address, $0.pod.uid) < ($1.address, $1.pod.uid) }
    if present.count > EndpointsObject.capacity {
      isTruncated = true
      present = Array((present.filter(\.isReady) + present.filter { !$0.isReady }).prefix(EndpointsObject.capacity))
    }
    var rest = present[...]
    while let first = rest.first {
      subsets.append(EndpointsObject.subset(rest.filter { $0.ports == first.ports }))
      rest = rest.filter { $0.ports != first.ports }[...]
    }
  }

  private static func subset(_ backends: [Backend]) -> JSON {
    var subset: JSON = .object([])
    let ready = backends.filter(\.isReady).map { address($0) }
    let unready = backends.filter { !$0.isReady }.map { address($0) }
    if !ready.isEmpty { subset.put(.addresses, .array(ready)) }
    if !unready.isEmpty { subset.put(.notReadyAddresses, .array(unready)) }
    let ports: [JSON] = backends[0].ports.map { port in
      var entry: JSON = ["port": .int(Int64(port.number)), "protocol": .string(port.protocol)]
      if !port.name.isEmpty { entry.put(.name, .string(port.name)) }
      if let appProtocol = port.appProtocol { entry.put(.appProtocol, .string(appProtocol)) }
      return entry
    }
    if !ports.isEmpty { subset.put(.ports, .array(ports)) }
    return subset
  }

  private static func address(_ backend: Backend) -> JSON {
    var entry: JSON = ["ip": .string(backend.address)]
    if let hostname = backend.hostname { entry.put(.hostname, .string(hostname)) }
    if let node = backend.nodeName { entry.put(.nodeName, .string(node)) }
    entry.put(.targetRef, backend.target)
    return entry
  }

  func write(_ store: Store, into plan: inout Plan) {
    let present = store.get(.endpoints, namespace: stored.key.namespace, stored.key.name)
    var metadata = ObjectMeta()
    metadata.name = stored.key.name
    metadata.namespace = stored.key.namespace
    metadata.labels = service.metadata.labels
    metadata.labels[EndpointsObject.managedByLabel] = "endpoint-controller"
    if service.spec.clusterIP == "None" { metadata.labels[EndpointsObject.headlessLabel] = "" }
    if isTruncated { metadata.annotations[EndpointsObject.overCapacityAnnotation] = "truncated" }
    guard let present else {
      var tree: JSON = ["apiVersion": "v1", "kind": "Endpoints", "metadata": metadata.tree]
      if !subsets.isEmpty { tree.put(.subsets, .array(subsets)) }
      plan.changes.append(
        Change(
          .create(.endpoints, namespace: stored.key.namespace, tree: tree), failed: draft("FailedToCreateEndpoint"),
          tolerated: [.alreadyExists, .forbidden]))
      return
    }
    let isMarked = present.metadata.annotations[EndpointsObject.overCapacityAnnotation] != nil
    if present.tree[.subsets].elements == subsets, present.metadata.labels == metadata.labels, isMarked == isTruncated { return }
    var updated = present.tree
    if subsets.isEmpty { updated.remove(.subsets) } else { updated.put(.subsets, .array(subsets)) }
    updated[.metadata].put(.labels, metadata.labels.tree)
    if isMarked != isTruncated {
      let value: JSON = isTruncated ? "truncated" : .null
      updated[.metadata].merge(["annotations": .object([Member(key: Key(EndpointsObject.overCapacityAnnotation), value: value)])])
    }
    plan.changes.append(Change(.update(.endpoints, tree: updated), failed: draft("FailedToUpdateEndpoint")))
  }

  private func draft(_ reason: String) -> EventDraft {
    let message = "the Endpoints of Service \(stored.key.namespace)/\(stored.key.name) could not be written: {error}"
    return stored.event(.warning, reason, message)
  }
}
