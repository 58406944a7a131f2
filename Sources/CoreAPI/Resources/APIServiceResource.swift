import CoreJSON
import CoreStore
import CoreTypes

/// A group version and who serves it.
struct APIServiceResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .apiServices, kind: "APIService", singular: "apiservice", served: [ServedVersion("apiregistration.k8s.io", "v1", type: "apiregistration.v1.APIService")], isNamespaced: false)
    definition.categories = ["api-extensions"]
    definition.hasStatus = true
    // "v1." names the core group: a dot at the end.
    definition.nameRule = .pathSegment
    definition.columns = [
      TableCells.name, TableColumn("Service"), TableColumn("Available"), TableCells.age,
    ]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let service = APIService(tree: object)
    let reference = service.spec.service
    let condition = service.status.conditions.first { $0.type == "Available" }
    var available = condition?.status ?? "Unknown"
    if let condition, condition.status != "True", let reason = condition.reason { available = "\(condition.status ?? "False") (\(reason))" }
    let name = reference.isAbsent ? "Local" : "\(reference.namespace ?? "")/\(reference.name ?? "")"
    return [TableCells.name(object), .string(name), .string(available), TableCells.age(object, now)]
  }
}
