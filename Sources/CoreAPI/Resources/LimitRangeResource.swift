import CoreObjects

/// Bounds and defaults for the resources of a namespace.
struct LimitRangeResource: Resource {
  let definition = ResourceDefinition(
    id: .limitRanges, kind: "LimitRange", shortNames: ["limits"],
    columns: [.name, TableColumn(name: "Created At", type: "date")])

  /// Source: SetDefaults_LimitRangeItem, pkg/apis/core/v1/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    var range = LimitRange(tree: object)
    for index in range.spec.limits.indices where range.spec.limits[index].type == "Container" {
      setDefaults(&range.spec.limits[index])
    }
    object = range.tree
  }

  private func setDefaults(_ item: inout LimitRangeItem) {
    for (name, most) in item.max.sorted where item.default[name] == nil { item.default[name] = most }
    for (name, limit) in item.default.sorted where item.defaultRequest[name] == nil { item.defaultRequest[name] = limit }
    for (name, least) in item.min.sorted where item.defaultRequest[name] == nil { item.defaultRequest[name] = least }
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { LimitRangeRules.errors(LimitRange(tree: object)) }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
