import CoreObjects

/// Cluster addresses of the range of Services and node ports of 30000-32767, chosen by the write's random bits and the next free one.
struct ServiceAddresses {
  private static let nodePorts = 30_000...32_767
  private let context: WriteContext
  private let service: ObjectKey
  private var usedPorts: Set<Int>

  /// - Parameter service: whose own addresses are free for it
  init(for service: Service, _ context: WriteContext) {
    let others = context.store.list(.services).filter { $0.uid != service.metadata.uid }.map { $0.view(Service.self).spec }
    self.context = context
    self.service = ObjectKey(.services, of: service.tree)
    usedPorts = Set(others.flatMap { $0.ports.compactMap(\.nodePort) + [$0.healthCheckNodePort].compactMap { $0 } })
  }

  /// Fills in what is left to the server. Source: pkg/registry/core/service/storage/alloc.go, v1.36.
  mutating func allocate(_ spec: inout ServiceSpec) throws(APIError) {
    if spec.type == "ExternalName" { return }
    let isBare = spec.clusterIP == "None" && spec.selector.isEmpty
    if spec.ipFamilyPolicy == nil { spec.ipFamilyPolicy = isBare ? "RequireDualStack" : "SingleStack" }
    // Whoever writes the endpoints of it may have others than the cluster.
    if isBare, spec.ipFamilyPolicy != "SingleStack", spec.ipFamilies.count < 2 {
      spec.ipFamilies = List(spec.ipFamilies.values.first == "IPv6" ? ["IPv6", "IPv4"] : ["IPv4", "IPv6"])
    }
    // Of a family that the cluster has not there is no address to give.
    if (spec.clusterIP ?? "").isEmpty, spec.clusterIPs.isEmpty, spec.ipFamilies.values.first != "IPv6" {
      spec.clusterIP = try freeAddress()
      spec.clusterIPs = List([spec.clusterIP ?? ""])
    }
    if spec.ipFamilies.isEmpty, AddressText(spec.clusterIP ?? "")?.isIPv6 != true { spec.ipFamilies = List(["IPv4"]) }
    let isBalanced = spec.type == "LoadBalancer" && spec.allocateLoadBalancerNodePorts != false
    if spec.type == "NodePort" || isBalanced {
      for index in spec.ports.indices where spec.ports[index].nodePort == nil { spec.ports[index].nodePort = freePort() }
    }
    if spec.needsHealthPort, (spec.healthCheckNodePort ?? 0) == 0 { spec.healthCheckNodePort = freePort() }
  }

  private func isTaken(_ address: String) -> Bool {
    context.store.get(.ipAddresses, address).map { !$0.isAddress(of: service) } ?? false
  }

  private func freeAddress() throws(APIError) -> String {
    let addresses = (0..<65_000).lazy.map { step in
      let number = 256 + Int((context.randomBits &+ UInt64(step)) % 65_000)
      return "\(context.addresses.services).\(number / 256).\(number % 256)"
    }
    guard let found = addresses.first(where: { !isTaken($0) }) else {
      throw APIError(
        code: 500, reason: "InternalError", message: "no cluster address is free in \(context.addresses.serviceRange)")
    }
    return found
  }

  private mutating func freePort() -> Int {
    var port = ServiceAddresses.nodePorts.lowerBound + Int((context.randomBits >> 16) % UInt64(ServiceAddresses.nodePorts.count))
    while usedPorts.contains(port) {
      port = port == ServiceAddresses.nodePorts.upperBound ? ServiceAddresses.nodePorts.lowerBound : port + 1
    }
    usedPorts.insert(port)
    return port
  }

  /// Why what a service asks for cannot be had, once its form is right.
  /// - Parameter before: what it has already
  func conflicts(_ spec: ServiceSpec, _ before: ServiceSpec) -> [FieldError] {
    if spec.type == "ExternalName" { return [] }
    var errors = families(spec)
    if !errors.isEmpty { return errors }
    let address = spec.clusterIP ?? ""
    if address != "None", address != before.clusterIP {
      let bytes = AddressText(address)?.bytes ?? []
      let isInRange =
        address.hasPrefix(context.addresses.services + ".") && bytes.count == 4
        && ![[0, 0], [255, 255]].contains(bytes.suffix(2))
      let problem =
        !isInRange ? "is not in \(context.addresses.serviceRange)" : isTaken(address) ? "is taken" : nil
      if let problem { errors.add(.invalid, "spec.clusterIPs", value: spec.clusterIPs.tree, "\(address) \(problem)") }
    }
    let had = Set(before.ports.compactMap(\.nodePort))
    for index in spec.ports.indices {
      guard let port = spec.ports[index].nodePort, port != 0, !had.contains(port) else { continue }
      let problem =
        !ServiceAddresses.nodePorts.contains(port) ? "must be from 30000 to 32767" : usedPorts.contains(port) ? "is taken" : nil
      if let problem { errors.add(.invalid, FieldPath("spec.ports").index(index).child("nodePort"), value: port, problem) }
    }
    return errors
  }

  /// The cluster has IPv4 only. Source: initIPFamilyFields.
  private func families(_ spec: ServiceSpec) -> [FieldError] {
    var errors: [FieldError] = []
    let policy: FieldPath = "spec.ipFamilyPolicy"
    if spec.ipFamilyPolicy == "SingleStack", spec.clusterIPs.count == 2 || spec.ipFamilies.count == 2 {
      errors.add(.invalid, policy, value: spec.tree[.ipFamilyPolicy], "two families want RequireDualStack or PreferDualStack")
    }
    for (index, address) in spec.clusterIPs.values.enumerated() where index >= spec.ipFamilies.count {
      if AddressText(address)?.isIPv6 == true {
        errors.add(.invalid, FieldPath("spec.clusterIPs").index(index), value: spec.clusterIPs.tree, "the cluster has IPv4 only")
      }
    }
    if !errors.isEmpty || (spec.clusterIP == "None" && spec.selector.isEmpty) { return errors }
    if spec.ipFamilyPolicy == "RequireDualStack" {
      errors.add(.invalid, policy, value: spec.tree[.ipFamilyPolicy], "the cluster has IPv4 only")
    }
    for (index, family) in spec.ipFamilies.values.enumerated() where family == "IPv6" {
      errors.add(.invalid, FieldPath("spec.ipFamilies").index(index), value: family, "the cluster has IPv4 only")
    }
    return errors
  }
}
