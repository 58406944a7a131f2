import CoreJSON
import CoreStore
import CoreTypes

/// A claim that is renewed.
struct LeaseResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .leases, kind: "Lease", singular: "lease",
      served: [ServedVersion("coordination.k8s.io", "v1", type: "coordination.v1.Lease")], isNamespaced: true)
    definition.columns = [
      TableCells.name, TableColumn("Holder"), TableCells.age,
    ]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), .string(object[.spec][.holderIdentity].string ?? ""), TableCells.age(object, now)]
  }
}
