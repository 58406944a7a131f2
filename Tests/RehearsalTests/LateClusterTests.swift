import CoreControllers
import CoreObjects
import Rehearsal
import Synchronization
import Testing

/// A cluster whose authorizer sees a Role only some reviews after it was made, as one with several API servers does.
private final class LateCluster: ClusterAccess {
  private let cluster: SimulatedAccess
  /// Reviews that are still refused once the Role is there.
  private let late: Mutex<Int>
  /// Watches that end right after they were opened.
  private let endsWatches: Bool

  init(_ cluster: SimulatedAccess, reviews: Int = 0, endsWatches: Bool = false) {
    self.cluster = cluster
    late = Mutex(reviews)
    self.endsWatches = endsWatches
  }

  func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) async throws -> ClusterAnswer
  {
    let answer = cluster.request(method, path, query: query, contentType: contentType, body: body)
    guard path.hasSuffix("/subjectaccessreviews"), answer.tree["status"]["allowed"] == true else { return answer }
    let isLate = late.withLock { left in
      left -= 1
      return left >= 0
    }
    return isLate ? ClusterAnswer(status: 201, body: Array(#"{"status":{"allowed":false}}"#.utf8)) : answer
  }

  func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) async throws -> @Sendable () -> Void {
    if !endsWatches { return try cluster.watch(path, choice, from: revision, receive: receive) }
    receive(.ended)
    return {}
  }

  var now: Instant { cluster.now }
  func wait(_ duration: Duration) async throws { cluster.wait(duration) }
  func decision(ofAutoscaler name: String, namespace: String) -> Decision? { nil }
}

@Suite("What a cluster makes true later")
struct LateClusterTests {
  /// Rights that are reviewed at each poll.
  private static let rights = 4

  @Test("a Role that takes effect two polls after it was answered is waited for")
  func lateRole() async throws {
    let practice = try SimulatedPractice(seed: 1)
    let progress = try await practice.play(LateCluster(practice.cluster, reviews: 2 * Self.rights))
    #expect(progress.holds, "\(PracticeView.summary(progress))")
    #expect(
      progress.state(.accessControl)
        == .held("ServiceAccount default could do 0 of 4 things without the Role and can do 4 with it"))
  }

  @Test("a Role that never takes effect breaks its row after a minute, and the line says what was seen")
  func noRole() async throws {
    let practice = try SimulatedPractice(seed: 1)
    let progress = try await practice.play(LateCluster(practice.cluster, reviews: .max))
    #expect(
      progress.state(.accessControl)
        == .broken(
          "ServiceAccount default could do 0 of 4 things without the Role and can do 0 with it, still after 60 s"))
    #expect(progress.timeline.first?.second == 75)
  }

  @Test("rights that somebody still has from before are waited for too, and break the row where they stay")
  func oldRights() async throws {
    let practice = try SimulatedPractice(seed: 1)
    for manifest in practice.manifests where ["Role", "RoleBinding"].contains(manifest["kind"].string) {
      let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/" + manifest["kind"].string!.lowercased() + "s"
      _ = practice.cluster.request("POST", path, query: "", contentType: "application/json", body: manifest.encoded())
    }
    let progress = try await practice.play()
    #expect(
      progress.state(.accessControl)
        == .broken("ServiceAccount default could do 4 of 4 things without the Role, still after 60 s"))
  }

  @Test("a cluster without the image breaks the rows that need it when their time is over, each with what it saw")
  func noImage() async throws {
    let practice = try SimulatedPractice(seed: 1)
    let progress = try await practice.play { $0["kind"].string != "StatefulSet" }
    #expect(progress.state(.image) == .broken("app-0 does not run it, still after 30 minutes"))
    #expect(progress.state(.statefulSet) == .broken("app-0 is not ready, still after 30 minutes"))
    #expect(progress.state(.metrics) == .broken("app-0 has no sample, still after 30 minutes"))
    #expect(progress.state(.autoscaler) == .broken("memory: <unknown>/60%, still after 30 minutes"))
    #expect(progress.state(.loading).isHeld)
  }

  @Test("watches that end are opened again, and what went meanwhile has gone")
  func watchesEnd() async throws {
    let practice = try SimulatedPractice(seed: 1)
    let progress = try await practice.play(LateCluster(practice.cluster, endsWatches: true))
    #expect(progress.holds, "\(PracticeView.summary(progress))")
    #expect(progress.removed == ["app-4", "app-3", "app-2", "app-1"])
  }
}
