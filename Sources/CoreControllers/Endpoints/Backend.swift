import CoreObjects

/// A pod that serves a Service. Source: ShouldPodBeInEndpoints and podToEndpoint, k8s.io/endpointslice, v0.36.
struct Backend {
  private static let zoneLabel = "topology.kubernetes.io/zone"

  let pod: StoredObject
  let address: String
  let nodeName: String?
  let hostname: String?
  let zone: String?
  let isServing: Bool
  let isTerminating: Bool
  /// Takes new connections: publishNotReadyAddresses makes every pod do so.
  let isReady: Bool
  /// The Service's ports as this pod has them: a named port may have another number in each pod, or none.
  let ports: [Port]

  struct Port: Equatable {
    var name: String
    var number: Int
    var `protocol`: String
    var appProtocol: String?
  }

  /// nil for a pod that has ended or has no address yet.
  init?(_ pod: StoredObject, of service: Service, _ store: Store) {
    let view = pod.view(Pod.self)
    guard let address = view.status.podIP, !address.isEmpty, !view.isOver else { return nil }
    self.pod = pod
    self.address = address
    nodeName = view.spec.nodeName.flatMap { $0.isEmpty ? nil : $0 }
    let isNamed = (view.spec.hostname ?? "") != "" && view.spec.subdomain == service.metadata.name
    hostname = isNamed ? view.spec.hostname : nil
    zone = nodeName.flatMap { store.get(.nodes, $0)?.metadata.labels[Backend.zoneLabel] }
    isServing = view.isReady
    isTerminating = pod.metadata.deletionTimestamp != nil
    isReady = service.spec.publishNotReadyAddresses == true || (isServing && !isTerminating)
    ports = service.spec.ports.compactMap { Backend.port($0, view) }
  }

  /// Source: FindPort, pkg/api/v1/pod, v1.36.
  private static func port(_ port: ServicePort, _ pod: Pod) -> Port? {
    func made(_ number: Int) -> Port {
      Port(name: port.name ?? "", number: number, protocol: port.protocol ?? "TCP", appProtocol: port.appProtocol)
    }
    if let number = port.targetPort.int { return made(number == 0 ? port.port ?? 0 : number) }
    guard let name = port.targetPort.string, !name.isEmpty else { return made(port.port ?? 0) }
    // Init containers that go on beside the others serve too.
    let beside = pod.spec.initContainers.filter { $0.restartPolicy == "Always" }
    for container in Array(pod.spec.containers) + beside {
      let found = container.ports.first { $0.name == name && ($0.protocol ?? "TCP") == (port.protocol ?? "TCP") }
      if let number = found?.containerPort { return made(number) }
    }
    return nil
  }

  var target: JSON {
    ["kind": "Pod", "namespace": .string(pod.key.namespace), "name": .string(pod.key.name), "uid": .string(pod.uid)]
  }
}
