import CoreJSON
import Synchronization

/// Rows that show themselves only once something runs.
extension LivePractice {
  func verify(_ snapshot: PracticeSnapshot, _ progress: inout PracticeProgress) async throws {
    if progress.state(.metrics) == .open { try await verifyMetrics(snapshot, &progress) }
    if progress.state(.loading) == .open { try await verifyImages(&progress) }
    if progress.state(.statefulSet) == .open { try await verifySet(snapshot, &progress) }
    if progress.state(.autoscaler) == .open { try await verifyAutoscaler(snapshot, &progress) }
    if progress.state(.application) == .open, snapshot.jobsDone > 0 { try await verifyApplication(&progress) }
  }

  private func verifyMetrics(_ snapshot: PracticeSnapshot, _ progress: inout PracticeProgress) async throws {
    let nodes = try await access.get("/apis/metrics.k8s.io/v1beta1/nodes")[.items].elements
    let wanted = try await access.get("/api/v1/nodes")[.items].elements.count
    let deployment = try await access.get("/apis/apps/v1/namespaces/kube-system/deployments/metrics-server")
    guard let memory = snapshot.pods.first?.memory, nodes.count == wanted, !deployment.isNull else { return }
    progress.decide(
      .metrics, true, "app-0 uses \(memory >> 20)Mi; \(nodes.count) nodes measured; its manifest and patch were accepted")
  }

  /// The image is on every node's list.
  private func verifyImages(_ progress: inout PracticeProgress) async throws {
    let nodes = try await access.get("/api/v1/nodes")[.items].elements
    let holders = nodes.filter { node in
      node[.status]["images"].elements.contains { image in
        image["names"].elements.contains { $0.string?.hasSuffix("app:test") == true }
      }
    }
    guard !nodes.isEmpty, holders.count == nodes.count else { return }
    progress.decide(
      .loading, true, "app:test is on " + holders.map { $0[.metadata][.name].string ?? "?" }.joined(separator: ", "))
  }

  private func verifySet(_ snapshot: PracticeSnapshot, _ progress: inout PracticeProgress) async throws {
    guard snapshot.pods.first?.isReady == true else { return }
    let pod = try await access.get(LivePractice.pods + "/app-0")
    let claim = try await access.get(LivePractice.namespaced + "/persistentvolumeclaims/data-app-0")
    let container = pod[.spec][.containers].elements.first ?? .null
    let image = pod[.status][.containerStatuses].elements.first?["imageID"].string ?? ""
    progress.decide(.image, !image.isEmpty, "app-0 runs it: \(image)")
    let resources = container["resources"]
    let mounts = container["volumeMounts"].elements.compactMap { $0["mountPath"].string }
    let holds =
      container["image"].string == "app:test" && container["imagePullPolicy"].string == "Never"
      && resources["requests"]["memory"].string == "100Mi" && resources["limits"]["memory"].string == "300Mi"
      && mounts.contains("/tmp") && claim[.status][.phase].string == "Bound"
      && claim[.status]["capacity"]["storage"].string == "300Mi" && claim[.spec]["storageClassName"].string == "standard"
    progress.decide(
      .statefulSet, holds,
      "app-0 is ready on \(pod[.spec]["nodeName"].string ?? "?"); data-app-0 is \(claim[.status][.phase].string ?? "?"), "
        + "\(claim[.status]["capacity"]["storage"].string ?? "?") of \(claim[.spec]["storageClassName"].string ?? "?")")
  }

  private func verifyAutoscaler(_ snapshot: PracticeSnapshot, _ progress: inout PracticeProgress) async throws {
    guard let utilization = snapshot.utilization else { return }
    let spec = try await access.get(LivePractice.autoscaler)[.spec]
    let schema = try await access.get("/openapi/v3/apis/autoscaling/v2")["components"]["schemas"]
    let explained = schema["io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"]["description"].string ?? ""
    let (least, most) = (spec["minReplicas"].int ?? 0, spec["maxReplicas"].int ?? 0)
    progress.decide(
      .autoscaler, least == 1 && most == 5 && snapshot.target == 60 && !explained.isEmpty,
      "memory: \(utilization)%/\(snapshot.target)%, \(least) to \(most) replicas; explained as \"\(explained.prefix(40))…\"")
  }

  /// Its log tells of the missing file first, and of a file's size once a job has brought one.
  private func verifyApplication(_ progress: inout PracticeProgress) async throws {
    let log = try await access.request(
      "GET", LivePractice.pods + "/app-0/log", query: "", contentType: "application/json", body: []
    ).text
    let lines = log.split(separator: "\n")
    guard let sized = lines.first(where: { $0.hasPrefix("size: ") && $0 != "size: 0" }) else { return }
    let missed = lines.first?.hasPrefix("cannot read ") == true
    progress.decide(.application, missed, "its log: \"\(lines.first ?? "")\", later \"\(sized)\"")
  }
}

/// Names of removed pods, from the watch to the look.
final class Removals: Sendable {
  private let names = Mutex<[String]>([])
  func add(_ name: String) { names.withLock { $0.append(name) } }
  func take() -> [String] {
    names.withLock { names in
      defer { names = [] }
      return names
    }
  }
}
