import CoreObjects

/// A name and an address for a set of pods.
struct ServiceResource: Resource {
  /// Three hours.
  static let affinitySeconds = 10_800
  let definition = ResourceDefinition(
    id: .services, kind: "Service", shortNames: ["svc"], categories: ["all"], hasStatus: true,
    columns: [.name, "Type", "Cluster-IP", "External-IP", "Port(s)", .age, .wide("Selector")],
    selectable: ["spec.clusterIP": { $0[.spec][.clusterIP] }, "spec.type": { $0[.spec][.type] }], nameRule: .dns1035Label)

  /// Source: SetDefaults_Service, pkg/apis/core/v1/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    var service = Service(tree: object)
    setAffinity(&service.spec)
    let type = service.spec.type
    if type != "ExternalName", service.spec.internalTrafficPolicy == nil { service.spec.internalTrafficPolicy = "Cluster" }
    let isOpen = type == "NodePort" || type == "LoadBalancer"
    if isOpen || (type == "ClusterIP" && !service.spec.externalIPs.isEmpty), service.spec.externalTrafficPolicy == nil {
      service.spec.externalTrafficPolicy = "Cluster"
    }
    if type == "LoadBalancer", service.spec.allocateLoadBalancerNodePorts == nil {
      service.spec.allocateLoadBalancerNodePorts = true
    }
    for index in service.spec.ports.indices { setDefaults(&service.spec.ports[index]) }
    if type == "LoadBalancer" {
      for index in service.status.loadBalancer.ingress.indices where service.status.loadBalancer.ingress[index].ip != nil {
        if service.status.loadBalancer.ingress[index].ipMode == nil { service.status.loadBalancer.ingress[index].ipMode = "VIP" }
      }
    }
    object = service.tree
  }

  private func setAffinity(_ spec: inout ServiceSpec) {
    if spec.sessionAffinity == "None" {
      spec.tree.remove(.sessionAffinityConfig)
    } else if spec.sessionAffinity == "ClientIP", spec.sessionAffinityConfig.clientIP.timeoutSeconds == nil {
      spec.sessionAffinityConfig.clientIP.timeoutSeconds = ServiceResource.affinitySeconds
    }
  }

  private func setDefaults(_ port: inout ServicePort) {
    if port.nodePort == 0 { port.nodePort = nil }
    let target = port.targetPort
    if target.isNull || target.int == 0 || target.string == "", let number = port.port { port.targetPort = .int(Int64(number)) }
  }

  /// Allocates the cluster address and node ports.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var service = Service(tree: object)
    service.status = ServiceStatus()
    service.status.tree.put(.loadBalancer, .object([]))
    try ServiceAddresses.allocate(&service, context)
    object = service.tree
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.status, old[.status])
    var service = Service(tree: object)
    let before = Service(tree: old)
    if service.spec.clusterIP == nil, service.spec.type != "ExternalName" {
      service.spec.clusterIP = before.spec.clusterIP
      service.spec.clusterIPs = before.spec.clusterIPs
    }
    dropOpenness(&service.spec, before.spec)
    try ServiceAddresses.allocate(&service, context)
    object = service.tree
  }

  /// What a service that was open to the outside had from it goes with it, unless the client writes it anew.
  /// Source: dropTypeDependentFields, pkg/registry/core/service/strategy.go, v1.36.
  private func dropOpenness(_ spec: inout ServiceSpec, _ before: ServiceSpec) {
    guard spec.type == "ClusterIP", before.type == "NodePort" || before.type == "LoadBalancer" else { return }
    if spec.ports.map(\.nodePort) == before.ports.map(\.nodePort) {
      for index in spec.ports.indices { spec.ports[index].nodePort = nil }
    }
    if spec.externalIPs.isEmpty, spec.externalTrafficPolicy == before.externalTrafficPolicy { spec.externalTrafficPolicy = nil }
  }

  /// Source: GetWarningsForService, pkg/api/service/warnings.go, v1.36.
  func warnings(_ object: JSON) -> [String] {
    let spec = Service(tree: object).spec
    guard spec.clusterIP == "None" else {
      return spec.externalIPs.isEmpty ? [] : ["spec.externalIPs is deprecated since v1.36"]
    }
    var texts: [String] = []
    if spec.loadBalancerIP?.isEmpty == false { texts.append("spec.loadBalancerIP is ignored where there is no cluster address") }
    if !spec.externalIPs.isEmpty { texts.append("spec.externalIPs is ignored where there is no cluster address") }
    if spec.sessionAffinity != "None" { texts.append("spec.sessionAffinity is ignored where there is no cluster address") }
    return texts
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = Service(tree: object).spec
    var errors: [FieldError] = []
    if spec.ports.isEmpty, spec.clusterIP != "None", spec.type != "ExternalName" {
      errors.add(.required, "spec.ports", "a service with an address has at least one port")
    }
    var names = Set<String>()
    for index in spec.ports.indices {
      let at = FieldPath("spec.ports").index(index)
      let port = spec.ports[index]
      if spec.ports.count > 1, (port.name ?? "").isEmpty {
        errors.add(.required, at.child("name"), "ports have names where there are several")
      } else if let name = port.name, !names.insert(name).inserted {
        errors.add(.duplicate, at.child("name"), value: name)
      }
      if let target = port.targetPort.string, !FieldRules.isPortName(target) {
        errors.add(.invalid, at.child("targetPort"), value: target, FieldRules.portNameText)
      }
      guard let nodePort = port.nodePort, nodePort != 0 else { continue }
      if spec.type == "ClusterIP" {
        errors.add(.forbidden, at.child("nodePort"), "is not for type ClusterIP")
      } else if !ServiceAddresses.nodePorts.contains(nodePort) {
        errors.add(.invalid, at.child("nodePort"), value: nodePort, "must be from 30000 to 32767")
      }
    }
    if let policy = spec.externalTrafficPolicy, spec.type == "ClusterIP", spec.externalIPs.isEmpty {
      errors.add(.invalid, "spec.externalTrafficPolicy", value: policy, "is for what is reached from outside")
    }
    for (index, family) in spec.ipFamilies.values.enumerated() where family == "IPv6" {
      errors.add(.invalid, FieldPath("spec.ipFamilies").index(index), value: family, "the cluster has IPv4 only")
    }
    if spec.type == "ExternalName", (spec.externalName ?? "").isEmpty {
      errors.add(.required, "spec.externalName", "name the host")
    }
    return errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    let before = Service(tree: old).spec
    guard before.type != "ExternalName", object[.spec][.type].string != "ExternalName", before.clusterIP != nil else { return [] }
    return FieldRules.immutable(object[.spec][.clusterIP], old[.spec][.clusterIP], "spec.clusterIP")
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let service = Service(tree: object)
    let ports = service.spec.ports.map { port in
      "\(port.port ?? 0)" + (port.nodePort.map { ":\($0)" } ?? "") + "/\(port.protocol ?? "TCP")"
    }
    let external = service.spec.type == "ExternalName" ? service.spec.externalName : service.spec.externalIPs.values.first
    return [
      TableCells.name(object), .string(service.spec.type ?? ""), .string(service.spec.clusterIP ?? "<none>"),
      .string(external ?? (service.spec.type == "LoadBalancer" ? "<pending>" : "<none>")),
      .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), TableCells.age(object, now),
      TableCells.labels(service.spec.selector),
    ]
  }
}
