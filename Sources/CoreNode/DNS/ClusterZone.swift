package import CoreObjects

/// The names of a cluster, read from its store. Source: Kubernetes DNS-Based Service Discovery 1.1.0; where it leaves something
/// open, plugin/kubernetes of CoreDNS 1.13 as kubeadm sets it up.
package struct ClusterZone {
  package static let domain = "cluster.local"
  private static let server = "kube-dns.kube-system.svc." + domain
  private static let reverseDomain = "in-addr.arpa"
  private static let schemaVersion = "1.1.0"
  /// Names that point to names: so many in a row at the most.
  private static let aliasLimit = 8

  let store: Store
  let index: ServiceIndex

  /// - Parameter index: that has followed `store`.
  package init(_ store: Store, _ index: ServiceIndex) {
    self.store = store
    self.index = index
  }

  /// What there is at a name: at least the records of a type, but perhaps of others too; none where there are only names below it.
  private struct Entry {
    var records: [DNSRecord] = []
    /// What belongs to an answer besides: addresses of servers.
    var additional: [DNSRecord] = []
  }

  /// - Parameter name: in small letters, without the dot at its end
  /// - Returns: nil for a name that is not the cluster's
  package func answer(_ name: String, _ type: DNSType) -> DNSAnswer? {
    if ClusterZone.isReverse(name) { return reverse(name, type) }
    if !ClusterZone.isInside(name) { return nil }
    var answer = DNSAnswer()
    var next = name
    for _ in 0..<ClusterZone.aliasLimit {
      guard let entry = entry(next, type) else {
        answer.exists = false
        break
      }
      guard case .cname(let target)? = entry.records.first?.content, type != .cname else {
        answer.answers += entry.records.filter { $0.type == type }
        if answer.answers.last?.type == type { answer.additional = entry.additional }
        break
      }
      answer.answers += entry.records
      if !ClusterZone.isInside(target) {
        answer.continuation = target
        return answer
      }
      next = target
    }
    if answer.answers.last?.type != type { answer.authority = [beginning(of: ClusterZone.domain)] }
    return answer
  }

  private static func isReverse(_ name: String) -> Bool { isBelow(reverseDomain, name) }
  private static func isInside(_ name: String) -> Bool { isBelow(domain, name) }
  private static func isBelow(_ domain: String, _ name: String) -> Bool {
    let (length, count) = (name.utf8.count, domain.utf8.count)
    return name.utf8.suffix(count).elementsEqual(domain.utf8)
      && (length == count || name.utf8.dropLast(count).last == UInt8(ascii: "."))
  }

  private func beginning(of zone: String) -> DNSRecord {
    DNSRecord(zone, .soa(server: ClusterZone.server, serial: UInt32(truncatingIfNeeded: store.revision)))
  }

  /// nil where the name is not there.
  private func entry(_ name: String, _ type: DNSType) -> Entry? {
    if name == ClusterZone.domain {
      return Entry(
        records: [beginning(of: name), DNSRecord(name, .ns(ClusterZone.server))],
        additional: type == .ns ? entry(ClusterZone.server, .a)?.records ?? [] : [])
    }
    var labels = name.dropLast(ClusterZone.domain.utf8.count + 1).split(separator: ".", omittingEmptySubsequences: false)
    let kind = labels.removeLast()
    if kind == "dns-version" { return labels.isEmpty ? Entry(records: [DNSRecord(name, .txt(ClusterZone.schemaVersion))]) : nil }
    guard kind == "svc" || kind == "pod" else { return nil }
    guard let namespace = labels.popLast().map(String.init) else { return Entry() }
    guard store.get(.namespaces, namespace) != nil else { return nil }
    if labels.isEmpty { return Entry() }
    return kind == "svc" ? service(name, labels, namespace, type) : labels.count == 1 ? pod(name, labels[0]) : nil
  }

  /// Whether a pod has the address is not looked at: `pods insecure`, as with kubeadm.
  private func pod(_ name: String, _ label: Substring) -> Entry? {
    let address = ClusterZone.address(label.split(separator: "-", omittingEmptySubsequences: false))
    return address.map { Entry(records: [DNSRecord(name, .a($0))]) }
  }

  /// Four numbers below 256, as they stand in an address.
  private static func address(_ parts: [Substring]) -> String? {
    let isAddress = parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } == true }
    return isAddress ? parts.joined(separator: ".") : nil
  }

  /// - Parameter labels: those in front of the namespace, the Service's the last
  private func service(_ name: String, _ labels: [Substring], _ namespace: String, _ type: DNSType) -> Entry? {
    let serviceName = String(labels[labels.count - 1])
    guard let stored = store.get(.services, namespace: namespace, serviceName) else { return nil }
    let spec = stored.view(Service.self).spec
    if spec.type == "ExternalName" {
      let target = ClusterZone.plain(spec.externalName ?? "")
      // What looks like an address is none: there would be nobody to ask for its name.
      let isName = ClusterZone.address(target.split(separator: ".", omittingEmptySubsequences: false)) == nil
      return labels.count == 1 && isName ? Entry(records: [DNSRecord(name, .cname(target))]) : nil
    }
    let domain = "\(serviceName).\(namespace).svc.\(ClusterZone.domain)"
    let places = ServicePlace.all(of: stored, store, index)
    switch labels.count {
    case 1: return ClusterZone.entry(name, places, domain, type)
    case 2 where labels[0].first == "_":
      return places.contains { $0.ports.contains { "_" + $0.protocol == labels[0] && !$0.name.isEmpty } } ? Entry() : nil
    case 2:
      let named = ServicePlace.endpoints(of: stored, store, index).filter { $0.label ?? "" == labels[0] }
      return ClusterZone.entry(name, named, domain, type)
    case 3:
      let serving = places.compactMap { place in
        var place = place
        place.ports.removeAll { $0.name.isEmpty || "_" + $0.name != labels[0] || "_" + $0.protocol != labels[1] }
        return place.ports.isEmpty ? nil : place
      }
      return serving.isEmpty ? nil : ClusterZone.servers(name, serving, domain)
    default: return nil
    }
  }

  /// Addresses, or where the ports are. A headless Service without a ready endpoint has no name.
  private static func entry(_ name: String, _ places: [ServicePlace], _ domain: String, _ type: DNSType) -> Entry? {
    if places.isEmpty { return nil }
    return type == .srv ? servers(name, places, domain) : Entry(records: places.map { DNSRecord(name, address: $0.address) })
  }

  private static func servers(_ name: String, _ places: [ServicePlace], _ domain: String) -> Entry {
    struct Server: Hashable {
      var port: Int
      var target: String
    }
    var servers: [Server] = []
    var known: Set<Server> = []
    var entry = Entry()
    for place in places {
      let target = (place.label.map { $0 + "." } ?? "") + domain
      entry.additional.append(DNSRecord(target, address: place.address))
      for port in place.ports {
        let server = Server(port: port.number, target: target)
        if known.insert(server).inserted { servers.append(server) }
      }
    }
    let weight = max(1, 100 / max(1, servers.count))
    entry.records = servers.map { DNSRecord(name, .srv(weight: weight, port: $0.port, target: $0.target)) }
    return entry
  }

  private static func plain(_ name: String) -> String { (name.last == "." ? String(name.dropLast()) : name).lowercased() }

  /// Names of a cluster address, or of an endpoint of headless Services. Other addresses are somebody else's.
  private func reverse(_ name: String, _ type: DNSType) -> DNSAnswer? {
    let numbers = name.dropLast(ClusterZone.reverseDomain.utf8.count + 1).split(separator: ".", omittingEmptySubsequences: false)
    guard let address = ClusterZone.address(numbers.reversed()) else { return nil }
    let holders = index.holders(of: address)
    let services = holders.filter { $0.resource == .services }
    let names =
      services.isEmpty
      ? holders.compactMap { endpointName($0, address) } : services.map { "\($0.name).\($0.namespace).svc.\(ClusterZone.domain)" }
    if names.isEmpty { return nil }
    var answer = DNSAnswer()
    if type == .ptr { answer.answers = names.map { DNSRecord(name, .ptr($0)) } }
    if answer.answers.isEmpty { answer.authority = [beginning(of: ClusterZone.reverseDomain)] }
    return answer
  }

  private func endpointName(_ slice: ObjectKey, _ address: String) -> String? {
    guard let stored = store.get(slice), let name = stored.metadata.labels[ServiceBackend.serviceLabel],
      let service = store.get(.services, namespace: slice.namespace, name)?.view(Service.self), service.spec.clusterIP == "None"
    else { return nil }
    let endpoint = stored.view(EndpointSlice.self).endpoints.first { $0.addresses.values.first == address }
    guard let endpoint, service.spec.publishNotReadyAddresses == true || endpoint.conditions.ready != false else { return nil }
    return "\(ServicePlace.label(endpoint.hostname, address)).\(name).\(slice.namespace).svc.\(ClusterZone.domain)"
  }
}
