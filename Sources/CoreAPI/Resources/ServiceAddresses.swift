import CoreObjects

/// Cluster addresses of 10.96.0.0/16 and node ports of 30000-32767, chosen by the write's random bits and the next free one.
enum ServiceAddresses {
  static let nodePorts = 30_000...32_767

  static func allocate(_ service: inout Service, _ context: WriteContext) throws(APIError) {
    if service.spec.type == "ExternalName" { return }
    let others = context.store.list(.services).filter { $0.uid != service.metadata.uid }.map { $0.view(Service.self) }
    if (service.spec.clusterIP ?? "").isEmpty {
      let used = Set(others.compactMap(\.spec.clusterIP))
      let addresses = (0..<65_000).lazy.map { step in
        let number = 256 + Int((context.randomBits &+ UInt64(step)) % 65_000)
        return "10.96.\(number / 256).\(number % 256)"
      }
      guard let found = addresses.first(where: { !used.contains($0) }) else {
        throw APIError(code: 500, reason: "InternalError", message: "no cluster address is free in 10.96.0.0/16")
      }
      service.spec.clusterIP = found
    }
    service.spec.clusterIPs = List([service.spec.clusterIP!])
    if service.spec.ipFamilies.isEmpty { service.spec.ipFamilies = List(["IPv4"]) }
    if service.spec.ipFamilyPolicy == nil { service.spec.ipFamilyPolicy = "SingleStack" }
    let isBalanced = service.spec.type == "LoadBalancer" && service.spec.allocateLoadBalancerNodePorts != false
    guard service.spec.type == "NodePort" || isBalanced else { return }
    var used = Set(others.flatMap { $0.spec.ports.compactMap(\.nodePort) })
    for index in service.spec.ports.indices where service.spec.ports[index].nodePort == nil {
      var port = 30_000 + Int((context.randomBits >> 16) % 2_768)
      while used.contains(port) { port = port == 32_767 ? 30_000 : port + 1 }
      used.insert(port)
      service.spec.ports[index].nodePort = port
    }
  }
}
