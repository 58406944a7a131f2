import CoreObjects

/// Nothing is taken from an owner that lives. Of config maps, which nobody but the collector deletes.
struct OwnedIsKept: Check {
  let name = "nothing is collected while one of its owners lives"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .configMaps, !facts.isUsers, let previous = change.previous,
      previous.metadata.deletionTimestamp == nil, change.kind == .deleted || change.object.metadata.deletionTimestamp != nil,
      facts.get(.namespaces, previous.key.namespace)?.metadata.deletionTimestamp == nil
    else { return nil }
    let all = facts.list(.configMaps)
    let owner = previous.metadata.ownerReferences.first { reference in
      all.contains {
        $0.uid == reference.uid && $0.key.namespace == previous.key.namespace && $0.metadata.deletionTimestamp == nil
      }
    }
    if previous.metadata.ownerReferences.isEmpty { return "\(previous.key) was collected and has no owner" }
    return owner.map { "\(previous.key) was collected, and its owner \($0.name ?? "") lives" }
  }
}

/// Objects are in namespaces that are there.
struct NamespacesLive: Check {
  let name = "no object is left behind by its namespace"

  func settled(_ facts: Facts) -> String? {
    let names = Set(facts.list(.namespaces).map(\.key.name))
    for object in facts.all where !object.key.namespace.isEmpty && !names.contains(object.key.namespace) {
      return "\(object.key) is in a namespace that is gone"
    }
    return nil
  }
}

/// A namespace has what pods need to speak to the API.
struct NamespacesAreFurnished: Check {
  let name = "a namespace has its default ServiceAccount and the certificate of the API"

  func settled(_ facts: Facts) -> String? {
    for namespace in facts.list(.namespaces).map(\.key.name) {
      if facts.get(.serviceAccounts, namespace: namespace, "default") == nil { return "\(namespace) has no ServiceAccount" }
      if facts.get(.configMaps, namespace: namespace, "kube-root-ca.crt") == nil { return "\(namespace) has no certificate" }
    }
    return nil
  }
}
