package import CoreObjects

/// What rules about pods' traffic are made of: a pod, a namespace or a policy as it is now.
package struct PolicyFact: KernelWord, Equatable {
  package enum Content: Sendable, Equatable {
    case pod(PolicedPod)
    case namespace(labels: TextMap)
    case policy(NetworkPolicySpec)
    /// There is none, or none that matters.
    case nothing
  }

  package var key: ObjectKey
  package var content: Content

  package var isNothing: Bool { content == .nothing }

  package init(_ key: ObjectKey, _ content: Content) { (self.key, self.content) = (key, content) }

  /// What a change of the store says; nil where it says nothing new.
  package init?(_ change: StoreChange) {
    guard [.pods, .namespaces, .networkPolicies].contains(change.object.key.resource) else { return nil }
    key = change.object.key
    content = change.kind == .deleted ? .nothing : Content(change.object)
    let before = change.previous ?? (change.kind == .deleted ? change.object : nil)
    if content == before.map(Content.init) ?? .nothing { return nil }
  }
}

extension PolicyFact.Content {
  fileprivate init(_ object: StoredObject) {
    switch object.key.resource {
    case .pods: self = PolicedPod(object.view(Pod.self), namespace: object.key.namespace).map { .pod($0) } ?? .nothing
    case .namespaces: self = .namespace(labels: object.view(Namespace.self).metadata.labels)
    default: self = .policy(object.view(NetworkPolicy.self).spec)
    }
  }
}

/// A pod with an address of its own.
package struct PolicedPod: Sendable, Equatable {
  package var address: String
  package var identity: PolicyIdentity

  package init(address: String, _ identity: PolicyIdentity) { (self.address, self.identity) = (address, identity) }

  /// nil where there is no address, where it is its node's, and where it has been given back.
  init?(_ pod: Pod, namespace: String) {
    guard let address = pod.status.podIP, pod.spec.hostNetwork != true, !["Succeeded", "Failed"].contains(pod.status.phase) else {
      return nil
    }
    let ports = HostPorts.containerPorts(pod.spec).compactMap { port in
      port.name.flatMap { name in
        port.containerPort.map { PolicyIdentity.Port(name: name, protocol: (port.protocol ?? "TCP").lowercased(), number: $0) }
      }
    }
    self.init(address: address, PolicyIdentity(namespace: namespace, labels: pod.metadata.labels, ports: ports))
  }
}

/// All of a pod that policies ask for: whoever has the same is treated the same.
package struct PolicyIdentity: Sendable, Hashable {
  package struct Port: Sendable, Hashable {
    package var name: String
    /// "tcp", "udp" or "sctp".
    package var `protocol`: String
    package var number: Int

    package init(name: String, protocol: String, number: Int) {
      (self.name, self.protocol, self.number) = (name, `protocol`, number)
    }
  }

  package let namespace: String
  package let labels: TextMap
  /// Those with names.
  package let ports: [Port]
  private let text: String

  package init(namespace: String, labels: TextMap, ports: [Port] = []) {
    (self.namespace, self.labels, self.ports) = (namespace, labels, ports)
    text = "\(namespace) " + labels.sorted.map { "\($0.name)=\($0.value)," }.joined()
  }

  package static func == (left: PolicyIdentity, right: PolicyIdentity) -> Bool {
    left.text == right.text && left.ports == right.ports
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
