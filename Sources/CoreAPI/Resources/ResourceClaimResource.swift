import CoreObjects

/// A wish for devices. Stored; nobody allocates devices.
struct ResourceClaimResource: Resource {
  let definition = ResourceDefinition(
    id: .resourceClaims, kind: "ResourceClaim", hasStatus: true, columns: [.name, "State", .age])

  /// It has no generation. Source: pkg/registry/resource/resourceclaim/strategy.go, v1.36.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) { object.remove(.status) }

  func setDefaults(_ object: inout JSON) { DeviceClaimRules.setDefaults(&object[.spec]) }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    DeviceClaimRules.check(object[.spec][.devices], "spec.devices", &rules)
    return rules.errors
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    DeviceClaimRules.validateStatus(object, old: old)
  }

  /// Source: resourceClaimState.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let isDeleted = !object[.metadata][.deletionTimestamp].isNull
    let isAllocated = !object[.status][.allocation].isNull
    let isReserved = !object[.status][.reservedFor].elements.isEmpty
    let states = [
      isDeleted ? "deleted" : nil, isAllocated ? "allocated" : isDeleted ? nil : "pending",
      isAllocated && isReserved ? "reserved" : nil,
    ]
    return [TableCells.name(object), .string(states.compactMap { $0 }.joined(separator: ",")), TableCells.age(object, now)]
  }
}
