package import CoreObjects

/// Whose traffic a fault hits: a pod, or all pods of a node, a namespace or an owner, those that come later, too.
package struct FaultEnd: Sendable, Equatable, CustomStringConvertible {
  private static let kinds: [(names: [String], resource: ResourceID, kind: String)] = [
    (["pod", "pods", "po"], .pods, "Pod"), (["node", "nodes", "no"], .nodes, "Node"),
    (["namespace", "namespaces", "ns"], .namespaces, "Namespace"),
    (["deployment", "deployments", "deploy"], .deployments, "Deployment"),
    (["statefulset", "statefulsets", "sts"], .statefulSets, "StatefulSet"),
    (["daemonset", "daemonsets", "ds"], .daemonSets, "DaemonSet"),
    (["replicaset", "replicasets", "rs"], .replicaSets, "ReplicaSet"),
    (["job", "jobs"], .jobs, "Job"), (["cronjob", "cronjobs", "cj"], .cronJobs, "CronJob"),
  ]

  package let key: ObjectKey

  /// - Parameters:
  ///   - text: "pod/web-0", "node/worker", "namespace/shop", "deployment/web" …
  ///   - namespace: of what lies in one
  package init?(_ text: String, namespace: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty,
      let (_, resource, _) = FaultEnd.kinds.first(where: { $0.names.contains(parts[0].lowercased()) })
    else { return nil }
    let isInNamespace = ![.nodes, .namespaces].contains(resource)
    key = ObjectKey(resource, namespace: isInNamespace ? namespace : "", String(parts[1]))
  }

  package var description: String {
    let kind = FaultEnd.kinds.first { $0.resource == key.resource }?.names[0] ?? ""
    return "\(kind)/\(key.name)" + (["", "default"].contains(key.namespace) ? "" : " of namespace \(key.namespace)")
  }

  /// Why there can be no fault at this end; nil where there can.
  package func problem(in store: Store) -> String? {
    guard let object = store.get(key) else { return "there is no \(self)" }
    let sharesNode = key.resource == .pods && object.view(Pod.self).spec.hostNetwork == true
    return sharesNode ? "\(self) has the network of its node: name the node" : nil
  }

  /// The addresses that are there now.
  package func addresses(in store: Store) -> [String] {
    let pods = key.resource == .pods ? [store.get(key)].compactMap { $0 } : store.list(.pods).filter { isOver($0, store) }
    var found = pods.compactMap { PolicedPod($0.view(Pod.self), namespace: $0.key.namespace)?.address }
    if key.resource == .nodes, let node = store.get(key)?.view(Node.self) {
      found += node.status.addresses.first { $0.type == "InternalIP" }?.address.map { [$0] } ?? []
    }
    return found.sorted()
  }

  private func isOver(_ pod: StoredObject, _ store: Store) -> Bool {
    switch key.resource {
    case .namespaces: pod.key.namespace == key.name
    case .nodes: pod.view(Pod.self).spec.nodeName == key.name
    default: pod.key.namespace == key.namespace && owns(pod, store)
    }
  }

  private func owns(_ object: StoredObject, _ store: Store) -> Bool {
    guard let owner = object.view(Pod.self).metadata.ownerReferences.first(where: { $0.controller == true }),
      let (_, resource, _) = FaultEnd.kinds.first(where: { $0.kind == owner.kind })
    else { return false }
    let above = ObjectKey(resource, namespace: key.namespace, owner.name ?? "")
    return above == key || resource != .pods && store.get(above).map { owns($0, store) } ?? false
  }
}
