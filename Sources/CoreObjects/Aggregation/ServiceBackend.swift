/// Where the requests for one APIService are passed on to: the ready endpoints of its Service, which need no proxy to be reached.
package struct ServiceBackend: Sendable, Hashable {
  /// Whose certificates are believed.
  package enum Trust: Sendable, Hashable {
    /// insecureSkipTLSVerify
    case anybody
    /// caBundle: certificates in PEM form.
    case authorities([UInt8])
    /// The authorities of the machine.
    case machine
  }
  package struct Address: Sendable, Hashable, Comparable {
    package var host: String
    package var port: Int
    package init(host: String, port: Int) { (self.host, self.port) = (host, port) }
    package static func < (left: Address, right: Address) -> Bool { (left.host, left.port) < (right.host, right.port) }
  }
  /// Why there is no place to pass requests on to: reason and message of the condition Available.
  package struct Missing: Error, Sendable, Equatable {
    package var reason: String
    package var message: String
  }

  /// Name of the APIService: "v1beta1.custom.metrics.k8s.io".
  package var apiService: String
  package var group: String
  package var version: String
  /// The name that its certificate is to bear: "adapter.monitoring.svc".
  package var serverName: String
  /// At least one; sorted.
  package var addresses: [Address]
  package var trust: Trust

  /// Source of the order and the reasons: kube-aggregator, pkg/controllers/status/remote/remote_available_controller.go, v1.36.
  /// - Parameter stored: an APIService with a service.
  package init(_ stored: StoredObject, _ store: Store) throws(Missing) {
    let spec = stored.view(APIService.self).spec
    let (namespace, name) = (spec.service.namespace ?? "", spec.service.name ?? "")
    let port = spec.service.port ?? 443
    apiService = stored.key.name
    group = spec.group ?? ""
    version = spec.version ?? ""
    serverName = "\(name).\(namespace).svc"
    trust = spec.insecureSkipTLSVerify == true ? .anybody : .machine
    if let text = spec.tree[.caBundle].string, !text.isEmpty {
      // Not the machine's authorities in its place.
      guard let bundle = Base64.decode(text), !bundle.isEmpty else {
        throw Missing(reason: "FailedDiscoveryCheck", message: "spec.caBundle of \(apiService) is not in base64")
      }
      trust = .authorities(bundle)
    }
    guard let service = store.get(.services, namespace: namespace, name)?.view(Service.self) else {
      throw Missing(reason: "ServiceNotFound", message: "service/\(name) in \"\(namespace)\" is not present")
    }
    if service.spec.type == "ExternalName" {
      addresses = [Address(host: service.spec.externalName ?? "", port: port)]
      return
    }
    guard let portName = service.spec.ports.first(where: { $0.port == port }).map({ $0.name ?? "" }) else {
      throw Missing(
        reason: "ServicePortError", message: "service/\(name) in \"\(namespace)\" is not listening on port \(port)")
    }
    let slices = ServiceBackend.slices(of: name, namespace, store)
    if slices.isEmpty {
      throw Missing(
        reason: "EndpointsNotFound", message: "cannot find endpointslices for service/\(name) in \"\(namespace)\"")
    }
    addresses = ServiceBackend.addresses(slices, portName)
    if addresses.isEmpty {
      throw Missing(
        reason: "MissingEndpoints",
        message: "endpointslices for service/\(name) in \"\(namespace)\" have no ready addresses with port name \"\(portName)\"")
    }
  }

  /// The label by which a slice names its Service.
  package static let serviceLabel = "kubernetes.io/service-name"

  package static func slices(of name: String, _ namespace: String, _ store: Store) -> [EndpointSlice] {
    store.list(.endpointSlices, namespace: namespace).filter { $0.metadata.labels[serviceLabel] == name }
      .map { $0.view(EndpointSlice.self) }
  }

  /// The ready endpoints of a port; sorted.
  package static func addresses(_ slices: [EndpointSlice], _ portName: String) -> [Address] {
    var found: Set<Address> = []
    for slice in slices {
      guard let port = slice.ports.first(where: { ($0.name ?? "") == portName })?.port else { continue }
      for endpoint in slice.endpoints where endpoint.conditions.ready != false {
        if let host = endpoint.addresses.values.first { found.insert(Address(host: host, port: port)) }
      }
    }
    return found.sorted()
  }
}
