import CoreObjects

/// A name and an address for a set of pods.
struct ServiceResource: Resource {
  /// Three hours.
  static let affinitySeconds = 10_800
  let definition = ResourceDefinition(
    id: .services, kind: "Service", shortNames: ["svc"], categories: ["all"], hasStatus: true,
    subresources: [.proxy("ServiceProxyOptions")],
    columns: [.name, "Type", "Cluster-IP", "External-IP", "Port(s)", .age, .wide("Selector")],
    selectable: ["spec.clusterIP": { $0[.spec][.clusterIP] }, "spec.type": { $0[.spec][.type] }], nameRule: .dnsLabel)

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

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var service = Service(tree: object)
    service.status = ServiceStatus()
    service.status.tree.put(.loadBalancer, .object([]))
    try allocate(&service, context)
    object = service.tree
  }

  /// Fills in cluster address and node ports.
  private func allocate(_ service: inout Service, _ context: WriteContext) throws(APIError) {
    if let address = service.spec.clusterIP, service.spec.clusterIPs.isEmpty { service.spec.clusterIPs = List([address]) }
    var addresses = ServiceAddresses(for: service, context)
    try addresses.allocate(&service.spec)
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.status, old[.status])
    var service = Service(tree: object)
    let before = Service(tree: old).spec
    keepAllocated(&service.spec, before)
    ServiceRules.dropDependents(&service.spec, before)
    try allocate(&service, context)
    object = service.tree
  }

  /// What the server gave stays where the client says nothing of it. Source: patchAllocatedValues and NormalizeClusterIPs,
  /// pkg/registry/core/service/storage/storage.go, v1.36.
  private func keepAllocated(_ spec: inout ServiceSpec, _ before: ServiceSpec) {
    if spec.type != "ExternalName", before.type != "ExternalName" {
      if spec.clusterIP == nil, spec.clusterIPs.isEmpty || spec.clusterIPs == before.clusterIPs {
        spec.clusterIP = before.clusterIP
        spec.clusterIPs = before.clusterIPs
      }
      for key in [Key.ipFamilies, .ipFamilyPolicy] where spec.tree[key].isNull { spec.tree.put(key, before.tree[key]) }
    }
    // Who changes the one means the other too.
    if spec.clusterIP != before.clusterIP, spec.clusterIPs == before.clusterIPs { spec.clusterIPs = List([]) }
    if spec.opensNodes, before.opensNodes {
      for index in spec.ports.indices where spec.ports[index].nodePort == nil {
        let port = spec.ports[index]
        spec.ports[index].nodePort = before.ports.first { $0.port == port.port && $0.protocol == port.protocol }?.nodePort
      }
    }
    if spec.needsHealthPort, before.needsHealthPort, spec.healthCheckNodePort == nil {
      spec.healthCheckNodePort = before.healthCheckNodePort
    }
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
    let service = Service(tree: object)
    let errors = ServiceRules.validate(service)
    if !errors.isEmpty { return errors }
    let before = context.store.get(ObjectKey(.services, of: object))?.view(Service.self).spec ?? ServiceSpec()
    return ServiceAddresses(for: service, context).conflicts(service.spec, before)
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    ServiceRules.validateUpdate(Service(tree: object).spec, Service(tree: old).spec)
  }

  /// Where it is reached from outside. Source: getServiceExternalIP, pkg/printers/internalversion/printers.go, v1.36.
  private func external(_ service: Service) -> String {
    if service.spec.type == "ExternalName" { return service.spec.externalName ?? "" }
    var places = service.spec.externalIPs.values
    if service.spec.type == "LoadBalancer" {
      places = service.status.loadBalancer.ingress.compactMap { $0.ip ?? $0.hostname } + places
    }
    return places.isEmpty ? (service.spec.type == "LoadBalancer" ? "<pending>" : "<none>") : places.joined(separator: ",")
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let service = Service(tree: object)
    let ports = service.spec.ports.map { port in
      "\(port.port ?? 0)" + (port.nodePort.map { ":\($0)" } ?? "") + "/\(port.protocol ?? "TCP")"
    }
    return [
      TableCells.name(object), .string(service.spec.type ?? ""), .string(service.spec.clusterIP ?? "<none>"),
      .string(external(service)),
      .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), TableCells.age(object, now),
      TableCells.labels(service.spec.selector),
    ]
  }
}
