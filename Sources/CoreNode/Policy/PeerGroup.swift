import CoreObjects

/// Pods that one rule of a policy names, and their ports by name, if it names those: a set of the rules. What means the same is the
/// same set.
struct PeerGroup: Hashable, Sendable {
  struct Selector: Hashable, Sendable {
    /// Whose pods are meant where none is selected: the policy's own.
    private let namespace: String
    private let namespaces: LabelSelector
    private let pods: LabelSelector
    let text: String

    init(_ peer: NetworkPolicyPeer, namespace: String) {
      (self.namespace, namespaces, pods) = (namespace, peer.namespaceSelector, peer.podSelector)
      text = (namespaces.isAbsent ? "\(namespace) " : "(\(namespaces.text)) ") + pods.text
    }

    static func == (left: Selector, right: Selector) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    func matches(_ identity: PolicyIdentity, _ labels: (String) -> TextMap?) -> Bool {
      if !pods.isAbsent, !pods.matches(identity.labels) { return false }
      if namespaces.isAbsent { return identity.namespace == namespace }
      return labels(identity.namespace).map { namespaces.matches($0) } ?? false
    }
  }

  struct Port: Hashable, Sendable {
    let name: String
    let `protocol`: String
  }

  /// One of them is enough; none: all pods.
  let selectors: [Selector]
  /// Empty: all ports, and the set is one of pods alone.
  let ports: [Port]

  var type: String { ports.isEmpty ? "mark" : "mark . inet_proto . inet_service" }

  /// What a set has of pods that are alike.
  /// - Parameter labels: of a namespace
  func elements(of identity: PolicyIdentity, number: Int, _ labels: (String) -> TextMap?) -> [String] {
    guard selectors.isEmpty || selectors.contains(where: { $0.matches(identity, labels) }) else { return [] }
    if ports.isEmpty { return ["\(number)"] }
    let open = identity.ports.filter { ports.contains(Port(name: $0.name, protocol: $0.protocol)) }
    return Set(open.map { "\(number) . \($0.protocol) . \($0.number)" }).sorted()
  }
}
