import CoreObjects

/// The objects that the practice looks at.
struct PracticeObjects: Sendable {
  static let application = ObjectChoice.label("app", "app")

  let pods: WatchedObjects
  private let sets: WatchedObjects
  private let autoscalers: WatchedObjects
  private let configMaps: WatchedObjects
  private let jobs: WatchedObjects
  private let claims: WatchedObjects

  init(_ access: any ClusterAccess) {
    pods = WatchedObjects(access, PracticePlay.pods, PracticeObjects.application)
    sets = WatchedObjects(access, PracticePlay.apps + "/statefulsets", .name("app"))
    autoscalers = WatchedObjects(access, PracticePlay.autoscalers, .name("app"))
    configMaps = WatchedObjects(access, PracticePlay.namespaced + "/configmaps", .name("app"))
    jobs = WatchedObjects(access, "/apis/batch/v1/namespaces/default/jobs")
    claims = WatchedObjects(access, PracticePlay.namespaced + "/persistentvolumeclaims")
  }

  /// What has changed since it was read before.
  func read(into snapshot: inout PracticeSnapshot) async throws {
    func read(_ watched: WatchedObjects, _ use: (inout PracticeSnapshot, [JSON]) -> Void) async throws {
      if let objects = try await watched.changes() { use(&snapshot, objects) }
    }
    try await read(pods) { $0.readPods($1) }
    try await read(sets) { $0.readSet($1.first ?? .null) }
    try await read(autoscalers) { $0.readAutoscaler($1.first ?? .null) }
    try await read(configMaps) { $0.readConfigMap($1.first ?? .null) }
    try await read(jobs) { $0.readJobs($1) }
    try await read(claims) { $0.readClaims($1) }
  }

  func close() { for watched in [pods, sets, autoscalers, configMaps, jobs, claims] { watched.close() } }
}
