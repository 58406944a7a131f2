import CoreAPI
import CoreControllers
import CoreEngine
package import CoreJSON
import CoreStore
package import CoreTypes

/// The practice in virtual time: the same manifests through the same core, 1 → 5 → 1 replicas.
package struct PracticeSimulation: Sendable {
  package struct Line: Sendable {
    /// Seconds since the autoscaler was made.
    package var second: Int64
    package var replicas: Int
    package var target: String
    package var size: String
    package var reason: String
  }
  /// When the load is taken away, and how long the practice lasts, minutes.
  package static let unloadMinute = 159
  package static let lengthMinutes = 180

  package private(set) var lines: [Line] = []
  package private(set) var cluster: VirtualCluster
  /// Counts of replicas in the order in which they were reached.
  package private(set) var sequence: [Int] = []
  /// The first refusal of a manifest, if there was one.
  package private(set) var problem: String?
  /// Of the store when it was last looked at.
  private var notedRevision: UInt64 = 0
  /// The place of the HorizontalPodAutoscalerController among the controllers.
  private let autoscalers: Int

  package init(seed: UInt64, timeZones: TimeZoneDatabase = .utcOnly) {
    let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!
    cluster = VirtualCluster(
      seed: seed, nodes: ["wavetank-control-plane", "wavetank-worker", "wavetank-worker2"], start: start, timeZones: timeZones)
    autoscalers = cluster.engine.controllers.firstIndex { $0 is HorizontalPodAutoscalerController }!
    cluster.nodes.programs = ["app:test": .mapsFile(everySeconds: 30), "alpine/k8s:1.25.8": .spreadsLoad(name: "app", add: 10)]
  }

  /// Applies the manifests (JSON trees) and lets the practice happen.
  package mutating func run(_ manifests: [JSON]) {
    cluster.run(until: cluster.now + .seconds(5))
    for manifest in manifests { apply(manifest) }
    if problem != nil { return }
    let start = cluster.now
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: "default", "app")
    var isUnloaded = false
    for second in stride(from: 15, through: PracticeSimulation.lengthMinutes * 60, by: 15) {
      if !isUnloaded, second >= PracticeSimulation.unloadMinute * 60 {
        isUnloaded = true
        let patch: JSON = ["data": ["size": "0"]]
        _ = cluster.request(
          "PATCH", "/api/v1/namespaces/default/configmaps/app", contentType: "application/merge-patch+json", body: patch.encoded()
        )
      }
      cluster.run(until: start + .seconds(second))
      note(Int64(second), key)
    }
  }

  private mutating func apply(_ manifest: JSON) {
    let kind = manifest[.kind].string ?? ""
    guard let path = Resources.collectionPath(of: manifest) else {
      problem = problem ?? "\(manifest[.apiVersion].string ?? "") \(kind) is not served"
      return
    }
    let answer = cluster.request("POST", path, body: manifest.encoded())
    guard case .body(let status, _, let chunks, _) = answer, status >= 300, status != 409 else { return }
    problem =
      problem ?? "\(kind) \(manifest[.metadata][.name].string ?? ""): \(String(decoding: Array(chunks.joined()), as: UTF8.self))"
  }

  private mutating func note(_ second: Int64, _ key: ObjectKey) {
    let store = cluster.engine.store
    if store.revision == notedRevision { return }
    notedRevision = store.revision
    guard let stored = store.get(key), let set = store.get(.statefulSets, namespace: "default", "app") else { return }
    let replicas = set.tree[.spec][.replicas].int ?? 0
    if sequence.last != replicas { sequence.append(replicas) }
    let status = HorizontalPodAutoscaler(tree: stored.tree).status
    let percent = status.currentMetrics.first?.resource.current.averageUtilization
    let target = percent.map { "\($0)%/60%" } ?? "<unknown>/60%"
    let size = store.get(.configMaps, namespace: "default", "app")?.tree[.data][Key("size")].string ?? ""
    if let last = lines.last, last.replicas == replicas, last.target == target, last.size == size { return }
    let controller = cluster.engine.controllers[autoscalers] as? HorizontalPodAutoscalerController
    let reason = controller?.decisions(key, at: cluster.now).last?.reason ?? ""
    let line = Line(second: second, replicas: replicas, target: target, size: size, reason: reason)
    lines.append(line)
  }
}
