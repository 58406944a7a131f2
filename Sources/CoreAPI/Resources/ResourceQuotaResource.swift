import CoreJSON
import CoreStore
import CoreTypes

/// The most that a namespace may use.
struct ResourceQuotaResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .resourceQuotas, kind: "ResourceQuota", singular: "resourcequota", served: [ServedVersion("", "v1", type: "core.v1.ResourceQuota")], isNamespaced: true)
    definition.shortNames = ["quota"]
    definition.hasStatus = true
    definition.columns = [
      TableCells.name, TableColumn("Request"), TableColumn("Limit"), TableCells.age,
    ]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let quota = ResourceQuota(tree: object)
    func texts(_ isLimit: Bool) -> JSON {
      TableCells.list(
        quota.status.hard.sorted.filter { $0.name.hasPrefix("limits") == isLimit }.map { name, hard in
          "\(name): \(quota.status.used[name] ?? "0")/\(hard)"
        })
    }
    return [TableCells.name(object), texts(false), texts(true), TableCells.age(object, now)]
  }
}
