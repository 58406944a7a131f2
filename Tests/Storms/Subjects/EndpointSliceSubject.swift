package import CoreObjects

/// Services over the same pods, by number and by name of their port; one whose Endpoints are made by hand. Some seeds have more
/// pods than a slice can hold: those have no node, and the user tells their status.
package struct EndpointSliceSubject: Subject {
  package static let name = "EndpointSlice"
  private let key = ObjectKey(.deployments, namespace: "default", "w")
  private let publishes: Bool
  private let isHeadless: Bool
  private let isLarge: Bool
  private var made = 0

  package init(random: inout RandomSource) {
    publishes = random.below(4) == 0
    isHeadless = random.below(3) == 0
    isLarge = random.below(3) == 0
  }

  package var manifests: [JSON] {
    [service("number"), service("name"), service("hand"), endpoints(["10.1.0.1"]), deployment]
  }
  package var checks: [any Check] { [SlicesAreWellFormed(), SlicesFollow(), ReplicasAtRest()] }

  private func service(_ name: String) -> JSON {
    var spec: JSON = ["ports": [["name": "p", "port": 80, "targetPort": name == "name" ? "http" : 8080]]]
    if name != "hand" { spec.put(.selector, ["app": "w"]) }
    if name == "number", publishes { spec.put(Key("publishNotReadyAddresses"), true) }
    if name == "name", isHeadless { spec.put(Key("clusterIP"), "None") }
    return ["apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "namespace": "default"], "spec": spec]
  }

  private func endpoints(_ addresses: [String]) -> JSON {
    [
      "apiVersion": "v1", "kind": "Endpoints", "metadata": ["name": "hand", "namespace": "default"],
      "subsets": [["addresses": .array(addresses.map { ["ip": .string($0)] }), "ports": [["name": "p", "port": 8080]]]],
    ]
  }

  private var deployment: JSON {
    var template = Templates.pod("w")
    template[.spec].put(.containers, containers(8080, template))
    return [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "w", "namespace": "default"],
      "spec": ["replicas": 3, "selector": ["matchLabels": ["app": "w"]], "template": template],
    ]
  }

  private func containers(_ port: Int64, _ template: JSON) -> JSON {
    var container = template[.spec][.containers][0]
    container.put(.ports, [["name": "http", "containerPort": .int(port)]])
    return .array([container])
  }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let pods = facts.list(.pods)
    let slices = facts.list(.endpointSlices)
    switch random.below(16) {
    case 0, 1: return .patch(key, ["spec": ["replicas": .int(Int64(random.below(7)))]], subresource: "scale")
    case 2, 3:
      return pods.isEmpty ? nil : .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    case 4:
      let template = Templates.pod("w")
      return .patch(key, ["spec": ["template": ["spec": ["containers": containers([8080, 9090][random.below(2)], template)]]]])
    case 5, 6:
      guard !pods.isEmpty else { return nil }
      return .patch(
        pods[random.below(pods.count)].key, ["metadata": ["labels": ["app": random.below(2) == 0 ? "w" : "released"]]])
    case 7, 8: return changeService(facts, &random)
    case 9: return slices.isEmpty ? nil : .delete(slices[random.below(slices.count)].key)
    case 10: return slices.isEmpty ? nil : .patch(slices[random.below(slices.count)].key, ["endpoints": []])
    case 11: return .delete(ObjectKey(.endpoints, namespace: "default", ["number", "name"][random.below(2)]))
    case 12:
      let count = random.below(4)
      let addresses = (0..<count).map { "10.1.0.\($0 + 1)" }
      let hand = ObjectKey(.endpoints, namespace: "default", "hand")
      if facts.get(hand) == nil { return .create(endpoints(addresses + ["10.1.0.9"])) }
      return count == 0 ? .delete(hand) : .patch(hand, ["subsets": endpoints(addresses)[.subsets]])
    default: return still(facts, &random)
    }
  }

  private func changeService(_ facts: Facts, _ random: inout RandomSource) -> StormAct {
    let key = ObjectKey(.services, namespace: "default", ["number", "name", "hand"][random.below(3)])
    if facts.get(key) == nil { return .create(service(key.name)) }
    switch random.below(4) {
    case 0: return .delete(key)
    case 1 where key.name != "hand": return .patch(key, ["spec": ["selector": ["app": random.below(3) == 0 ? "nobody" : "w"]]])
    case 2: return .patch(key, ["metadata": ["labels": ["color": .string(["red", "blue"][random.below(2)])]]])
    default:
      return .patch(key, ["spec": ["ports": [["name": "p", "port": 80, "targetPort": random.below(2) == 0 ? 8080 : "http"]]]])
    }
  }

  /// Pods without a node come, change or go.
  private mutating func still(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let present = facts.list(.pods).filter { $0.key.name.hasPrefix("still-") }
    var acts: [StormAct] = []
    switch random.below(3) {
    case 0 where !present.isEmpty:
      for _ in 0..<(1 + random.below(isLarge ? 30 : 3)) {
        acts.append(.delete(present[random.below(present.count)].key, graceSeconds: 0))
      }
    case 1 where !present.isEmpty:
      for _ in 0..<3 {
        let pod = present[random.below(present.count)]
        acts.append(tell(pod.key, isReady: random.below(2) == 0))
      }
    default:
      for _ in 0..<(isLarge ? 70 : 1) where present.count + acts.count / 2 < 240 {
        made += 1
        var template = Templates.pod("w", isProbed: false)
        template[.spec].put(Key("schedulerName"), "nobody")
        template[.metadata].put(.name, .string("still-\(made)"))
        template[.metadata].put(.namespace, "default")
        template.put(.apiVersion, "v1")
        template.put(.kind, "Pod")
        acts.append(.create(template))
        acts.append(tell(ObjectKey(.pods, namespace: "default", "still-\(made)"), isReady: random.below(4) > 0))
      }
    }
    guard var first = acts.first else { return nil }
    first.then = Array(acts.dropFirst())
    return first
  }

  private func tell(_ pod: ObjectKey, isReady: Bool) -> StormAct {
    let number = Int(pod.name.dropFirst(6)) ?? 0
    let address = "10.9.\(number / 250).\(number % 250 + 1)"
    return .patch(
      pod,
      [
        "status": [
          "phase": "Running", "podIP": .string(address), "podIPs": [["ip": .string(address)]],
          "conditions": [["type": "Ready", "status": .string(isReady ? "True" : "False")]],
        ]
      ], subresource: "status")
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    ["number", "name", "hand"].map { .create(service($0)) } + [.create(endpoints(["10.1.0.1"]))]
  }
}
