import CoreObjects

/// The addresses behind a Service, in the old form.
struct EndpointsResource: Resource {
  let definition = ResourceDefinition(
    id: .endpoints, kind: "Endpoints", shortNames: ["ep"],
    deprecation: "v1 Endpoints is deprecated; use discovery.k8s.io/v1 EndpointSlice",
    columns: [.name, "Endpoints", .age])

  /// Source: ValidateEndpoints, pkg/apis/core/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    for (index, subset) in Endpoints(tree: object).subsets.enumerated() {
      let at = FieldPath("subsets").index(index)
      if subset.addresses.isEmpty, subset.notReadyAddresses.isEmpty { rules.refuse(.required, at, nil, "of some addresses") }
      for (addresses, name) in [(subset.addresses, "addresses"), (subset.notReadyAddresses, "notReadyAddresses")] {
        for (index, address) in addresses.enumerated() {
          let at = at.child(name).index(index)
          if let problem = AddressText.problem(asEndpoint: address.ip ?? "", isLocal: true) {
            rules.refuse(.invalid, at.child("ip"), .string(address.ip ?? ""), problem)
          }
          rules.form(address.tree[.hostname], at.child("hostname"), FieldRules.labelText, FieldRules.isLabel)
        }
      }
      for (index, port) in subset.ports.enumerated() {
        let at = at.child("ports").index(index)
        if subset.ports.count > 1, (port.name ?? "").isEmpty { rules.refuse(.required, at.child("name"), nil, "one of several") }
        rules.form(port.tree[.name], at.child("name"), FieldRules.labelText, FieldRules.isLabel)
        rules.qualifiedName(port.tree[.appProtocol], at.child("appProtocol"))
      }
    }
    return rules.errors
  }

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
