import CoreAPI
import CoreControllers
import CoreEngine
import CoreObjects
import EdgeClient
import Glibc
import Rehearsal

/// What the core does without any edge.
enum CoreRows {
  /// Milliseconds of one `wavetank practice --simulate`.
  static func practice(_ program: String) throws -> Double {
    let begin = seconds()
    guard Belongings.run(program, ["practice", "--simulate"]) == 0 else { throw BenchError("the practice failed") }
    return (seconds() - begin) * 1000
  }

  /// Milliseconds of the same in a process that is already there, its manifests read.
  nonisolated(nonsending) static func practiceInProcess() async throws -> Double {
    var files = glob_t()
    defer { globfree(&files) }
    guard glob("Practice/manifests/*.yaml", 0, nil, &files) == 0 else {
      throw BenchError("no manifests in the working directory")
    }
    let manifests = try (0..<Int(files.gl_pathc)).flatMap { index in
      try YAMLReader.documents(Server.read(String(cString: files.gl_pathv[index]!)))
    }
    let begin = seconds()
    let progress = try await PracticePlay(SimulatedAccess.practice(seed: 1)).run(manifests, PracticeProgress(.simulated))
    guard progress.holds else { throw BenchError("the practice failed") }
    return (seconds() - begin) * 1000
  }

  /// Seconds of one core for the looks of 10,000 autoscalers, each with one workload and one pod, in 15 s of cluster time.
  static func autoscalers() throws -> Double {
    var world = World(controllers: [HorizontalPodAutoscalerController()])
    let count = 10_000
    let pods = try (0..<count).map { try world.addWorkload($0) }
    // The first round fills in statuses; the second is the one that goes on for ever.
    for round in 1...3 {
      let end = world.start + .seconds(15 * round)
      world.use(pods, mebibytes: Int64(57 + round))
      let begin = seconds()
      world.run(until: end)
      if round == 3 { return seconds() - begin }
    }
    return .nan
  }
}

/// An engine whose objects are written, not made by nodes.
struct World {
  let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!
  private var now: Instant
  private var wakeAt: Instant?
  private(set) var engine: Engine

  init(controllers: [any Controller]) {
    now = start
    let configuration = APIConfiguration(sign: { _ in "" }, verify: { _ in nil })
    engine = Engine(
      configuration, random: RandomSource(seed: 1), store: Store(logLimit: 0, keepsBytes: false), controllers: controllers)
    take(engine.boot(at: now))
    let account: JSON = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "default"]]
    _ = try? engine.write(.create(.serviceAccounts, namespace: "default", Document(account)), by: .bootstrap, at: now).object
  }

  mutating func settle() { take(engine.step(.timer, at: now)) }

  private mutating func take(_ effects: [Effect]) {
    for case .wake(let at) in effects { wakeAt = at }
  }

  /// What a scrape of the pods with these uids would find.
  mutating func use(_ pods: [String], mebibytes: Int64) {
    let samples = pods.map { uid in
      UsageSample(
        node: "node", podUID: uid, container: "main", containerID: uid, at: now, startedAt: start, cpuNanoseconds: 0,
        memoryUsage: mebibytes << 20, inactiveFile: 0, activeFile: 0, anonymous: mebibytes << 20)
    }
    take(engine.step(.usage(samples), at: now))
  }

  mutating func run(until end: Instant) {
    while let wake = wakeAt, wake <= end {
      wakeAt = nil
      now = max(now, wake)
      take(engine.step(.timer, at: now))
    }
    now = end
  }

  /// A running pod with its status.
  mutating func addPod(_ name: String, labels: JSON, owner: StoredObject? = nil) throws -> StoredObject {
    var metadata: JSON = ["name": .string(name), "namespace": "default", "labels": labels]
    if let owner {
      metadata.put(
        .ownerReferences,
        [
          [
            "apiVersion": "apps/v1", "kind": "StatefulSet", "name": .string(owner.key.name), "uid": .string(owner.uid),
            "controller": true,
          ]
        ])
    }
    let requests: JSON = ["cpu": "100m", "memory": "100Mi"]
    let tree: JSON = [
      "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
      "spec": ["nodeName": "node", "containers": [["name": "main", "image": "case", "resources": ["requests": requests]]]],
    ]
    let stored = try engine.write(.create(.pods, namespace: "default", Document(tree)), by: .bootstrap, at: now).object
    var running = stored.tree
    let ready: JSON = ["type": "Ready", "status": "True", "lastTransitionTime": .string(now.rfc3339)]
    running.put(.status, ["phase": "Running", "startTime": .string(now.rfc3339), "conditions": [ready]])
    try engine.write(.status(.pods, in: running), by: .node("node"), at: now)
    return stored
  }

  /// A StatefulSet with one pod and its autoscaler.
  /// - Returns: the pod's uid.
  mutating func addWorkload(_ number: Int) throws -> String {
    let name = "w\(number)"
    let labels: JSON = ["app": .string(name)]
    let template: JSON = ["metadata": ["labels": labels], "spec": ["containers": [["name": "main", "image": "case"]]]]
    let set: JSON = [
      "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": .string(name), "namespace": "default"],
      "spec": ["replicas": 1, "serviceName": "s", "selector": ["matchLabels": labels], "template": template],
    ]
    let owner = try engine.write(.create(.statefulSets, namespace: "default", Document(set)), by: .bootstrap, at: now).object
    let pod = try addPod(name + "-0", labels: labels, owner: owner)
    let target: JSON = ["type": "Utilization", "averageUtilization": 60]
    let autoscaler: JSON = [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": .string(name), "namespace": "default"],
      "spec": [
        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "StatefulSet", "name": .string(name)], "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [["type": "Resource", "resource": ["name": "memory", "target": target]]],
      ],
    ]
    _ = try engine.write(.create(.horizontalPodAutoscalers, namespace: "default", Document(autoscaler)), by: .bootstrap, at: now)
      .object
    return pod.uid
  }
}
