import CoreControllers
import CoreJSON
import CoreMetrics
import CoreStore
import CoreTypes
import Foundation

/// Plays the runs of hpa-cases.json: an autoscaler, its target and pods fed by hand, one second after the other.
struct AutoscalerCase {
  static let file = "/work/shared/facts/hpa-cases.json"
  static let hpa = ObjectKey(.horizontalPodAutoscalers, namespace: "default", "app")

  struct Change: CustomStringConvertible {
    var second: Double
    var replicas: Int
    var description: String { "\(replicas)@\(second)" }
  }

  /// nil where the recordings are not on this machine.
  static func recordings() -> JSON? {
    for path in [file, "../shared/facts/hpa-cases.json"] {
      if let data = FileManager.default.contents(atPath: path) { return try? JSONParser.parse(Array(data)) }
    }
    return nil
  }

  private let scenario: JSON
  private let startup: Int
  private var store = Store()
  private var metrics = MetricsWindow()
  private(set) var controller = HorizontalPodAutoscalerController()
  private var now = World.start
  private var wakeAt: Instant?
  private var pods: [(name: String, uid: String, startedAt: Instant, isReady: Bool, cpuNanoseconds: Int64, share: Double?)] = []
  private var made = 0
  private(set) var desired: [Change] = []
  private(set) var conditions: [(second: Double, text: String)] = []

  init(_ scenario: JSON) {
    self.scenario = scenario
    startup = scenario[Key("startup")].int ?? 5
  }

  private var target: ObjectKey {
    ObjectKey(scenario[.kind].string == "StatefulSet" ? .statefulSets : .deployments, namespace: "default", "app")
  }

  /// Second by second: the controller where it asked to be woken, what is to be seen, then the world.
  mutating func play() {
    begin()
    for second in 0...(scenario[Key("length")].int ?? 0) {
      let end = World.start + .seconds(second)
      while let wake = wakeAt, wake < end {
        now = wake
        sync()
      }
      now = end
      note(Double(second))
      feed(second)
    }
  }

  private mutating func begin() {
    let target: JSON = [
      "apiVersion": "apps/v1", "kind": scenario[.kind], "metadata": ["name": "app", "namespace": "default", "uid": "target"],
      "spec": ["replicas": scenario[.replicas], "selector": ["matchLabels": ["app": "app"]]],
      "status": ["replicas": scenario[.replicas]],
    ]
    put(self.target, target)
    let first = scenario[.replicas].int ?? 1
    for _ in 0..<first { addPod(at: World.start - .seconds(40), isReady: true) }
    var spec = scenario[Key("hpa")]
    spec.put(.scaleTargetRef, ["apiVersion": "apps/v1", "kind": scenario[.kind], "name": "app"])
    AutoscalerCase.setDefaults(&spec)
    let tree: JSON = [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": "app", "namespace": "default", "uid": "hpa", "creationTimestamp": .string(now.rfc3339)], "spec": spec,
    ]
    put(AutoscalerCase.hpa, tree)
    sync()
  }

  /// What the API server fills in: rules of the direction that is not given.
  private static func setDefaults(_ spec: inout JSON) {
    if spec[.behavior].isNull { return }
    let up: JSON = [["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15]]
    let down: JSON = [["type": "Percent", "value": 100, "periodSeconds": 15]]
    for (key, policies) in [(Key.scaleUp, up), (Key.scaleDown, down)] {
      var rules = HPAScalingRules(tree: spec[.behavior][key])
      if rules.selectPolicy == nil { rules.selectPolicy = "Max" }
      if rules.policies.isEmpty { rules.policies = List(tree: policies) }
      if key == .scaleUp, rules.stabilizationWindowSeconds == nil { rules.stabilizationWindowSeconds = 0 }
      spec[.behavior].put(key, rules.tree)
    }
  }

  private mutating func put(_ key: ObjectKey, _ tree: JSON) {
    let change = store.put(key, tree)
    for key in controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: metrics)) where key == AutoscalerCase.hpa {
      let plan = controller.plan(key, in: Snapshot(store: store, metrics: metrics), at: now)
      wakeAt = plan.wakeAt ?? wakeAt
    }
  }

  private mutating func sync() {
    let plan = controller.plan(AutoscalerCase.hpa, in: Snapshot(store: store, metrics: metrics), at: now)
    wakeAt = plan.wakeAt
    for change in plan.changes {
      switch change.write {
      case .patch(let key, "scale", let merge):
        var tree = store.get(key)!.tree
        tree.merge(merge)
        put(key, tree)
      case .patch(let key, _, let merge):
        var tree = store.get(key)!.tree
        tree.merge(merge)
        put(key, tree)
      case .updateStatus(_, let tree): put(AutoscalerCase.hpa, tree)
      default: continue
      }
    }
  }

