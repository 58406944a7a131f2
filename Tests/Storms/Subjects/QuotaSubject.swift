package import CoreObjects
package import Simulation

/// Two quotas over more Deployments, pods that end, claims, services and config maps than they allow.
package struct QuotaSubject: Subject {
  package static let name = "ResourceQuota"
  private static let quotas = ["all", "idle"]
  private var made = 0
  private var pods: Int
  private var mebibytes: Int

  package init(random: inout RandomSource) {
    pods = 3 + random.below(6)
    mebibytes = 64 + 32 * random.below(8)
  }

  package var programs: [String: VirtualProgram] {
    ["app": .idle(memoryBytes: 8 << 20), "ends": .exits(afterSeconds: 20, code: 0)]
  }

  package var manifests: [JSON] { Self.quotas.map { quota($0) } + [deployment("a", 4), deployment("b", 4)] }
  package var checks: [any Check] { [QuotaIsNotCrossed(), QuotaTellsEnough(), QuotaAtRest()] }

  private func quota(_ name: String) -> JSON {
    [
      "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": .string(name), "namespace": "default"],
      "spec": bounds(name),
    ]
  }

  private func bounds(_ name: String) -> JSON {
    if name == "idle" { return ["hard": ["pods": "2"], "scopes": ["BestEffort"]] }
    return [
      "hard": [
        "pods": .string("\(pods)"), "requests.memory": .string("\(mebibytes)Mi"), "count/deployments.apps": "2",
        "count/configmaps": "4",
        "persistentvolumeclaims": "2", "requests.storage": "50Mi", "services": "4", "services.nodeports": "2",
      ]
    ]
  }

  private func deployment(_ name: String, _ replicas: Int) -> JSON {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "namespace": "default"],
      "spec": [
        "replicas": .int(Int64(replicas)), "selector": ["matchLabels": ["app": .string(name)]],
        "template": Templates.pod(name, isProbed: false),
      ],
    ]
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let name = ["a", "b"][random.below(2)]
    let key = ObjectKey(.deployments, namespace: "default", name)
    let present = facts.list(.pods)
    switch random.below(16) {
    case 0...2:
      guard facts.get(key) != nil else { return .create(deployment(name, 1 + random.below(6))) }
      return .patch(key, ["spec": ["replicas": .int(Int64(random.below(7)))]], subresource: "scale")
    case 3: return .delete(key, propagation: ["Background", "Foreground", "Orphan"][random.below(3)])
    case 4: return .patch(key, Templates.annotation(random.below(3)))
    case 5, 6:
      return present.isEmpty
        ? nil : .delete(present[random.below(present.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 7, 8: return changeQuota(facts, &random)
    case 9...11: return both(pod(&random), pod(&random))
    case 12: return serve(facts, &random)
    case 13: return hold(facts, &random)
    default:
      let map = ObjectKey(.configMaps, namespace: "default", "m-\(random.below(5))")
      let manifest: JSON = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(map.name), "namespace": "default"],
      ]
      return facts.get(map) == nil ? .create(manifest) : .delete(map)
    }
  }

  /// Two requests of which the second must see what the first has taken.
  private func both(_ first: JSON, _ second: JSON) -> StormAct {
    var act = StormAct.create(first)
    act.then = [.create(second)]
    return act
  }

  private mutating func changeQuota(_ facts: Facts, _ random: inout RandomSource) -> StormAct {
    let name = Self.quotas[random.below(2)]
    let key = ObjectKey(.resourceQuotas, namespace: "default", name)
    guard facts.get(key) != nil else { return .create(quota(name)) }
    if random.below(4) == 0 { return .delete(key) }
    pods = 2 + random.below(8)
    mebibytes = 64 + 32 * random.below(8)
    return .patch(key, ["spec": ["hard": bounds(name)[.hard]]])
  }

  /// A pod that runs, or one that ends by itself and counts no longer; some ask for nothing.
  private mutating func pod(_ random: inout RandomSource) -> JSON {
    made += 1
    let isIdle = random.below(3) == 0
    var spec = Templates.pod("p", restart: "Never", isProbed: false)[.spec]
    var container = spec[.containers][0]
    container.put(.image, random.below(2) == 0 ? "ends" : "app")
    if isIdle { container.remove(.resources) }
    spec.put(.containers, [container])
    return [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": .string("p-\(made)"), "namespace": "default", "labels": ["app": "p"]],
      "spec": spec,
    ]
  }

  private func serve(_ facts: Facts, _ random: inout RandomSource) -> StormAct {
    let key = ObjectKey(.services, namespace: "default", "s-\(random.below(4))")
    let type = JSON.string(["ClusterIP", "NodePort"][random.below(2)])
    guard facts.get(key) != nil else {
      return .create([
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(key.name), "namespace": "default"],
        "spec": ["type": type, "selector": ["app": "a"], "ports": [["port": 80]]],
      ])
    }
    return random.below(2) == 0 ? .delete(key) : .patch(key, ["spec": ["type": type]])
  }

  private func hold(_ facts: Facts, _ random: inout RandomSource) -> StormAct {
    let key = ObjectKey(.persistentVolumeClaims, namespace: "default", "c-\(random.below(3))")
    guard facts.get(key) == nil else { return .delete(key) }
    var claim = Templates.claim(key.name)
    claim.put(.apiVersion, "v1")
    claim.put(.kind, "PersistentVolumeClaim")
    claim[.metadata].put(.namespace, "default")
    claim[.spec][.resources][.requests].put(.storage, .string("\(10 + 10 * random.below(3))Mi"))
    return .create(claim)
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    Self.quotas.map { .create(quota($0)) } + [.create(deployment("a", 4))]
  }
}
