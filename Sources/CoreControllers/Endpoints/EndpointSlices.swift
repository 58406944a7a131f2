import CoreObjects

/// The EndpointSlices of a Service. Source: k8s.io/endpointslice/reconciler.go, v0.36.
struct EndpointSlices {
  static let serviceLabel = ServiceBackend.serviceLabel
  static let managerLabel = "endpointslice.kubernetes.io/managed-by"
  static let manager = "endpointslice-controller.k8s.io"
  static let mirrorManager = "endpointslicemirroring-controller.k8s.io"
  static let skipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror"
  static let leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"

  private let stored: StoredObject
  private let service: Service
  private let store: Store

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    self.store = store
    service = stored.view(Service.self)
  }

  /// Slices that an owner has and that we made.
  private func present(_ owner: StoredObject, _ manager: String) -> [StoredObject] {
    store.owned(by: owner.uid).filter {
      $0.key.resource == .endpointSlices && $0.metadata.deletionTimestamp == nil
        && $0.metadata.labels[EndpointSlices.managerLabel] == manager
    }.sorted { $0.key < $1.key }
  }

  func write(_ backends: [Backend], into plan: inout Plan) {
    var groups: [SlicePacking.Group] = []
    for backend in backends {
      let ports = EndpointSlices.ports(backend.ports)
      EndpointSlices.add(backend.pod.uid, EndpointSlices.endpoint(backend), at: backend.address, ports, to: &groups)
    }
    // A Service without backends keeps one empty slice.
    if groups.isEmpty { groups = [SlicePacking.Group(ports: .array([]), addressType: "IPv4", endpoints: [])] }
    var labels = service.metadata.labels
    if service.spec.clusterIP == "None" { labels[EndpointsObject.headlessLabel] = "" }
    let packing = packing(stored, EndpointSlices.manager, labels, TextMap(tree: .null))
    packing.write(groups, over: present(stored, EndpointSlices.manager), failed: draft, into: &plan)
    // What was mirrored before the Service had a selector.
    if let endpoints = store.get(.endpoints, namespace: stored.key.namespace, stored.key.name) {
      packing.write([], over: present(endpoints, EndpointSlices.mirrorManager), failed: draft, into: &plan)
    }
  }

  private var draft: EventDraft {
    let message = "the EndpointSlices of Service \(stored.key.namespace)/\(stored.key.name) could not be written: {error}"
    return stored.event(.warning, "FailedToUpdateEndpointSlices", message)
  }

  private func packing(_ owner: StoredObject, _ manager: String, _ labels: TextMap, _ annotations: TextMap) -> SlicePacking {
    var labels = labels
    labels[EndpointSlices.serviceLabel] = stored.key.name
    labels[EndpointSlices.managerLabel] = manager
    return SlicePacking(owner: owner, store: store, labels: labels, annotations: annotations)
  }

  private static func ports(_ ports: [Backend.Port]) -> JSON {
    .array(
      ports.map { port in
        var entry: JSON = ["name": .string(port.name), "port": .int(Int64(port.number)), "protocol": .string(port.protocol)]
        if let appProtocol = port.appProtocol { entry.put(.appProtocol, .string(appProtocol)) }
        return entry
      })
  }

  /// Puts an endpoint to those of the same ports and family.
  private static func add(
    _ id: String, _ endpoint: JSON, at address: String, _ ports: JSON, to groups: inout [SlicePacking.Group]
  ) {
    let family = address.contains(":") ? "IPv6" : "IPv4"
    let place = groups.firstIndex { $0.ports == ports && $0.addressType == family }
    if place == nil { groups.append(SlicePacking.Group(ports: ports, addressType: family, endpoints: [])) }
    groups[place ?? groups.count - 1].endpoints.append((id, endpoint))
  }

  private static func endpoint(_ backend: Backend) -> JSON {
    var entry: JSON = [
      "addresses": [.string(backend.address)],
      "conditions": [
        "ready": .bool(backend.isReady), "serving": .bool(backend.isServing), "terminating": .bool(backend.isTerminating),
      ],
    ]
    if let hostname = backend.hostname { entry.put(.hostname, .string(hostname)) }
    if let node = backend.nodeName { entry.put(.nodeName, .string(node)) }
    entry.put(.targetRef, backend.target)
    if let zone = backend.zone { entry.put(.zone, .string(zone)) }
    return entry
  }

  /// Endpoints that were made by hand, for a Service without a selector, as slices: one for each subset and family.
  /// Source: pkg/controller/endpointslicemirroring, v1.36.
  mutating func mirror(_ endpoints: StoredObject, into plan: inout Plan) {
    let metadata = endpoints.metadata
    let isKept =
      metadata.labels[EndpointSlices.skipMirrorLabel] == "true" || metadata.annotations[EndpointSlices.leaderAnnotation] != nil
      || metadata.deletionTimestamp != nil
    var groups: [SlicePacking.Group] = []
    if !isKept {
      for subset in endpoints.view(Endpoints.self).subsets {
        let ports = JSON.array(subset.ports.map { EndpointSlices.mirrored($0) })
        for (address, isReady) in subset.addresses.map({ ($0, true) }) + subset.notReadyAddresses.map({ ($0, false) }) {
          let ip = address.ip ?? ""
          EndpointSlices.add(ip, EndpointSlices.mirrored(address, isReady), at: ip, ports, to: &groups)
        }
      }
    }
    var annotations = metadata.annotations
    annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
    let packing = packing(endpoints, EndpointSlices.mirrorManager, metadata.labels, annotations)
    packing.write(groups, over: present(endpoints, EndpointSlices.mirrorManager), failed: draft, into: &plan)
    // What was ours while the Service had a selector.
    packing.write([], over: present(stored, EndpointSlices.manager), failed: draft, into: &plan)
  }

  private static func mirrored(_ port: EndpointPort) -> JSON {
    ports([
      Backend.Port(name: port.name ?? "", number: port.port ?? 0, protocol: port.protocol ?? "TCP", appProtocol: port.appProtocol)
    ])[0]
  }

  private static func mirrored(_ address: EndpointAddress, _ isReady: Bool) -> JSON {
    var entry: JSON = ["addresses": [.string(address.ip ?? "")], "conditions": ["ready": .bool(isReady)]]
    if let hostname = address.hostname { entry.put(.hostname, .string(hostname)) }
    if let node = address.nodeName { entry.put(.nodeName, .string(node)) }
    if !address.targetRef.isAbsent { entry.put(.targetRef, address.targetRef.tree) }
    return entry
  }
}
