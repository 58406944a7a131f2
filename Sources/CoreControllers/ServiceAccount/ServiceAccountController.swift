package import CoreObjects

/// Every namespace has the account `default` and the cluster's certificate authority.
/// Source: pkg/controller/serviceaccount and pkg/controller/certificates/rootcacertpublisher, v1.36.
package struct ServiceAccountController: Controller {
  package static let authorityMap = "kube-root-ca.crt"
  package let name = "serviceaccount-controller"
  package var resources: Set<ResourceID>? { [.namespaces, .serviceAccounts, .configMaps] }
  /// PEM
  private let authority: String

  package init(certificateAuthority: String) { authority = certificateAuthority }

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .namespaces: return [key]
    case .serviceAccounts where key.name == "default" && change.kind == .deleted: return [ObjectKey(.namespaces, key.namespace)]
    case .configMaps where key.name == ServiceAccountController.authorityMap: return [ObjectKey(.namespaces, key.namespace)]
    default: return []
    }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let namespace = snapshot.store.get(key), namespace.metadata.deletionTimestamp == nil else { return Plan() }
    var plan = Plan()
    if snapshot.store.get(.serviceAccounts, namespace: key.name, "default") == nil {
      plan.changes.append(
        Change(
          .create(
            .serviceAccounts, namespace: key.name,
            tree: [
              "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": .string(key.name)],
            ])))
    }
    let map = snapshot.store.get(.configMaps, namespace: key.name, ServiceAccountController.authorityMap)
    if map == nil {
      plan.changes.append(
        Change(
          .create(
            .configMaps, namespace: key.name,
            tree: [
              "apiVersion": "v1", "kind": "ConfigMap",
              "metadata": ["name": .string(ServiceAccountController.authorityMap), "namespace": .string(key.name)],
              "data": ["ca.crt": .string(authority)],
            ])))
    } else if let map, map.view(ConfigMap.self).data["ca.crt"] != authority {
      var updated = map.view(ConfigMap.self)
      updated.data["ca.crt"] = authority
      plan.changes.append(Change(.update(.configMaps, tree: updated.tree)))
    }
    return plan
  }
}
