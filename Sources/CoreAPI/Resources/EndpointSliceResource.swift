import CoreObjects

/// Addresses behind a Service.
struct EndpointSliceResource: Resource {
  /// Source: pkg/apis/discovery/validation, v1.36.
  static let endpointLimit = 1000
  static let addressLimit = 100
  static let portLimit = 20_000

  let definition = ResourceDefinition(
    id: .endpointSlices, kind: "EndpointSlice",
    columns: [.name, "AddressType", "Ports", "Endpoints", .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let slice = EndpointSlice(tree: object)
    var errors: [FieldError] = []
    func atMost(_ limit: Int, _ count: Int, _ path: FieldPath) {
      if count > limit { errors.add(.tooMany, path, value: count, "may have \(limit) at the most") }
    }
    atMost(EndpointSliceResource.endpointLimit, slice.endpoints.count, "endpoints")
    atMost(EndpointSliceResource.portLimit, slice.ports.count, "ports")
    for (place, endpoint) in slice.endpoints.enumerated() {
      let path = FieldPath("endpoints").index(place).child("addresses")
      if endpoint.addresses.isEmpty { errors.add(.required, path, "an endpoint has at least one address") }
      atMost(EndpointSliceResource.addressLimit, endpoint.addresses.count, path)
      for (index, address) in endpoint.addresses.values.enumerated() {
        if let problem = problem(address, slice.addressType ?? "") {
          errors.add(.invalid, path.index(index), value: address, problem)
        }
      }
      if let name = endpoint.hostname, !FieldRules.isLabel(name) {
        errors.add(.invalid, FieldPath("endpoints").index(place).child("hostname"), value: name, FieldRules.labelText)
      }
    }
    var names: Set<String> = []
    for (place, port) in slice.ports.enumerated() {
      let (name, path) = (port.name ?? "", FieldPath("ports").index(place).child("name"))
      if !name.isEmpty, !FieldRules.isLabel(name) { errors.add(.invalid, path, value: name, FieldRules.labelText) }
      if !names.insert(name).inserted { errors.add(.duplicate, path, value: name) }
    }
    return errors
  }

  private func problem(_ address: String, _ type: String) -> String? {
    if type == "FQDN" {
      let isName = FieldRules.isSubdomain(address.hasSuffix(".") ? String(address.dropLast()) : address)
      return isName && address.dropLast().contains(".") ? nil : "is no whole name of a domain"
    }
    if let read = AddressText(address), read.isIPv6 != (type == "IPv6") { return "is no \(type) address" }
    return AddressText.problem(asEndpoint: address, isLocal: true)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let slice = EndpointSlice(tree: object)
    let ports = slice.ports.map { String($0.port ?? 0) }
    let addresses = slice.endpoints.flatMap { $0.addresses.values }
    func shown(_ texts: [String]) -> JSON {
      if texts.isEmpty { return "<unset>" }
      return .string(texts.prefix(3).joined(separator: ",") + (texts.count > 3 ? " + \(texts.count - 3) more..." : ""))
    }
    return [
      TableCells.name(object), .string(slice.addressType ?? ""), shown(ports), shown(addresses), TableCells.age(object, now),
    ]
  }
}
