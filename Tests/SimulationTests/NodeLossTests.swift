import CoreAPI
import CoreEngine
import CoreObjects
import Simulation
import Testing

@Suite("A node that is lost, in virtual time")
struct NodeLossTests {
  private static let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  /// Three nodes and a Deployment of two pods with a Service.
  private func cluster() -> VirtualCluster {
    var cluster = VirtualCluster(seed: 5, nodes: ["n0", "n1", "n2"], start: Self.start)
    cluster.nodes.programs = ["app": .idle(memoryBytes: 8 << 20)]
    cluster.run(until: Self.start + .seconds(2))
    let pod: JSON = [
      "metadata": ["labels": ["app": "web"]],
      "spec": ["terminationGracePeriodSeconds": 1, "containers": [["name": "main", "image": "app"]]],
    ]
    send(
      &cluster, "POST", "/apis/apps/v1/namespaces/default/deployments",
      [
        "metadata": ["name": "web"],
        "spec": ["replicas": 2, "selector": ["matchLabels": ["app": "web"]], "template": pod],
      ])
    send(
      &cluster, "POST", "/api/v1/namespaces/default/services",
      ["metadata": ["name": "web"], "spec": ["selector": ["app": "web"], "ports": [["port": 80]]]])
    cluster.run(until: cluster.now + .seconds(10))
    return cluster
  }

  private func send(_ cluster: inout VirtualCluster, _ method: String, _ path: String, _ body: JSON = .null) {
    let answer = cluster.request(method, path, body: body.isNull ? [] : body.encoded())
    guard case .body(let status, _, _, _) = answer else { return }
    #expect(status < 300, "\(method) \(path)")
  }

  private func lose(_ node: String, _ cluster: inout VirtualCluster) {
    cluster.lose(node)
    #expect(cluster.engine.store.get(.leases, namespace: "kube-node-lease", node) != nil)
  }

  private func regain(_ node: String, _ cluster: inout VirtualCluster, isRebooted: Bool = false) {
    cluster.regain(node, isRebooted: isRebooted)
    #expect(cluster.engine.store.get(.leases, namespace: "kube-node-lease", node) == nil)
  }

  private func pods(_ cluster: VirtualCluster, on node: String? = nil) -> [Pod] {
    cluster.engine.store.list(.pods, namespace: "default").map { $0.view(Pod.self) }.filter {
      node == nil || $0.spec.nodeName == node
    }
  }

  private func readyPods(_ cluster: VirtualCluster) -> Int {
    pods(cluster).count { $0.status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
  }

  private func condition(_ node: String, _ cluster: VirtualCluster) -> NodeCondition? {
    cluster.engine.store.get(.nodes, node)?.view(Node.self).status.conditions.first { $0.type == "Ready" }
  }

  private func taints(_ node: String, _ cluster: VirtualCluster) -> [String] {
    cluster.engine.store.get(.nodes, node)?.view(Node.self).spec.taints.map { "\($0.key ?? ""):\($0.effect ?? "")" } ?? []
  }

  @Test("after 50 s the node is unknown and its pods are not ready; after 300 s more they are replaced, and end when it is back")
  func lossAndReturn() throws {
    var cluster = cluster()
    let node = try #require(pods(cluster).first?.spec.nodeName)
    let there = pods(cluster, on: node).count
    #expect(readyPods(cluster) == 2)
    lose(node, &cluster)
    cluster.run(until: cluster.now + .seconds(49))
    #expect(condition(node, cluster)?.status == "True")
    cluster.run(until: cluster.now + .seconds(6))
    #expect(condition(node, cluster)?.status == "Unknown")
    #expect(condition(node, cluster)?.reason == "NodeStatusUnknown")
    #expect(taints(node, cluster).contains("node.kubernetes.io/unreachable:NoExecute"))
    #expect(readyPods(cluster) == 2 - there)
    cluster.run(until: cluster.now + .seconds(280))
    #expect(pods(cluster).count == 2)
    cluster.run(until: cluster.now + .seconds(40))
    #expect(readyPods(cluster) == 2)
    let leaving = pods(cluster, on: node)
    #expect(leaving.count == there)
    #expect(
      leaving.allSatisfy { pod in
        pod.metadata.deletionTimestamp != nil
          && pod.status.conditions.contains { $0.type == "DisruptionTarget" && $0.reason == "DeletionByTaintManager" }
      })
    regain(node, &cluster)
    cluster.run(until: cluster.now + .seconds(30))
    #expect(condition(node, cluster)?.status == "True")
    #expect(!taints(node, cluster).contains { $0.contains("unreachable") })
    #expect(pods(cluster).count == 2)
    #expect(pods(cluster, on: node).allSatisfy { $0.metadata.deletionTimestamp == nil })
  }

