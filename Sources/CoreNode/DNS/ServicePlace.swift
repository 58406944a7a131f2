import CoreObjects

/// One address under which a Service is reached: a cluster address, or that of an endpoint.
struct ServicePlace {
  struct Port: Hashable {
    var name: String
    var `protocol`: String
    var number: Int
  }

  /// What an endpoint is called below its Service's name; nil for the Service's own address.
  var label: String?
  var address: String
  var ports: [Port]

  /// What the name of a Service stands for.
  static func all(of service: StoredObject, _ store: Store, _ index: ServiceIndex) -> [ServicePlace] {
    let spec = service.view(Service.self).spec
    if spec.clusterIP == "None" { return endpoints(of: service, store, index) }
    let ports = spec.ports.map { Port(name: $0.name ?? "", protocol: ($0.protocol ?? "TCP").lowercased(), number: $0.port ?? 0) }
    return spec.clusterIPs.values.map { ServicePlace(label: nil, address: $0, ports: ports) }
  }

  /// Endpoints that take connections, each address once with all its ports.
  /// Source of the labels: endpointHostname, plugin/kubernetes of CoreDNS 1.13.
  static func endpoints(of service: StoredObject, _ store: Store, _ index: ServiceIndex) -> [ServicePlace] {
    let publishesAll = service.view(Service.self).spec.publishNotReadyAddresses == true
    var places: [ServicePlace] = []
    var known: [String: Int] = [:]
    for key in index.slices(of: service.key) {
      guard let slice = store.get(key)?.view(EndpointSlice.self), slice.addressType != "FQDN" else { continue }
      let ports = slice.ports.map {
        Port(name: $0.name ?? "", protocol: ($0.protocol ?? "TCP").lowercased(), number: $0.port ?? 0)
      }
      for endpoint in slice.endpoints where publishesAll || endpoint.conditions.ready != false {
        guard let address = endpoint.addresses.values.first else { continue }
        if let place = known[address] {
          for port in ports where !places[place].ports.contains(port) { places[place].ports.append(port) }
        } else {
          known[address] = places.count
          places.append(ServicePlace(label: label(endpoint.hostname, address), address: address, ports: ports))
        }
      }
    }
    return places
  }

  static func label(_ hostname: String?, _ address: String) -> String {
    if let hostname, !hostname.isEmpty { return hostname }
    return String(decoding: address.utf8.map { "0123456789abcdef".utf8.contains($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
  }
}
