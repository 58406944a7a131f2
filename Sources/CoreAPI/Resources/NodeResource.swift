import CoreObjects

/// A machine that runs pods.
struct NodeResource: Resource {
  let definition = ResourceDefinition(
    id: .nodes, kind: "Node", isNamespaced: false, shortNames: ["no"], hasStatus: true,
    subresources: [.proxy("NodeProxyOptions")],
    columns: [
      .name, "Status", "Roles", .age, "Version", .wide("Internal-IP"), .wide("External-IP"), .wide("OS-Image"),
      .wide("Kernel-Version"), .wide("Container-Runtime"),
    ], selectable: ["spec.unschedulable": { .bool($0[.spec][.unschedulable] == true) }])

  /// Source: ValidateNode, pkg/apis/core/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let spec = Node(tree: object).spec
    var rules = RuleSheet()
    var seen: Set<[String]> = []
    for (index, taint) in spec.taints.enumerated() {
      let at = FieldPath("spec.taints").index(index)
      rules.form(taint.tree[.key], at.child("key"), "must be a qualified name") { NameRules.qualifiedNameProblem($0) == nil }
      rules.form(taint.tree[.value], at.child("value"), "is no value of a label") { NameRules.labelValueProblem($0) == nil }
      if !seen.insert([taint.key ?? "", taint.effect ?? ""]).inserted { rules.refuse(.duplicate, at, taint.tree) }
    }
    let networks = spec.podCIDRs.isEmpty ? [spec.podCIDR].compactMap { $0 } : spec.podCIDRs.values
    for (index, network) in networks.enumerated() {
      let at = FieldPath("spec.podCIDRs").index(index)
      rules.form(.string(network), at, "must be a network such as 10.9.8.0/24", AddressText.isNetwork)
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let node = Node(tree: object)
    let prefix = "node-role.kubernetes.io/"
    let roles = node.metadata.labels.sorted.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    func address(_ type: String) -> JSON { .string(node.status.addresses.first { $0.type == type }?.address ?? "<none>") }
    return [
      TableCells.name(object), .string(status(node)), .string(roles.isEmpty ? "<none>" : roles.joined(separator: ",")),
      TableCells.age(object, now), .string(node.status.nodeInfo.kubeletVersion ?? ""), address("InternalIP"),
      address("ExternalIP"),
      .string(node.status.nodeInfo.osImage ?? "<unknown>"), .string(node.status.nodeInfo.kernelVersion ?? "<unknown>"),
      .string(node.status.nodeInfo.containerRuntimeVersion ?? "<unknown>"),
    ]
  }

  private func status(_ node: Node) -> String {
    let ready = node.status.conditions.first { $0.type == "Ready" }
    var text = ready == nil ? "Unknown" : ready?.status == "True" ? "Ready" : "NotReady"
    if node.spec.unschedulable == true { text += ",SchedulingDisabled" }
    return text
  }

  func setDefaults(_ object: inout JSON) {
    let capacity = object[.status][.capacity]
    if !capacity.isNull, object[.status][.allocatable].isNull { object[.status].put(.allocatable, capacity) }
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object.remove(.status)
  }

}
