import CoreObjects

/// A claim that is renewed.
struct LeaseResource: Resource {
  let definition = ResourceDefinition(
    id: .leases, kind: "Lease", columns: [.name, "Holder", .age])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), .string(object[.spec][.holderIdentity].string ?? ""), TableCells.age(object, now)]
  }
}
