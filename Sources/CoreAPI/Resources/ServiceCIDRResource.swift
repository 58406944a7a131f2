import CoreObjects

/// A range that the addresses of Services come from.
struct ServiceCIDRResource: Resource {
  let definition = ResourceDefinition(
    id: .serviceCIDRs, kind: "ServiceCIDR", isNamespaced: false, hasStatus: true, columns: [.name, "CIDRs", .age])

  /// It has no generation. Source: pkg/registry/networking/servicecidr/strategy.go, v1.36.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) { object.remove(.status) }

  /// Source: ValidateServiceCIDR, pkg/apis/networking/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (networks, path) = (object[.spec][.cidrs].elements.map { $0.string ?? "" }, FieldPath("spec.cidrs"))
    if networks.isEmpty { rules.refuse(.required, path, nil, "name a network at least") }
    if networks.count > 2 {
      rules.refuse(.invalid, path, object[.spec][.cidrs], "may have two networks at the most, one of each family")
      return rules.errors
    }
    for (index, network) in networks.enumerated() where !AddressText.isNetwork(network) {
      rules.refuse(.invalid, path.index(index), .string(network), "must be a network in CIDR notation, such as 10.9.8.0/24")
    }
    let families = networks.map { $0.contains(":") }
    if families.count == 2, families[0] == families[1] {
      rules.refuse(.invalid, path, object[.spec][.cidrs], "two networks are of two families")
    }
    return rules.errors
  }

  /// A second network may come. Source: ValidateServiceCIDRUpdate.
  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (new, before) = (object[.spec][.cidrs], old[.spec][.cidrs])
    let path = FieldPath("spec.cidrs")
    if new.elements.count < before.elements.count || (before.elements.isEmpty && !new.elements.isEmpty) {
      rules.refuse(.invalid, path, new, "field is immutable")
    }
    for (index, network) in before.elements.enumerated() where index < new.elements.count && new[index] != network {
      rules.refuse(.invalid, path.index(index), new[index], "field is immutable")
    }
    return rules.errors
  }

  func warnings(_ object: JSON) -> [String] {
    if object[.metadata][.name] == "kubernetes" { return [] }
    return ["spec.cidrs: the addresses of Services come from the range of the ServiceCIDR kubernetes alone"]
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let networks = object[.spec][.cidrs].elements.compactMap(\.string)
    return [TableCells.name(object), .string(networks.joined(separator: ",")), TableCells.age(object, now)]
  }
}
