import CoreAPI
import CoreControllers
package import CoreObjects

/// The practice on a cluster: applies the manifests, watches what the autoscaler does, takes the load away, and judges each row by
/// what the API shows.
package struct PracticePlay: Sendable {
  let access: any ClusterAccess
  /// Called after each look.
  let show: @Sendable (PracticeProgress) -> Void

  package init(_ access: any ClusterAccess, show: @escaping @Sendable (PracticeProgress) -> Void = { _ in }) {
    self.access = access
    self.show = show
  }

  /// - Parameters:
  ///   - manifests: of Practice/manifests.
  ///   - progress: with the rows that were decided before there was anything to apply.
  package func run(_ manifests: [JSON], _ progress: PracticeProgress) async throws -> PracticeProgress {
    var progress = progress
    let start = access.now
    try await apply(manifests, &progress)
    let watched = PracticeObjects(access)
    defer { watched.close() }
    progress.begin()
    var snapshot = PracticeSnapshot(second: 0)
    while progress.phase != .over {
      try await access.wait(.seconds(progress.pace.interval))
      snapshot.second = access.now.seconds - start.seconds
      try await look(watched, &snapshot, progress)
      for name in watched.pods.removals() { progress.podWent(name) }
      try await verify(snapshot, &progress)
      if progress.record(snapshot) {
        let patch: JSON = ["data": ["size": "0"]]
        let answer = try await access.patch(
          PracticePlay.namespaced + "/configmaps/app", type: "application/merge-patch+json", patch)
        if !answer.isSuccess { progress.decide(.scalingDown, false, answer.text) }
        progress.unloaded(at: access.now.seconds - start.seconds)
      }
      show(progress)
    }
    return progress
  }

  static let namespaced = "/api/v1/namespaces/default"
  static let pods = namespaced + "/pods"
  static let apps = "/apis/apps/v1/namespaces/default"
  static let autoscalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"

  /// Reads what has changed since the look before.
  private func look(_ watched: PracticeObjects, _ snapshot: inout PracticeSnapshot, _ progress: PracticeProgress) async throws {
    let before = snapshot
    try await watched.read(into: &snapshot)
    if progress.pace.measuresPods || progress.state(.metrics) == .open {
      let usage = try await access.get(
        "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods", query: PracticeObjects.application.query)
      snapshot.readUsage(usage[.items].elements)
    }
    guard progress.pace.measuresPods || !snapshot.isLike(before) else { return }
    if let decision = access.decision(ofAutoscaler: "app", namespace: "default") { snapshot.decision = decision.reason }
  }

  /// Everything but the CronJob and the rights that it needs, then those rights, then the CronJob.
  private func apply(_ manifests: [JSON], _ progress: inout PracticeProgress) async throws {
    func isRight(_ manifest: JSON) -> Bool {
      ["Role", "RoleBinding"].contains(manifest[.kind].string ?? "") && manifest[.metadata][.name].string == "app"
    }
    func isLast(_ manifest: JSON) -> Bool { isRight(manifest) || manifest[.kind].string == "CronJob" }
    for manifest in manifests where !isLast(manifest) { try await create(manifest) }
    try await grant(manifests.filter(isRight), &progress)
    let maps = try await settled { try await configMaps() }
    progress.decide(.configMaps, maps.holds, maps.text)
    for manifest in manifests where manifest[.kind].string == "CronJob" { try await create(manifest) }
    try await patchMetricsServer(&progress)
  }

  func create(_ manifest: JSON) async throws {
    let name = "\(manifest[.kind].string ?? "?") \(manifest[.metadata][.name].string ?? "?")"
    guard let path = Resources.collectionPath(of: manifest) else { throw PracticeError.notServed(name) }
    let answer = try await access.create(path, manifest)
    if !answer.isSuccess, answer.status != 409 { throw PracticeError.refused(name, answer.text) }
  }

  /// What a person does to metrics-server on a cluster whose kubelets have certificates of their own.
  private func patchMetricsServer(_ progress: inout PracticeProgress) async throws {
    let patch: JSON = [
      ["op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"]
    ]
    let answer = try await access.patch(
      "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server", type: "application/json-patch+json", patch)
    if !answer.isSuccess { progress.decide(.metrics, false, "the patch of metrics-server was refused: \(answer.text)") }
  }
}

/// Why the practice cannot be played to its end.
package enum PracticeError: Error, CustomStringConvertible {
  case notServed(String)
  case notWatched(String)
  case refused(String, String)

  package var description: String {
    switch self {
    case .notServed(let name): "\(name): the cluster does not serve this kind"
    case .notWatched(let path): "\(path) cannot be watched"
    case .refused(let name, let reason): "\(name) was refused: \(reason)"
    }
  }
}
