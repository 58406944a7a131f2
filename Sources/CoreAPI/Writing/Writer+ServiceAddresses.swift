import CoreObjects

/// An IPAddress for each address that a Service has, in the same step as the Service.
/// Source: pkg/registry/core/service/ipallocator/cidrallocator.go and ipallocator/controller/repairip.go, v1.36.
extension Writer {
  /// What a change of a Service, or of an address that somebody else deleted, leads to.
  mutating func keepAddresses(after change: StoreChange) {
    if change.object.key.resource == .ipAddresses { return restore(change) }
    let had = Set((change.previous?.tree ?? (change.kind == .deleted ? change.object.tree : .null)).serviceAddresses)
    let has = change.kind == .deleted ? [] : change.object.tree.serviceAddresses
    for address in had.subtracting(has).sorted() where isKept(address, for: change.object.key) {
      _ = remove(ObjectKey(.ipAddresses, address))
    }
    for address in has { keep(address, for: change.object) }
  }

  /// Those of Services that an earlier version stored.
  mutating func keepAddresses() {
    for service in store.list(.services) {
      for address in service.tree.serviceAddresses { keep(address, for: service) }
    }
  }

  /// What somebody deletes while a Service has it comes back.
  private mutating func restore(_ change: StoreChange) {
    guard change.kind == .deleted else { return }
    let parent = ParentReference(tree: change.object.tree[.spec][.parentRef])
    guard parent.resource == "services",
      let service = store.get(.services, namespace: parent.namespace ?? "", parent.name ?? ""),
      service.tree.serviceAddresses.contains(change.object.key.name)
    else { return }
    keep(change.object.key.name, for: service)
  }

  private func isKept(_ address: String, for service: ObjectKey) -> Bool {
    guard let stored = store.get(.ipAddresses, address) else { return false }
    return stored.isAddress(of: service)
  }

  private mutating func keep(_ address: String, for service: StoredObject) {
    let key = ObjectKey(.ipAddresses, address)
    if store.get(key) != nil { return }
    // A number of its own: a Service takes none from what names pods. One that comes again is another.
    let seed = (service.uid + address).utf8.reduce(store.revision) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var random = RandomSource(seed: seed)
    let labels = [
      Member(key: "ipaddress.kubernetes.io/ip-family", value: .string(address.contains(":") ? "IPv6" : "IPv4")),
      Member(key: "ipaddress.kubernetes.io/managed-by", value: "ipallocator.k8s.io"),
    ]
    let metadata: JSON = [
      "name": .string(address), "uid": .string(random.uid()),
      "creationTimestamp": service.tree[.metadata][.creationTimestamp], "labels": .object(labels),
    ]
    _ = put(
      key,
      [
        "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": metadata,
        "spec": [
          "parentRef": [
            "resource": "services", "namespace": .string(service.key.namespace), "name": .string(service.key.name),
          ]
        ],
      ])
  }
}

extension JSON {
  /// Of a Service, in their usual form.
  fileprivate var serviceAddresses: [String] {
    self[.spec][.clusterIPs].elements.compactMap { $0.string.flatMap { AddressText($0)?.canonical } }
  }
}

extension StoredObject {
  /// Whether an IPAddress is kept for a Service.
  func isAddress(of service: ObjectKey) -> Bool {
    let parent = ParentReference(tree: tree[.spec][.parentRef])
    return parent.resource == "services" && (parent.group ?? "").isEmpty && parent.namespace == service.namespace
      && parent.name == service.name
  }
}
