import CoreAPI
package import CoreJSON

/// The practice on a cluster that runs: applies the manifests, watches what the autoscaler does, takes the load away, and verifies
/// each row by what the API shows.
package struct LivePractice: Sendable {
  let access: any ClusterAccess
  /// Seconds of cluster time.
  let clock: @Sendable () -> Int64
  /// Between two looks, of the wall's time.
  let interval: Duration
  /// The autoscaler's last decision in words, where the cluster can say it.
  let decision: @Sendable () -> String?
  /// Called after each look.
  let show: @Sendable (PracticeProgress) -> Void

  package init(
    _ access: any ClusterAccess, interval: Duration, clock: @escaping @Sendable () -> Int64,
    decision: @escaping @Sendable () -> String?, show: @escaping @Sendable (PracticeProgress) -> Void
  ) {
    self.access = access
    self.interval = interval
    self.clock = clock
    self.decision = decision
    self.show = show
  }

  /// - Parameters:
  ///   - manifests: of Practice/manifests.
  ///   - progress: with the rows that were decided before there was anything to apply.
  package func run(_ manifests: [JSON], _ progress: PracticeProgress) async throws -> PracticeProgress {
    var progress = progress
    let start = clock()
    try await apply(manifests, &progress)
    let removals = Removals()
    let watching = Task { [access] in
      guard let events = try? await access.watch(LivePractice.pods, query: "watch=1&labelSelector=app%3Dapp") else { return }
      for await event in events where event[.type].string == "DELETED" {
        removals.add(event["object"][.metadata][.name].string ?? "")
      }
    }
    defer { watching.cancel() }
    progress.begin()
    while progress.phase != .over {
      try await Task.sleep(for: interval)
      let snapshot = try await look(second: clock() - start)
      for name in removals.take() { progress.podWent(name) }
      try await verify(snapshot, &progress)
      if progress.take(snapshot) {
        let patch: JSON = ["data": ["size": "0"]]
        let answer = try await access.patch(
          LivePractice.namespaced + "/configmaps/app", type: "application/merge-patch+json", patch)
        if !answer.isSuccess { progress.decide(.scalingDown, false, answer.text) }
        progress.unloaded(at: clock() - start)
      }
      show(progress)
    }
    return progress
  }

  static let namespaced = "/api/v1/namespaces/default"
  static let pods = namespaced + "/pods"
  static let apps = "/apis/apps/v1/namespaces/default"
  static let autoscaler = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/app"

  private func look(second: Int64) async throws -> PracticeSnapshot {
    var snapshot = PracticeSnapshot(
      second: second, set: try await access.get(LivePractice.apps + "/statefulsets/app"),
      autoscaler: try await access.get(LivePractice.autoscaler),
      configMap: try await access.get(LivePractice.namespaced + "/configmaps/app"),
      pods: try await access.get(LivePractice.pods, query: "labelSelector=app%3Dapp"),
      usage: try await access.get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods", query: "labelSelector=app%3Dapp"),
      jobs: try await access.get("/apis/batch/v1/namespaces/default/jobs"),
      claims: try await access.get(LivePractice.namespaced + "/persistentvolumeclaims"))
    if let decision = decision() { snapshot.decision = decision }
    return snapshot
  }

  /// Everything but the CronJob and the rights that it needs, then those rights, then the CronJob.
  private func apply(_ manifests: [JSON], _ progress: inout PracticeProgress) async throws {
    func isAccess(_ manifest: JSON) -> Bool {
      ["Role", "RoleBinding"].contains(manifest[.kind].string ?? "") && manifest[.metadata][.name].string == "app"
    }
    func isLast(_ manifest: JSON) -> Bool { isAccess(manifest) || manifest[.kind].string == "CronJob" }
    for manifest in manifests where !isLast(manifest) { try await create(manifest, &progress) }
    let before = try await allowed()
    for manifest in manifests where isAccess(manifest) { try await create(manifest, &progress) }
    let after = try await allowed()
    progress.decide(
      .accessControl, before.isEmpty && after.count == LivePractice.rights.count,
      "ServiceAccount default could do \(before.count) of \(LivePractice.rights.count) things without the Role and can do \(after.count) with it"
    )
    for manifest in manifests where manifest[.kind].string == "CronJob" { try await create(manifest, &progress) }
    try await patchMetricsServer(&progress)
    let load = try await access.get(LivePractice.namespaced + "/configmaps/app")[.data]
    let script = try await access.get(LivePractice.namespaced + "/configmaps/app-job-sh")[.data]["job.sh"].string ?? ""
    progress.decide(
      .configMaps, load["max"].string == "500" && load["size"].string == "50" && script.hasPrefix("#!/bin/bash"),
      "app: max \(load["max"].string ?? "?"), size \(load["size"].string ?? "?"); app-job-sh: a script of \(script.utf8.count) bytes"
    )
  }

  private func create(_ manifest: JSON, _ progress: inout PracticeProgress) async throws {
    let name = "\(manifest[.kind].string ?? "?") \(manifest[.metadata][.name].string ?? "?")"
    guard let path = Resources.collectionPath(of: manifest) else { throw PracticeError.notServed(name) }
    let answer = try await access.create(path, manifest)
    if !answer.isSuccess, answer.status != 409 { throw PracticeError.refused(name, answer.text) }
  }

  private static let rights: [(verb: String, resource: String, subresource: String)] = [
    ("list", "pods", ""), ("create", "pods", "exec"), ("get", "configmaps", ""), ("patch", "configmaps", ""),
  ]

  /// Which of the job's deeds its ServiceAccount may do.
  private func allowed() async throws -> [String] {
    var allowed: [String] = []
    for right in LivePractice.rights {
      let review: JSON = [
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": [
          "user": "system:serviceaccount:default:default",
          "groups": ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
          "resourceAttributes": [
            "namespace": "default", "verb": .string(right.verb), "resource": .string(right.resource),
            "subresource": .string(right.subresource),
          ],
        ],
      ]
      let answer = try await access.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
      if answer.tree[.status]["allowed"].bool == true { allowed.append("\(right.verb) \(right.resource)") }
    }
    return allowed
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
  case refused(String, String)

  package var description: String {
    switch self {
    case .notServed(let name): "\(name): the cluster does not serve this kind"
    case .refused(let name, let reason): "\(name) was refused: \(reason)"
    }
  }
}
