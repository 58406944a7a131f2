import CoreJSON
import CoreStore
import CoreTypes

/// Addresses behind a Service.
struct EndpointSliceResource: Resource {
  let definition = make()

  private static func make() -> ResourceDefinition {
    var definition = ResourceDefinition(
      .endpointSlices, kind: "EndpointSlice", singular: "endpointslice", served: [ServedVersion("discovery.k8s.io", "v1", type: "discovery.v1.EndpointSlice")], isNamespaced: true)
    definition.columns = [
      TableCells.name, TableColumn("AddressType"), TableColumn("Ports"), TableColumn("Endpoints"), TableCells.age,
    ]
    return definition
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let slice = EndpointSlice(tree: object)
    let ports = slice.ports.map { String($0.port ?? 0) }
    let addresses = slice.endpoints.flatMap { $0.addresses.values }
    func shown(_ texts: [String]) -> JSON {
      if texts.isEmpty { return "<unset>" }
      return .string(texts.prefix(3).joined(separator: ",") + (texts.count > 3 ? " + \(texts.count - 3) more..." : ""))
    }
    return [TableCells.name(object), .string(slice.addressType ?? ""), shown(ports), shown(addresses), TableCells.age(object, now)]
  }
}
