import CoreAPI
import CoreControllers
import CoreEngine
package import CoreJSON
import CoreMetrics
import CoreStore
import CoreTypes

/// Plays an `HPACase` second by second: the engine runs the autoscaler; pods and their usage are fed to it.
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
  private var engine: Engine
  private let start: Instant
  private var now: Instant
  private var wakeAt: Instant?
  private var pods: [FedPod] = []
  private var made = 0
  private let admin = Caller(name: "admin", groups: ["system:masters"])
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
    start = Instant(rfc3339: "2026-01-01T01:00:00Z")!
    now = start - .seconds(HPACaseRun.lead)
    let configuration = APIConfiguration(sign: { _ in "" }, verify: { _ in nil })
    engine = Engine(configuration, random: RandomSource(seed: 1), controllers: [HorizontalPodAutoscalerController()])
  }

  private mutating func begin() throws(HPACase.Problem) {
    _ = engine.boot(at: now)
    let account: JSON = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "default"]]
    _ = try? engine.write(.create(.serviceAccounts, namespace: "default", Document(account)), by: .bootstrap, at: now).object
    let template: JSON = [
      "metadata": ["labels": ["app": "case"]],
      "spec": [
        "containers": [["name": "main", "image": "case", "resources": ["requests": ["cpu": "100m", "memory": "100Mi"]]]]
      ],
    ]
    try post(
      "apps/v1", scenario.kind,
      ["replicas": .int(Int64(scenario.replicas)), "selector": ["matchLabels": ["app": "case"]], "template": template])
    for _ in 0..<scenario.replicas { addPod(-HPACaseRun.lead) }
    for second in -HPACaseRun.lead..<0 { feed(second) }
    now = start
    var spec = scenario.spec
    spec.put(.scaleTargetRef, ["apiVersion": "apps/v1", "kind": .string(scenario.kind), "name": "case"])
    try post("autoscaling/v2", "HorizontalPodAutoscaler", spec)
  }

  private mutating func post(_ version: String, _ kind: String, _ spec: JSON) throws(HPACase.Problem) {
    let tree: JSON = [
      "apiVersion": .string(version), "kind": .string(kind), "metadata": ["name": "case", "namespace": "default"], "spec": spec,
    ]
    let plural = kind == "HorizontalPodAutoscaler" ? "horizontalpodautoscalers" : kind.lowercased() + "s"
    let request = APIRequest(
      method: "POST", path: "/apis/\(version)/namespaces/default/\(plural)", body: tree.encoded(),
      credential: .certificate(commonName: "admin", organizations: ["system:masters"]))
    for effect in engine.step(.request(1, request), at: now) {
      if case .wake(let at) = effect { wakeAt = at }
      if case .respond(_, .body(let status, _, let chunks, _)) = effect, status >= 300 {
        let answer = try? JSONParser.parse(Array(chunks.joined()))
        throw HPACase.Problem(description: "scenario \(scenario.name): \(answer?[.message].string ?? "refused with \(status)")")
      }
    }
  }

  private mutating func tick(_ second: Int) {
    let end = start + .seconds(second)
    while let wake = wakeAt, wake <= end {
      wakeAt = nil
      now = max(now, wake)
      step(.timer)
    }
    now = end
    feed(second)
    let resource = ResourceID("apps", scenario.kind.lowercased() + "s")
    let wanted = engine.store.get(resource, namespace: "default", "case")?.tree[.spec][.replicas].int ?? 0
    for _ in pods.count..<max(pods.count, wanted) { addPod(second) }
    while pods.count > wanted { removePod() }
    if engine.backlog > 0 { step(.timer) }
    note(second)
  }

  private mutating func step(_ input: Input) {
    for case .wake(let at) in engine.step(input, at: now) { wakeAt = at }
  }

  private mutating func addPod(_ second: Int) {
    let name = "case-\(scenario.kind == "StatefulSet" ? pods.count : made)"
    made += 1
    let owner = engine.store.get(ResourceID("apps", scenario.kind.lowercased() + "s"), namespace: "default", "case")!
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
    guard let stored = try? engine.write(.create(.pods, namespace: "default", Document(tree)), by: .bootstrap, at: now).object
    else {
      preconditionFailure("a pod of the scenario was refused")
    }
    pods.append(FedPod(name: name, uid: stored.uid, startedAt: second))
    setStatus(pods.count - 1, isReady: scenario.startup == 0)
  }

  private mutating func removePod() {
    let pod = pods.removeLast()
    let deletion = Deletion(uid: pod.uid, graceSeconds: 0)
    _ = try? engine.write(.delete(ObjectKey(.pods, namespace: "default", pod.name), deletion), by: .node("node"), at: now)
  }

  private mutating func setStatus(_ index: Int, isReady: Bool) {
    pods[index].isReady = isReady
    guard var tree = engine.store.get(.pods, namespace: "default", pods[index].name)?.tree else { return }
    tree.put(
      .status,
      [
        "phase": "Running", "startTime": .string((start + .seconds(pods[index].startedAt)).rfc3339),
        "conditions": [
          ["type": "Ready", "status": .string(isReady ? "True" : "False"), "lastTransitionTime": .string(now.rfc3339)]
        ],
      ])
    _ = try? engine.write(.status(.pods, in: tree), by: .node("node"), at: now)
  }

  /// Readiness and usage at a second. A pod that a sync asks for comes a moment after it, so that what is due after a whole
  /// number of periods is seen by the sync that follows.
  private mutating func feed(_ second: Int) {
    for index in pods.indices where !pods[index].isReady && second - pods[index].startedAt > scenario.startup {
      setStatus(index, isReady: true)
    }
    let ready = max(1, pods.filter(\.isReady).count)
    var samples: [UsageSample] = []
    for index in pods.indices {
      let memory = usage("memory", index, second, ready) ?? 1
      let cpu = usage("cpu", index, second, ready)
      pods[index].cpuNanoseconds = cpu.map { pods[index].cpuNanoseconds + Int64($0 * 1_000_000) } ?? -1
      if second - pods[index].startedAt <= HPACaseRun.firstSample { continue }
      samples.append(
        UsageSample(
          node: "node", podUID: pods[index].uid, container: "main", containerID: pods[index].uid, at: start + .seconds(second),
          startedAt: start + .seconds(pods[index].startedAt), cpuNanoseconds: pods[index].cpuNanoseconds,
          memoryUsage: Int64(memory * 1_048_576), inactiveFile: 0, activeFile: 0, anonymous: Int64(memory * 1_048_576)))
    }
    now = start + .seconds(second)
    step(.usage(samples))
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

  private mutating func note(_ second: Int) {
    guard let stored = engine.store.get(.horizontalPodAutoscalers, namespace: "default", "case") else { return }
    let count = stored.tree[.status][.desiredReplicas].int ?? 0
    if count != lastDesired { desired.append([.int(Int64(second)), .int(Int64(count))]) }
    lastDesired = count
    var told: JSON = [:]
    for condition in stored.tree[.status][.conditions].elements {
      told.put(
        Key(condition[.type].string ?? ""), .string("\(condition[.status].string ?? "")=\(condition[.reason].string ?? "")"))
    }
    if told != lastConditions { conditions.append([.int(Int64(second)), told]) }
    lastConditions = told
  }
}
