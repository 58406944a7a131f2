import CoreObjects

/// How much storage of a class there is at some nodes.
struct CSIStorageCapacityResource: Resource {
  let definition = ResourceDefinition(
    id: .csiStorageCapacities, kind: "CSIStorageCapacity", columns: [.name, TableColumn(name: "Created At", type: "date")])

  /// Source: ValidateCSIStorageCapacity, pkg/apis/storage/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    rules.name(.string(object[.storageClassName].string ?? ""), "storageClassName", .dnsSubdomain)
    for key in [Key.capacity, .maximumVolumeSize] {
      guard let amount = object[key].string.flatMap({ Quantity($0) }), amount < Quantity(value: 0) else { continue }
      rules.refuse(.invalid, FieldPath(key.name), object[key], "must be greater than or equal to 0")
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), .string(object[.metadata][.creationTimestamp].string ?? "")]
  }
}
