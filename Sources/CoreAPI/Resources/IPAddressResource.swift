import CoreObjects

/// One address of the range of Services, and who has it.
struct IPAddressResource: Resource {
  let definition = ResourceDefinition(
    id: .ipAddresses, kind: "IPAddress", isNamespaced: false, shortNames: ["ip"], columns: [.name, "ParentRef"],
    nameRule: .pathSegment)

  /// Source: ValidateIPAddress, pkg/apis/networking/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let name = object[.metadata][.name].string ?? ""
    if AddressText(name)?.canonical != name {
      rules.refuse(.invalid, "metadata.name", .string(name), "must be an IP address in its usual form")
    }
    let (parent, path) = (object[.spec][.parentRef], FieldPath("spec.parentRef"))
    if parent.isNull {
      rules.refuse(.required, path)
      return rules.errors
    }
    rules.name(parent[.group] == "" ? .null : parent[.group], path.child("group"), .dnsSubdomain)
    for key in [Key.resource, .name] where parent[key] != "" { rules.name(parent[key], path.child(key), .pathSegment) }
    rules.name(parent[.namespace] == "" ? .null : parent[.namespace], path.child("namespace"), .pathSegment)
    return rules.errors
  }

  /// Source: printIPAddress.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let parent = ParentReference(tree: object[.spec][.parentRef])
    let group = parent.group.map { $0.isEmpty ? "" : "." + $0 } ?? ""
    let place = [parent.namespace ?? "", parent.name ?? ""].filter { !$0.isEmpty }
    let text = ([((parent.resource ?? "") + group).lowercased()] + place).joined(separator: "/")
    return [TableCells.name(object), .string(parent.isAbsent ? "<none>" : text)]
  }
}
