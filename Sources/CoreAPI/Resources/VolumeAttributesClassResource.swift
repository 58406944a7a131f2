import CoreObjects

/// A kind of attributes that volumes of a driver can be given.
struct VolumeAttributesClassResource: Resource {
  private static let parameterLimit = 512
  private static let parameterBytes = 256 * 1024
  let definition = ResourceDefinition(
    id: .volumeAttributesClasses, kind: "VolumeAttributesClass", isNamespaced: false, shortNames: ["vac"],
    columns: [.name, "DriverName", .age])

  /// Source: ValidateVolumeAttributesClass, pkg/apis/storage/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    rules.driver(object[.driverName], "driverName")
    let parameters = object[.parameters]
    if parameters.members.isEmpty { rules.refuse(.required, "parameters", nil, "a class has an attribute at least") }
    if parameters.members.count > VolumeAttributesClassResource.parameterLimit {
      rules.refuse(.tooLong, "parameters", nil, "may have \(VolumeAttributesClassResource.parameterLimit) entries at the most")
    }
    let size = parameters.members.reduce(0) { $0 + $1.key.name.utf8.count + ($1.value.string ?? "").utf8.count }
    if size > VolumeAttributesClassResource.parameterBytes {
      rules.refuse(.tooLong, "parameters", nil, "may not be more than \(VolumeAttributesClassResource.parameterBytes) bytes")
    }
    for member in parameters.members where member.key.name.isEmpty {
      rules.refuse(.invalid, "parameters", "", "a name is not empty")
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), .string(object[.driverName].string ?? ""), TableCells.age(object, now)]
  }
}
