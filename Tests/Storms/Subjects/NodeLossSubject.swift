package import CoreObjects

/// Two zones whose nodes are cut off, several at a time, tainted, cordoned and deleted, under pods that tolerate it for differently long.
package struct NodeLossSubject: Subject {
  package static let name = "NodeLifecycle"
  package static let nodes = ["n0", "n1", "n2", "n3", "n4", "n5"]
  package static let lostAtMost = 5
  package static let losses = 9
  private static let marks = ["maintenance", "node.kubernetes.io/out-of-service"]
  /// How long their pods stay on a node with a taint; nil: as admission says, which is 300 s for lost nodes.
  private static let stays: [(name: String, tolerations: JSON)] = [
    ("usual", .null),
    ("quick", tolerations(seconds: 30)),
    ("ever", [["operator": "Exists", "effect": "NoExecute"]]),
  ]
  private var hasZones = false

  private static func tolerations(seconds: Int64) -> JSON {
    .array(
      ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready", "maintenance"].map {
        ["key": .string($0), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .int(seconds)]
      })
  }

  package init(random: inout RandomSource) {}

  package var manifests: [JSON] { Self.stays.map { deployment($0.name, $0.tolerations) } }
  package var checks: [any Check] {
    [
      SilentNodesAreLost(), TolerationsAreKept(), ZonesEvict(), PodsOfGoneNodesGo(), NodesAtRest(), ReplicasAtRest(),
      DeploymentAtRest(),
      NoPodWaitsInVain(),
    ]
  }

  private func deployment(_ name: String, _ tolerations: JSON) -> JSON {
    var template = Templates.pod(name)
    if !tolerations.isNull { template[.spec].put(.tolerations, tolerations) }
    return [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "namespace": "default"],
      "spec": ["replicas": 3, "selector": ["matchLabels": ["app": .string(name)]], "template": template],
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    if !hasZones {
      hasZones = true
      var acts = Self.nodes.dropFirst().map { node in
        let zone: JSON = .string(node == "n5" ? "b" : "a")
        return StormAct.patch(ObjectKey(.nodes, node), ["metadata": ["labels": ["topology.kubernetes.io/zone": zone]]])
      }
      let first = acts.removeFirst()
      return StormAct(method: first.method, path: first.path, contentType: first.contentType, body: first.body, then: acts)
    }
    let node = ObjectKey(.nodes, Self.nodes[1 + random.below(Self.nodes.count - 1)])
    guard let stored = facts.get(node) else { return nil }
    switch random.below(13) {
    case 12:
      // Somebody takes away what the controllers have set.
      return .patch(node, ["spec": ["taints": []]])
    case 0: return .delete(node)
    case 1: return .patch(node, ["spec": ["unschedulable": .bool(random.below(2) == 0)]])
    case 2...6: return taint(stored, random.below(4) == 0 ? Self.marks[1] : Self.marks[0])
    case 7:
      let key = ObjectKey(.deployments, namespace: "default", Self.stays[random.below(Self.stays.count)].name)
      return .patch(key, ["spec": ["replicas": .int(Int64(1 + random.below(5)))]], subresource: "scale")
    default:
      let pods = facts.list(.pods)
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    }
  }

  /// As `kubectl taint` does: the taint is there afterwards, or gone if it was there. It says nothing about when it came.
  private func taint(_ node: StoredObject, _ key: String) -> StormAct {
    let present = node.tree[.spec][.taints].elements
    var wanted = present.filter { $0[.key].string != key }
    if wanted.count == present.count { wanted.append(["key": .string(key), "value": "now", "effect": "NoExecute"]) }
    return .patch(node.key, ["spec": ["taints": .array(wanted)]])
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    facts.list(.nodes).map { node in
      let kept = node.tree[.spec][.taints].elements.filter { taint in !Self.marks.contains(taint[.key].string ?? "") }
      return .patch(node.key, ["spec": ["unschedulable": false, "taints": .array(kept)]])
    }
  }
}