  // MARK: pods and their usage

  private mutating func addPod(at instant: Instant, isReady: Bool) {
    made += 1
    let name = "app-\(made)"
    pods.append((name, "pod-\(made)", instant, isReady, 0, nil))
    writePod(pods.count - 1)
  }

  private mutating func writePod(_ index: Int) {
    let pod = pods[index]
    let since = pod.isReady ? pod.startedAt + .seconds(startup) : pod.startedAt
    put(
      ObjectKey(.pods, namespace: "default", pod.name),
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": ["name": .string(pod.name), "namespace": "default", "uid": .string(pod.uid), "labels": ["app": "app"]],
        "spec": [
          "nodeName": "node-1", "containers": [["name": "main", "resources": ["requests": ["memory": "100Mi", "cpu": "100m"]]]],
        ],
        "status": [
          "phase": "Running", "startTime": .string(pod.startedAt.rfc3339),
          "conditions": [
            ["type": "Ready", "status": pod.isReady ? "True" : "False", "lastTransitionTime": .string(since.rfc3339)]
          ],
        ],
      ])
  }

  private mutating func feed(_ second: Int) {
    let replicas = store.get(target)!.tree[.spec][.replicas].int ?? 0
    while pods.count > replicas {
      let name = pods.removeLast().name
      _ = store.remove(ObjectKey(.pods, namespace: "default", name)).map { change in
        _ = controller.keys(affectedBy: change, in: Snapshot(store: store, metrics: metrics))
      }
    }
    while pods.count < replicas { addPod(at: now, isReady: false) }
    for index in pods.indices where !pods[index].isReady && now > pods[index].startedAt + .seconds(startup) {
      pods[index].isReady = true
      writePod(index)
    }
    let memory = scenario[Key("model")][.memory]
    let every = memory[Key("every")].int ?? 60
    if memory[.type].string == "ticked", second % every == 0 {
      let ready = pods.filter(\.isReady).count
      for index in pods.indices { pods[index].share = (level(memory, second) / Double(max(1, ready))).rounded(.down) }
    }
    scrape(second)
  }

  private func level(_ model: JSON, _ second: Int) -> Double {
    let points = model[Key("points")].elements.map { ($0[0].double ?? 0, $0[1].double ?? 0) }
    let t = Double(second)
    guard let last = points.lastIndex(where: { $0.0 <= t }) else { return 0 }
    guard model[Key("shape")].string == "linear", last + 1 < points.count else { return points[last].1 }
    let (a, b) = (points[last], points[last + 1])
    return a.1 + (b.1 - a.1) * (t - a.0) / (b.0 - a.0)
  }

  /// Mi or millicores of one pod; nil where the scenario has no such metric.
  private func usage(_ model: JSON, _ index: Int, _ second: Int) -> Double? {
    if model.isNull { return nil }
    switch model[.type].string {
    case "perpod": return level(model, second)
    case "ticked": return (model[Key("base")].double ?? 0) + (pods[index].share ?? 0)
    default: return (model[Key("base")].double ?? 0) + level(model, second) / Double(max(1, pods.filter(\.isReady).count))
    }
  }

  private mutating func scrape(_ second: Int) {
    var samples: [UsageSample] = []
    let model = scenario[Key("model")]
    for index in pods.indices {
      let cpu = usage(model[.cpu], index, second)
      pods[index].cpuNanoseconds += Int64((cpu ?? 0) * 1_000_000)
      // Pods come a moment after the look that asked for them, so the look after it sees no sample of theirs yet.
      guard now > pods[index].startedAt + .seconds(15) else { continue }
      let bytes = Int64((usage(model[.memory], index, second) ?? 1) * 1_048_576)
      samples.append(
        UsageSample(
          node: "node-1", podUID: pods[index].uid, container: "main", containerID: pods[index].uid, at: now,
          startedAt: now - .seconds(15),
          cpuNanoseconds: cpu == nil ? -1 : pods[index].cpuNanoseconds, memoryUsage: bytes, inactiveFile: 0,
          activeFile: 0, anonymous: bytes))
    }
    if !controller.keys(affectedByUsageOf: metrics.add(samples)).isEmpty { sync() }
  }

  private mutating func note(_ second: Double) {
    let status = store.get(AutoscalerCase.hpa)!.view(HorizontalPodAutoscaler.self).status
    let replicas = status.desiredReplicas ?? 0
    if desired.last?.replicas != replicas { desired.append(Change(second: second, replicas: replicas)) }
    let text = status.conditions.map { "\($0.type!)=\($0.status!)=\($0.reason!)" }.sorted().joined(separator: " ")
    if conditions.last?.text != text { conditions.append((second, text)) }
  }
}
