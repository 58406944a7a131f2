import CoreJSON
import CoreStore
import CoreTypes

/// Bounds and defaults for the resources of a namespace.
struct LimitRangeResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .limitRanges, kind: "LimitRange", singular: "limitrange", served: [ServedVersion("", "v1", type: "core.v1.LimitRange")], isNamespaced: true)
    definition.shortNames = ["limits"]
    definition.columns = [TableCells.name, TableColumn("Created At", type: "date")]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
