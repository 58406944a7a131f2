import CoreObjects

/// The addresses behind a Service, in the old form.
struct EndpointsResource: Resource {
  let definition = ResourceDefinition(
    id: .endpoints, kind: "Endpoints", shortNames: ["ep"], successor: "discovery.k8s.io/v1 EndpointSlice",
    columns: [.name, "Endpoints", .age])

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let endpoints = Endpoints(tree: object)
    var all: [String] = []
    for subset in endpoints.subsets {
      for address in subset.addresses {
        if subset.ports.isEmpty { all.append(address.ip ?? "") }
        for port in subset.ports { all.append("\(address.ip ?? ""):\(port.port ?? 0)") }
      }
    }
    let shown = all.prefix(3).joined(separator: ",") + (all.count > 3 ? " + \(all.count - 3) more..." : "")
    return [TableCells.name(object), .string(all.isEmpty ? "<none>" : shown), TableCells.age(object, now)]
  }
}
