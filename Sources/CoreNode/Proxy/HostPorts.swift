import CoreObjects

/// Ports of a node that lead to a pod's containers.
enum HostPorts {
  static func isAsked(by pod: StoredObject) -> Bool {
    let spec = pod.view(Pod.self).spec
    return spec.hostNetwork != true && containerPorts(spec).contains { ($0.hostPort ?? 0) != 0 }
  }

  /// Of all containers that go on running.
  static func containerPorts(_ spec: PodSpec) -> [ContainerPort] {
    (spec.initContainers.filter { $0.restartPolicy == "Always" } + spec.containers.map { $0 }).flatMap { $0.ports.map { $0 } }
  }

  /// - Parameter address: of a node
  static func routes(of pod: Pod, _ address: (String) -> String?) -> [Route] {
    guard pod.spec.hostNetwork != true, !["Succeeded", "Failed"].contains(pod.status.phase), let podIP = pod.status.podIP,
      let node = pod.spec.nodeName.flatMap(address)
    else { return [] }
    return containerPorts(pod.spec).compactMap { port in
      guard let hostPort = port.hostPort, hostPort != 0, let number = port.containerPort,
        [nil, "", "0.0.0.0", "::", node].contains(port.hostIP)
      else { return nil }
      let frontend = Route.Frontend(address: node, protocol: (port.protocol ?? "TCP").lowercased(), port: hostPort)
      return Route(frontend: frontend, backends: [Route.Backend(address: podIP, port: number)])
    }
  }
}
