import CoreObjects

/// pods/proxy, services/proxy and nodes/proxy: where a request is passed on to.
extension APIServer {
  /// Source: ResourceLocation of pods, services and nodes, pkg/registry/core, v1.36.
  func answerProxy(
    _ info: RequestInfo, _ request: APIRequest, _ served: ServedResource, _ store: Store
  ) throws(APIError) -> APIResponse {
    guard served.definition.subresources.contains(where: { $0.name == "proxy" }),
      served.definition.isNamespaced != info.namespace.isEmpty
    else { throw .noSuchResource }
    let subject = try ProxySubject(info.name, served.definition.kind.lowercased())
    guard let object = store.get(served.id, namespace: info.namespace, subject.name) else {
      throw .notFound(served.requestID, subject.name)
    }
    var place = ProxyRequest.Place(
      addresses: [], isTLS: subject.isTLS, prefix: String(request.path.dropLast(info.rest.count)))
    switch served.id {
    case .pods: place.addresses = [try APIServer.address(of: object.view(Pod.self), subject)]
    case .services: place.addresses = try APIServer.addresses(of: object, subject, store)
    default:
      let node = object.view(Node.self)
      let kubelet = node.status.daemonEndpoints.kubeletEndpoint.Port ?? 0
      let port = subject.port.isEmpty ? kubelet : try subject.number
      let addresses = node.status.addresses
      guard let host = (addresses.first { $0.type == "InternalIP" } ?? addresses.first)?.address, port > 0 else {
        throw .unavailable("the node \(subject.name) has not said where its kubelet is")
      }
      place.addresses = [ServiceBackend.Address(host: host, port: port)]
      if port == kubelet { (place.isKubelet, place.isTLS) = (true, true) }
    }
    let target = request.query.isEmpty ? info.rest : info.rest + "?" + request.query
    return .proxy(ProxyRequest(server: .place(place), target: target, isWatch: true))
  }

  private static func address(of pod: Pod, _ subject: ProxySubject) throws(APIError) -> ServiceBackend.Address {
    guard let host = pod.status.podIP, AddressText.problem(asEndpoint: host) == nil else {
      throw .badRequest("address not allowed: the pod \(subject.name) has \(pod.status.podIP ?? "none")")
    }
    let first = pod.spec.containers.lazy.compactMap { $0.ports.first?.containerPort }.first
    let port = subject.port.isEmpty ? first ?? (subject.isTLS ? 443 : 80) : try subject.number
    return ServiceBackend.Address(host: host, port: port)
  }

  private static func addresses(
    of object: StoredObject, _ subject: ProxySubject, _ store: Store
  ) throws(APIError) -> [ServiceBackend.Address] {
    let service = object.view(Service.self)
    var port = subject.port
    if let number = Int(port) {
      guard let declared = service.spec.ports.first(where: { $0.port == number }) else {
        throw .unavailable("no service port \(number) found for service \"\(subject.name)\"")
      }
      port = declared.name ?? ""
    }
    let slices = ServiceBackend.slices(of: object.key.name, object.key.namespace, store)
    let addresses = ServiceBackend.addresses(slices, port)
    if !addresses.isEmpty { return addresses }
    var problem = "no endpoints available for service \"\(object.key.name)\(subject.port.isEmpty ? "" : ":" + subject.port)\""
    let names = service.spec.ports.map { $0.name ?? "" }
    if service.spec.type == "ExternalName" {
      problem += ": it is a name for \(service.spec.externalName ?? ""), and nothing is passed on to there"
    } else if !names.contains(port) {
      problem += ": it has no port \(port.isEmpty ? "without a name" : "\"\(port)\""), but \(names.joined(separator: ", "))"
    }
    throw .unavailable(problem)
  }
}

/// "NAME", "NAME:PORT" or "SCHEME:NAME:PORT", as the path names what is asked. Source: SplitSchemeNamePort,
/// k8s.io/apimachinery/pkg/util/net, v0.36.
private struct ProxySubject {
  let isTLS: Bool
  let name: String
  let port: String

  init(_ text: String, _ kind: String) throws(APIError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let scheme = parts.count == 3 ? parts[0] : ""
    name = parts.count == 3 ? parts[1] : parts[0]
    port = parts.count > 1 ? parts[parts.count - 1] : ""
    isTLS = scheme == "https"
    guard parts.count <= 3, !name.isEmpty, ["", "http", "https"].contains(scheme) else {
      throw .badRequest("invalid \(kind) request \"\(text)\"")
    }
  }

  var number: Int {
    get throws(APIError) {
      guard let number = UInt16(port), number > 0 else {
        throw .unavailable("error trying to reach service: \"\(port)\" is no port")
      }
      return Int(number)
    }
  }
}
