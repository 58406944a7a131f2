import CoreObjects

/// CSI drivers that a node has.
struct CSINodeResource: Resource {
  private static let longestID = 256
  let definition = ResourceDefinition(
    id: .csiNodes, kind: "CSINode", isNamespaced: false, columns: [.name, .number("Drivers"), .age])

  /// Source: validateCSINodeDrivers, pkg/apis/storage/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    for (index, driver) in object[.spec][.drivers].elements.enumerated() {
      let at = FieldPath("spec.drivers").index(index)
      rules.driver(driver[.name], at.child("name"))
      if (driver[.nodeID].string ?? "").utf8.count > CSINodeResource.longestID {
        rules.refuse(.invalid, at.child("nodeID"), driver[.nodeID], "may not be more than \(CSINodeResource.longestID) bytes")
      }
      let keys = at.child("topologyKeys")
      for (place, key) in driver[.topologyKeys].elements.enumerated() {
        if key == "" {
          rules.refuse(.required, keys.index(place))
        } else {
          rules.qualifiedName(key, keys.index(place))
        }
      }
      rules.repeats(driver[.topologyKeys], keys)
    }
    return rules.errors
  }

  /// A driver that stays is as it was, but for how many volumes it takes. Source: ValidateCSINodeUpdate.
  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    for driver in object[.spec][.drivers].elements {
      guard let before = old[.spec][.drivers].elements.first(where: { $0[.name] == driver[.name] }) else { continue }
      if [Key.nodeID, .topologyKeys].contains(where: { driver[$0] != before[$0] }) {
        rules.refuse(.invalid, "CSINodeDriver", driver, "field is immutable")
      }
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), TableCells.number(object[.spec][.drivers].elements.count), TableCells.age(object, now)]
  }
}
