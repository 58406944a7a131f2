import CoreAPI
import CoreControllers
import CoreEngine
package import CoreObjects

/// Plays an `HPACase` second by second on a cluster that has no nodes and no controller but the autoscaler's: pods and their usage
/// are fed to it.
package struct HPACaseRun: Sendable {
  /// Seconds for which pods were up before the autoscaler is made, and until a pod has its first sample.
  static let lead = 40
  static let firstSample = 15
  static let namespace = "default"

  private struct FedPod: Sendable {
    var name: String
    var uid: String
    var startedAt: Int
    var isReady = false
    /// What the last tick gave it (ticked), in the model's unit.
    var share: [String: Double] = [:]
    var cpuNanoseconds: Int64 = 0
  }
  private let scenario: HPACase
  private let target: ObjectKey
  private var cluster: VirtualCluster
  private let start = Instant(rfc3339: "2026-01-01T01:00:00Z")!
  private var pods: [FedPod] = []
  private var made = 0
  private var desired: [JSON] = []
  private var conditions: [JSON] = []
  private var lastDesired: Int?
  private var lastConditions: JSON = .null

  /// - Throws: `HPACase.Problem` where the API refuses the autoscaler.
  package static func play(_ scenario: HPACase) throws(HPACase.Problem) -> JSON {
    var run = HPACaseRun(scenario)
    try run.begin()
    for second in 0...scenario.length { run.tick(second) }
    return ["desired": .array(run.desired), "conditions": .array(run.conditions)]
  }

  private init(_ scenario: HPACase) {
    self.scenario = scenario
    target = ObjectKey(ResourceID("apps", scenario.kind.lowercased() + "s"), namespace: HPACaseRun.namespace, "case")
    cluster = VirtualCluster(seed: 1, nodes: [VirtualNode](), start: start - .seconds(HPACaseRun.lead)) { controllers in
      controllers.filter { $0 is HorizontalPodAutoscalerController }
    }
  }

  private mutating func begin() throws(HPACase.Problem) {
    let account: JSON = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "default"]]
    _ = try? cluster.write(.create(.serviceAccounts, namespace: HPACaseRun.namespace, Document(account)), by: .bootstrap)
    let containers = (scenario.sidecar == nil ? ["app"] : ["app", "sidecar"]).map { name -> JSON in
      ["name": .string(name), "image": "case", "resources": ["requests": ["cpu": "100m", "memory": "100Mi"]]]
    }
    let template: JSON = ["metadata": ["labels": ["app": "case"]], "spec": ["containers": .array(containers)]]
    try post(
      "apps/v1", scenario.kind,
      ["replicas": .int(Int64(scenario.replicas)), "selector": ["matchLabels": ["app": "case"]], "template": template])
    for _ in 0..<scenario.replicas { addPod(-HPACaseRun.lead) }
    for second in -HPACaseRun.lead..<0 { feed(second) }
    cluster.run(until: start)
    var spec = scenario.spec
    spec.put(.scaleTargetRef, ["apiVersion": "apps/v1", "kind": .string(scenario.kind), "name": "case"])
    try post("autoscaling/v2", "HorizontalPodAutoscaler", spec)
  }

  private mutating func post(_ version: String, _ kind: String, _ spec: JSON) throws(HPACase.Problem) {
    let tree: JSON = [
      "apiVersion": .string(version), "kind": .string(kind), "metadata": ["name": "case", "namespace": "default"], "spec": spec,
    ]
    let plural = kind.lowercased() + "s"
    let answer = cluster.request(
      "POST", "/apis/\(version)/namespaces/default/\(plural)", query: "fieldValidation=Strict", body: tree.encoded())
    guard case .body(let status, _, let chunks, _) = answer, status >= 300 else { return }
    let reason = (try? JSONParser.parse(Array(chunks.joined())))?[.message].string
    throw HPACase.Problem(description: "scenario \(scenario.name): \(reason ?? "refused with \(status)")")
  }

  private mutating func tick(_ second: Int) {
    cluster.run(until: start + .seconds(second))
    feed(second)
    let wanted = cluster.engine.store.get(target)?.tree[.spec][.replicas].int ?? 0
    for _ in pods.count..<max(pods.count, wanted) { addPod(second) }
    while pods.count > wanted { removePod() }
    cluster.settle()
    record(second)
  }

  private mutating func addPod(_ second: Int) {
    let name = "case-\(scenario.kind == "StatefulSet" ? pods.count : made)"
    made += 1
    let owner = cluster.engine.store.get(target)!
    let tree: JSON = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": [
        "name": .string(name), "namespace": "default", "labels": ["app": "case"],
        "ownerReferences": [
          [
            "apiVersion": "apps/v1", "kind": .string(scenario.kind), "name": "case", "uid": .string(owner.uid),
            "controller": true,
          ]
        ],
      ],
      "spec": owner.tree[.spec][.template][.spec],
    ]
    let intent = WriteIntent.create(.pods, namespace: HPACaseRun.namespace, Document(tree))
    guard let stored = try? cluster.write(intent, by: .bootstrap).object else {
      preconditionFailure("a pod of the scenario was refused")
    }
    pods.append(FedPod(name: name, uid: stored.uid, startedAt: second))
    setStatus(pods.count - 1, isReady: scenario.startup == 0)
  }

  private mutating func removePod() {
    let pod = pods.removeLast()
    let deletion = Deletion(uid: pod.uid, graceSeconds: 0)
    _ = try? cluster.write(.delete(ObjectKey(.pods, namespace: HPACaseRun.namespace, pod.name), deletion), by: .node("node"))
  }

  private mutating func setStatus(_ index: Int, isReady: Bool) {
    pods[index].isReady = isReady
    guard var tree = cluster.engine.store.get(.pods, namespace: HPACaseRun.namespace, pods[index].name)?.tree else { return }
    tree.put(
      .status,
      [
        "phase": "Running", "startTime": .string((start + .seconds(pods[index].startedAt)).rfc3339),
        "conditions": [
          ["type": "Ready", "status": .string(isReady ? "True" : "False"), "lastTransitionTime": .string(cluster.now.rfc3339)]
        ],
      ])
    _ = try? cluster.write(.status(.pods, in: tree), by: .node("node"))
  }

  /// Readiness and usage at a second. A pod that a sync asks for comes a moment after it, so that what is due after a whole
  /// number of periods is seen by the sync that follows.
  private mutating func feed(_ second: Int) {
    for index in pods.indices where !pods[index].isReady && second - pods[index].startedAt > scenario.startup {
      setStatus(index, isReady: true)
    }
    let ready = max(1, pods.filter(\.isReady).count)
    let missing = missingPods()
    var samples: [UsageSample] = []
    for index in pods.indices {
      let memory = usage("memory", index, second, ready) ?? 1
      let cpu = usage("cpu", index, second, ready)
      pods[index].cpuNanoseconds = cpu.map { pods[index].cpuNanoseconds + Int64($0 * 1_000_000) } ?? -1
      let pod = pods[index]
      if second - pod.startedAt <= HPACaseRun.firstSample || missing.contains(index) { continue }
      samples.append(sample(of: pod, "app", at: second, mebibytes: memory, cpuNanoseconds: pod.cpuNanoseconds))
      if let sidecar = scenario.sidecar {
        samples.append(sample(of: pod, "sidecar", at: second, mebibytes: sidecar, cpuNanoseconds: -1))
      }
    }
    cluster.run(until: start + .seconds(second))
    cluster.report(samples)
  }

  /// Those pods that have no sample.
  private func missingPods() -> Set<Int> {
    guard let divisor = scenario.missing, divisor > 0 else { return [] }
    let byName = pods.indices.sorted { pods[$0].name < pods[$1].name }
    return Set(byName.enumerated().filter { $0.offset % divisor == 1 }.map(\.element))
  }

  private func sample(
    of pod: FedPod, _ container: String, at second: Int, mebibytes: Double, cpuNanoseconds: Int64
  ) -> UsageSample {
    let bytes = Int64(mebibytes * 1_048_576)
    return UsageSample(
      node: "node", podUID: pod.uid, container: container, containerID: pod.uid + container, at: start + .seconds(second),
      startedAt: start + .seconds(pod.startedAt), cpuNanoseconds: cpuNanoseconds, memoryUsage: bytes, inactiveFile: 0,
      activeFile: 0, anonymous: bytes)
  }

  /// Mi or millicores of one pod; nil where the scenario does not model the resource.
  private mutating func usage(_ resource: String, _ index: Int, _ second: Int, _ ready: Int) -> Double? {
    guard let model = scenario.models[resource] else { return nil }
    let level = model.level(Double(max(0, second)))
    switch model.type {
    case "perpod": return level
    case "ticked":
      if second >= 0, second % model.every == 0 { pods[index].share[resource] = Double(Int(level) / pods.count) }
      return model.base + (pods[index].share[resource] ?? 0)
    default: return model.base + level / Double(ready)
    }
  }

  private mutating func record(_ second: Int) {
    guard
      let stored = cluster.engine.store.get(.horizontalPodAutoscalers, namespace: HPACaseRun.namespace, "case")
    else { return }
    let count = stored.tree[.status][.desiredReplicas].int ?? 0
    if count != lastDesired { desired.append([.int(Int64(second)), .int(Int64(count))]) }
    lastDesired = count
    var present: JSON = [:]
    for condition in stored.tree[.status][.conditions].elements {
      present.put(
        Key(condition[.type].string ?? ""), .string("\(condition[.status].string ?? "")=\(condition[.reason].string ?? "")"))
    }
    if present != lastConditions { conditions.append([.int(Int64(second)), present]) }
    lastConditions = present
  }
}