  @Test("containers that ended with their node wait out their back-off, each its own, and run again")
  func reboots() throws {
    var cluster = cluster()
    let node = try #require(pods(cluster).first?.spec.nodeName)
    // The second end within ten minutes has to wait.
    for _ in 0..<2 {
      lose(node, &cluster)
      cluster.run(until: cluster.now + .seconds(60))
      #expect(condition(node, cluster)?.status == "Unknown")
      regain(node, &cluster, isRebooted: true)
      cluster.run(until: cluster.now + .seconds(60))
      #expect(readyPods(cluster) == 2)
    }
  }

  @Test("a node that is back before its pods must go keeps them, and they are ready again")
  func backInTime() throws {
    var cluster = cluster()
    let names = pods(cluster).compactMap(\.metadata.name)
    let node = try #require(pods(cluster).first?.spec.nodeName)
    lose(node, &cluster)
    cluster.run(until: cluster.now + .seconds(200))
    #expect(readyPods(cluster) < 2)
    regain(node, &cluster)
    cluster.run(until: cluster.now + .seconds(400))
    #expect(pods(cluster).compactMap(\.metadata.name) == names)
    #expect(readyPods(cluster) == 2)
  }

  @Test("a node whose stale Lease is deleted is back with its next measurement, without being registered again")
  func heardAgain() throws {
    var cluster = cluster()
    let node = try #require(pods(cluster).first?.spec.nodeName)
    let spec: JSON = ["holderIdentity": .string(node), "renewTime": "2025-12-31T23:00:00.000000Z"]
    send(&cluster, "POST", Self.leases, ["metadata": ["name": .string(node)], "spec": spec])
    cluster.run(until: cluster.now + .seconds(100))
    #expect(condition(node, cluster)?.status == "Unknown")
    send(&cluster, "DELETE", Self.leases + "/" + node)
    cluster.run(until: cluster.now + .seconds(16))
    #expect(condition(node, cluster)?.status == "True")
    #expect(readyPods(cluster) == 2)
  }

  @Test("when all nodes are lost nobody is evicted, and when they are back everything is as it was")
  func allLost() throws {
    var cluster = cluster()
    let names = pods(cluster).compactMap(\.metadata.name)
    for node in ["n0", "n1", "n2"] { lose(node, &cluster) }
    cluster.run(until: cluster.now + .seconds(1000))
    #expect(["n0", "n1", "n2"].allSatisfy { condition($0, cluster)?.status == "Unknown" })
    #expect(pods(cluster).compactMap(\.metadata.name) == names)
    #expect(pods(cluster).allSatisfy { $0.metadata.deletionTimestamp == nil })
    for node in ["n0", "n1", "n2"] { regain(node, &cluster) }
    cluster.run(until: cluster.now + .seconds(60))
    #expect(pods(cluster).compactMap(\.metadata.name) == names)
    #expect(readyPods(cluster) == 2)
  }

  @Test("the taint out-of-service ends the pods of a lost node without waiting for it")
  func outOfService() throws {
    var cluster = cluster()
    let node = try #require(pods(cluster).first?.spec.nodeName)
    lose(node, &cluster)
    cluster.run(until: cluster.now + .seconds(60))
    var taints = try #require(cluster.engine.store.get(.nodes, node)).tree[.spec][.taints].elements
    taints.append(["key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"])
    let patch: JSON = ["spec": ["taints": .array(taints)]]
    _ = cluster.request(
      "PATCH", "/api/v1/nodes/" + node, contentType: "application/merge-patch+json", body: patch.encoded())
    cluster.run(until: cluster.now + .seconds(30))
    #expect(pods(cluster, on: node).isEmpty)
    #expect(readyPods(cluster) == 2)
  }
}
