import CoreAPI
import CoreEngine
import CoreObjects
import Simulation
import Testing

@Suite("A quota over workloads, in virtual time")
struct QuotaSimulationTests {
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!
  private static let deployments = "/apis/apps/v1/namespaces/default/deployments"

  private func cluster(podsAtMost: Int, seed: UInt64) -> VirtualCluster {
    var cluster = VirtualCluster(seed: seed, nodes: ["n0", "n1", "n2"], start: Self.start)
    cluster.nodes.programs = ["app": .idle(memoryBytes: 8 << 20)]
    cluster.run(until: Self.start + .seconds(2))
    let hard: JSON = ["pods": .string(String(podsAtMost)), "requests.memory": "1Gi"]
    _ = send(
      &cluster, "POST", "/api/v1/namespaces/default/resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": hard]])
    return cluster
  }

  private func send(_ cluster: inout VirtualCluster, _ method: String, _ path: String, _ body: JSON) -> Int {
    let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
    guard case .body(let status, _, _, _) = cluster.request(method, path, contentType: type, body: body.encoded()) else {
      return 0
    }
    return status
  }

  private func deployment(_ name: String, _ replicas: Int64) -> JSON {
    let pod: JSON = [
      "metadata": ["labels": ["app": .string(name)]],
      "spec": [
        "terminationGracePeriodSeconds": 2,
        "containers": [["name": "main", "image": "app", "resources": ["requests": ["memory": "16Mi"]]]],
      ],
    ]
    return [
      "metadata": ["name": .string(name)],
      "spec": ["replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]], "template": pod],
    ]
  }

  private func pods(_ cluster: VirtualCluster) -> Int { cluster.engine.store.count(.pods) }

  private func used(_ cluster: VirtualCluster) -> [String?] {
    let quota = cluster.engine.store.get(.resourceQuotas, namespace: "default", "q")?.view(ResourceQuota.self)
    return [quota?.status.used["pods"], quota?.status.used["requests.memory"]]
  }

  @Test("two Deployments together never have more pods than the quota allows, and share what one gives back")
  func shared() {
    var cluster = cluster(podsAtMost: 5, seed: 3)
    #expect(send(&cluster, "POST", Self.deployments, deployment("a", 4)) == 201)
    #expect(send(&cluster, "POST", Self.deployments, deployment("b", 4)) == 201)
    for _ in 0..<120 {
      cluster.run(until: cluster.now + .milliseconds(250))
      #expect(pods(cluster) <= 5)
    }
    #expect(pods(cluster) == 5)
    #expect(used(cluster) == ["5", "80Mi"])
    #expect(send(&cluster, "PATCH", Self.deployments + "/a", ["spec": ["replicas": 1]]) == 200)
    // A refused ReplicaSet tries again with a back-off of up to 1,000 s.
    cluster.run(until: cluster.now + .seconds(1000))
    #expect(pods(cluster) == 5)
    #expect(used(cluster) == ["5", "80Mi"])
  }

  @Test("what is used is what is there, whatever comes and goes", arguments: [1, 2, 3] as [UInt64])
  func exact(seed: UInt64) {
    var cluster = cluster(podsAtMost: 20, seed: seed)
    var random = RandomSource(seed: seed)
    for name in ["a", "b", "c"] { _ = send(&cluster, "POST", Self.deployments, deployment(name, 3)) }
    for _ in 0..<30 {
      let name = ["a", "b", "c"][random.below(3)]
      switch random.below(3) {
      case 0: _ = send(&cluster, "DELETE", Self.deployments + "/" + name, .object([]))
      case 1: _ = send(&cluster, "POST", Self.deployments, deployment(name, Int64(random.below(6))))
      default:
        _ = send(&cluster, "PATCH", Self.deployments + "/" + name, ["spec": ["replicas": .int(Int64(random.below(6)))]])
      }
      cluster.run(until: cluster.now + .milliseconds(100 * random.below(40)))
    }
    cluster.run(until: cluster.now + .seconds(60))
    let count = pods(cluster)
    #expect(used(cluster) == [String(count), count == 0 ? "0" : "\(16 * count)Mi"])
  }
}
