import CoreObjects

/// A group version and who serves it.
struct APIServiceResource: Resource {
  let definition = ResourceDefinition(
    id: .apiServices, kind: "APIService", isNamespaced: false, categories: ["api-extensions"], hasStatus: true,
    columns: [.name, "Service", "Available", .age], nameRule: .pathSegment)

  /// Source: pkg/apis/apiregistration/validation of kube-aggregator, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let service = APIService(tree: object)
    let spec = service.spec
    let (group, version) = (spec.group ?? "", spec.version ?? "")
    var errors: [FieldError] = []
    let name = version + "." + group
    if service.metadata.name != name {
      errors.add(
        .invalid, "metadata.name", value: service.metadata.name ?? "",
        "must be spec.version and spec.group with a dot between: \"\(name)\"")
    }
    if !FieldRules.isLabel(version) { errors.add(.invalid, "spec.version", value: version, FieldRules.labelText) }
    if group.isEmpty ? version != "v1" : !FieldRules.isSubdomain(group) {
      errors.add(.invalid, "spec.group", value: group, "must be the name of an API group")
    }
    let skips = spec.insecureSkipTLSVerify == true
    let hasBundle = !(spec.tree[.caBundle].string ?? "").isEmpty
    if spec.service.isAbsent {
      if hasBundle { errors.add(.forbidden, "spec.caBundle", "local APIServices may not have one") }
      if skips { errors.add(.forbidden, "spec.insecureSkipTLSVerify", "local APIServices may not have it") }
      return errors
    }
    for field in [Key.name, .namespace] where (spec.service.tree[field].string ?? "").isEmpty {
      errors.add(.required, FieldPath("spec.service").child(field.name), "name the Service")
    }
    if group.isEmpty { errors.add(.forbidden, "spec.service", "the core group is served here") }
    if skips, hasBundle { errors.add(.forbidden, "spec.insecureSkipTLSVerify", "may not be true where caBundle is present") }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let service = APIService(tree: object)
    let reference = service.spec.service
    let condition = service.status.conditions.first { $0.type == "Available" }
    var available = condition?.status ?? "Unknown"
    if let condition, condition.status != "True", let reason = condition.reason {
      available = "\(condition.status ?? "False") (\(reason))"
    }
    let name = reference.isAbsent ? "Local" : "\(reference.namespace ?? "")/\(reference.name ?? "")"
    return [TableCells.name(object), .string(name), .string(available), TableCells.age(object, now)]
  }
}
