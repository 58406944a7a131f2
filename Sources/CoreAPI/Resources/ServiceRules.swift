import CoreObjects

/// Rules of a service. Source: ValidateService, pkg/apis/core/validation/validation.go, v1.36.
enum ServiceRules {
  private static let sourceRanges = Key("service.beta.kubernetes.io/load-balancer-source-ranges")
  private static let kubeletPort = 10_250

  static func validate(_ service: Service) -> [FieldError] {
    let spec = service.spec
    var rules = RuleSheet()
    let isBalancer = spec.type == "LoadBalancer"
    if spec.ports.isEmpty, spec.clusterIP != "None", spec.type != "ExternalName" {
      rules.refuse(.required, "spec.ports", nil, "a service with an address has at least one port")
    }
    if spec.clusterIP == "None", isBalancer || spec.type == "NodePort" {
      rules.refuse(.invalid, "spec.clusterIPs[0]", "None", "is not for type \(spec.type ?? "")")
    }
    if spec.type == "ExternalName" { external(spec, &rules) }
    ports(spec, &rules)
    rules.add(ObjectMetaRules.labels(spec.selector, "spec.selector"))
    if spec.type != "ExternalName" { addresses(spec, &rules) }
    for (index, text) in spec.externalIPs.values.enumerated() {
      if let problem = AddressText.problem(asEndpoint: text) {
        rules.refuse(.invalid, FieldPath("spec.externalIPs").index(index), .string(text), problem)
      }
    }
    networks(service, &rules)
    if !isBalancer, spec.allocateLoadBalancerNodePorts != nil {
      rules.refuse(.forbidden, "spec.allocateLoadBalancerNodePorts", nil, "is for type LoadBalancer")
    }
    if !isBalancer, spec.loadBalancerClass != nil {
      rules.refuse(.forbidden, "spec.loadBalancerClass", nil, "is for type LoadBalancer")
    }
    if isBalancer { rules.qualifiedName(spec.tree[.loadBalancerClass], "spec.loadBalancerClass") }
    openness(spec, &rules)
    return rules.errors
  }

  private static func external(_ spec: ServiceSpec, _ rules: inout RuleSheet) {
    for key in [Key.clusterIPs, .ipFamilies, .ipFamilyPolicy] where !spec.tree[key].isNull {
      rules.refuse(.forbidden, FieldPath("spec").child(key), nil, "is not for type ExternalName")
    }
    var name = spec.externalName ?? ""
    if name.hasSuffix(".") { name.removeLast() }
    if name.isEmpty {
      rules.refuse(.required, "spec.externalName", nil, "name the host")
    } else if let problem = NameRules.problem(name, .dnsSubdomain) {
      rules.refuse(.invalid, "spec.externalName", .string(name), problem)
    }
  }

  private static func ports(_ spec: ServiceSpec, _ rules: inout RuleSheet) {
    var names = Set<String>()
    var nodePorts = Set<String>()
    for index in spec.ports.indices {
      let at = FieldPath("spec.ports").index(index)
      let port = spec.ports[index]
      if port.port == kubeletPort, spec.type == "LoadBalancer" {
        rules.refuse(.invalid, at, .int(Int64(kubeletPort)), "it is the port of the node's agent")
      }
      if let name = port.name, !name.isEmpty {
        rules.form(.string(name), at.child("name"), FieldRules.labelText, FieldRules.isLabel)
        if !names.insert(name).inserted { rules.refuse(.duplicate, at.child("name"), .string(name)) }
      } else if spec.ports.count > 1 {
        rules.refuse(.required, at.child("name"), nil, "ports have names where there are several")
      }
      rules.form(port.targetPort, at.child("targetPort"), FieldRules.portNameText, FieldRules.isPortName)
      rules.qualifiedName(port.tree[.appProtocol], at.child("appProtocol"))
      guard let nodePort = port.nodePort, nodePort != 0 else { continue }
      if spec.type == "ClusterIP" { rules.refuse(.forbidden, at.child("nodePort"), nil, "is not for type ClusterIP") }
      if !nodePorts.insert("\(nodePort)/\(port.protocol ?? "")").inserted {
        rules.refuse(.duplicate, at.child("nodePort"), port.tree[.nodePort])
      }
    }
  }

  /// Source: ValidateServiceClusterIPsRelatedFields.
  private static func addresses(_ spec: ServiceSpec, _ rules: inout RuleSheet) {
    let path = FieldPath("spec.clusterIPs")
    let (addresses, families) = (spec.clusterIPs.values, spec.ipFamilies.values)
    if let first = addresses.first, first != spec.clusterIP ?? "" {
      rules.refuse(.invalid, path, spec.clusterIPs.tree, "the first is clusterIP")
    }
    for (index, family) in families.enumerated() {
      let at = FieldPath("spec.ipFamilies").index(index)
      if !["IPv4", "IPv6"].contains(family) {
        rules.add([.notSupported(at, value: family, supported: ["IPv4", "IPv6"])])
      }
      if families[..<index].contains(family) { rules.refuse(.duplicate, at, .string(family)) }
    }
    if addresses.first == "None", addresses.count > 1 {
      rules.refuse(.invalid, path, spec.clusterIPs.tree, "'None' stands alone")
    }
    for (index, text) in addresses.enumerated() where index > 0 || text != "None" {
      rules.form(.string(text), path.index(index), "must be an IP address", AddressText.isStrict)
    }
    if addresses.count > 2 { rules.refuse(.invalid, path, spec.clusterIPs.tree, "may have two values at the most") }
    let read = addresses.compactMap { AddressText($0) }
    guard read.count == addresses.count else { return }
    if read.count == 2, read[0].isIPv6 == read[1].isIPv6 {
      rules.refuse(.invalid, path, spec.clusterIPs.tree, "has one address of a family")
    }
    for (index, (address, family)) in zip(read, families).enumerated() where address.isIPv6 != (family == "IPv6") {
      rules.refuse(
        .invalid, path.index(index), .string(addresses[index]), "is none of \(family), as ipFamilies[\(index)] wants it")
    }
  }

