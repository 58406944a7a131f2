package import CoreObjects

/// A thicket of owners and owned in namespaces that come and go.
package struct GarbageSubject: Subject {
  package static let name = "GarbageCollector"
  private var made = 0

  package init(random: inout RandomSource) {}

  package var manifests: [JSON] { (0..<2).map { namespace($0) } }
  package var checks: [any Check] { [OwnedIsKept(), NamespacesAreFurnished()] }

  private func namespace(_ number: Int) -> JSON {
    ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string("g\(number)")]]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let number = random.below(2)
    guard facts.get(.namespaces, "g\(number)") != nil else { return .create(namespace(number)) }
    let maps = facts.list(.configMaps, namespace: "g\(number)").filter { $0.key.name.hasPrefix("m-") }
    switch random.below(16) {
    case 0: return .delete(ObjectKey(.namespaces, "g\(number)"))
    case 1...4 where !maps.isEmpty:
      return .delete(maps[random.below(maps.count)].key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    case 6: return .delete(ObjectKey(.serviceAccounts, namespace: "g\(number)", "default"))
    case 7: return .delete(ObjectKey(.configMaps, namespace: "g\(number)", "kube-root-ca.crt"))
    case 5: return .create(deployment("g\(number)"))
    default: return .create(map("g\(number)", maps, &random))
    }
  }

  private mutating func map(_ namespace: String, _ maps: [StoredObject], _ random: inout RandomSource) -> JSON {
    made += 1
    var owners: [JSON] = []
    for _ in 0..<random.below(3) where !maps.isEmpty {
      let owner = maps[random.below(maps.count)]
      if owners.contains(where: { $0[.uid].string == owner.uid }) { continue }
      owners.append([
        "apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner.key.name),
        "uid": .string(random.below(12) == 0 ? "nobody" : owner.uid), "blockOwnerDeletion": .bool(random.below(2) == 0),
      ])
    }
    var metadata: JSON = ["name": .string("m-\(made)"), "namespace": .string(namespace)]
    if !owners.isEmpty { metadata.put(.ownerReferences, .array(owners)) }
    return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata]
  }

  private func deployment(_ namespace: String) -> JSON {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d", "namespace": .string(namespace)],
      "spec": ["replicas": 2, "selector": ["matchLabels": ["app": "d"]], "template": Templates.pod("d", isProbed: false)],
    ]
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] { [] }
}