  private static func networks(_ service: Service, _ rules: inout RuleSheet) {
    let isOther = service.spec.type != "LoadBalancer"
    let ranges = service.spec.loadBalancerSourceRanges.values
    func check(_ text: Substring, _ path: FieldPath) {
      rules.form(.string(String(text.trimmingSpaces)), path, "must be a network such as 10.9.8.0/24", AddressText.isNetwork)
    }
    if !ranges.isEmpty {
      // Upstream's own spelling.
      let path = FieldPath("spec.LoadBalancerSourceRanges")
      if isOther { rules.refuse(.forbidden, path, nil, "is for type LoadBalancer") }
      for (index, range) in ranges.enumerated() { check(range[...], path.index(index)) }
    } else if let text = service.metadata.annotations[sourceRanges] {
      let path = FieldPath("metadata.annotations").key(sourceRanges.name)
      if isOther { rules.refuse(.forbidden, path, nil, "is for type LoadBalancer") }
      for range in text.split(separator: ",") { check(range, path) }
    }
  }

  /// What is reached from outside. Source: validateServiceExternalTrafficPolicy.
  private static func openness(_ spec: ServiceSpec, _ rules: inout RuleSheet) {
    let isOpen = spec.opensNodes || spec.type == "ClusterIP" && !spec.externalIPs.isEmpty
    if let policy = spec.externalTrafficPolicy, !isOpen {
      rules.refuse(.invalid, "spec.externalTrafficPolicy", .string(policy), "is for what is reached from outside")
    }
    let port = spec.healthCheckNodePort ?? 0
    if spec.needsHealthPort {
      if !(0...65535).contains(port) {
        rules.refuse(.invalid, "spec.healthCheckNodePort", .int(Int64(port)), "must be between 1 and 65535, inclusive")
      }
    } else if port != 0 {
      rules.refuse(
        .invalid, "spec.healthCheckNodePort", .int(Int64(port)), "is for type LoadBalancer with externalTrafficPolicy Local")
    }
  }

  // MARK: Changes

  /// Source: ValidateServiceUpdate.
  static func validateUpdate(_ spec: ServiceSpec, _ before: ServiceSpec) -> [FieldError] {
    var rules = RuleSheet()
    if spec.type == "LoadBalancer", before.type == "LoadBalancer", spec.loadBalancerClass != before.loadBalancerClass {
      rules.refuse(.invalid, "spec.loadBalancerClass", spec.tree[.loadBalancerClass], "is not changed once it is set")
    }
    if spec.type != "ExternalName", before.type != "ExternalName", let was = before.clusterIP, was != spec.clusterIP {
      rules.refuse(.invalid, "spec.clusterIPs[0]", spec.clusterIPs.tree, "is not changed once it is set")
    }
    return rules.errors
  }

  /// What a service had because of its type goes with the type, unless the client writes it anew.
  /// Source: dropTypeDependentFields, pkg/registry/core/service/strategy.go, v1.36.
  static func dropDependents(_ spec: inout ServiceSpec, _ before: ServiceSpec) {
    if before.type != "ExternalName", spec.type == "ExternalName" {
      if spec.clusterIPs == before.clusterIPs { for key in [Key.clusterIP, .clusterIPs] { spec.tree.remove(key) } }
      for key in [Key.ipFamilies, .ipFamilyPolicy] where spec.tree[key] == before.tree[key] { spec.tree.remove(key) }
    }
    func lost(_ needs: (ServiceSpec) -> Bool) -> Bool { needs(before) && !needs(spec) }
    if lost(\.opensNodes),
      spec.ports.map(\.nodePort) == before.ports.map(\.nodePort)
    {
      for index in spec.ports.indices { spec.ports[index].nodePort = nil }
    }
    var gone: [Key] = []
    if lost(\.needsHealthPort) { gone.append(.healthCheckNodePort) }
    if lost({ $0.type == "LoadBalancer" }) { gone += [.allocateLoadBalancerNodePorts, .loadBalancerClass] }
    if !spec.opensNodes, spec.externalIPs.isEmpty { gone.append(.externalTrafficPolicy) }
    for key in gone where spec.tree[key] == before.tree[key] { spec.tree.remove(key) }
  }
}

extension ServiceSpec {
  /// It has ports of nodes.
  var opensNodes: Bool { type == "NodePort" || type == "LoadBalancer" }
  /// A load balancer asks the nodes which of them have pods.
  var needsHealthPort: Bool { type == "LoadBalancer" && externalTrafficPolicy == "Local" }
}
