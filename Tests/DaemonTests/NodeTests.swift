import Daemon
import EdgeAgent
import EdgeRuntime
import Foundation
import TestMachine
import Testing

@Suite(
  "Nodes that come and go while the cluster runs", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct NodeTests {
  private static let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 1
          nodeSelector: {kubernetes.io/hostname: extra}
          containers: [{name: main, image: 'tools:test', imagePullPolicy: Never, command: [sleep, '100000']}]
    """

  private struct Running {
    let test: TestCluster

    func run(_ words: String...) async throws -> String {
      let outcome = try await test.kubectl(words)
      guard outcome.status == 0 else { throw ProgramError(description: "kubectl \(words): \(outcome.output)") }
      return outcome.output
    }

    func apply(_ manifest: String) async throws {
      let file = test.directory + "/manifest.yaml"
      try manifest.write(toFile: file, atomically: true, encoding: .utf8)
      _ = try await run("apply", "-f", file)
    }

    func wait(for what: String, _ words: [String], until holds: (String) -> Bool) async throws {
      try await DaemonTests.wait(for: what, { try await test.kubectl(words).output }, until: holds)
    }
  }

  private static func start(speed: Double = 1, _ directory: String? = nil, nodes: Int?) async throws -> Running {
    let test = try await TestCluster(directory) {
      $0.runsContainers = true
      $0.nodes = nodes
      $0.speed = speed
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    return Running(test: test)
  }

  @Test(
    "a node that joins gets pods; one whose power is cut is missed, and its pods go; started, it is back; removed, it is gone")
  func life() async throws {
    let running = try await Self.start(speed: 60, nodes: 1)
    let cluster = running.test.cluster
    #expect(try await cluster.perform(.add(name: "extra", size: nil)) == ["extra has joined the cluster."])
    try await running.apply(Self.deployment)
    _ = try await running.run("rollout", "status", "deployment/web", "--timeout=30s")
    let first = try await running.run("get", "pods", "-o", "name").split { $0 == "\n" }
    #expect(first.count == 2)
    #expect(try await running.run("get", "node", "extra", "-o", "jsonpath={.spec.podCIDR}") == "10.244.1.0/24")
    let lease = try await running.run(
      "get", "lease", "-n", "kube-node-lease", "extra", "-o",
      "jsonpath={.spec.holderIdentity} {.metadata.ownerReferences[0].kind}")
    #expect(lease == "extra Node")

    await #expect(throws: NodeError.self) { try await cluster.perform(.start(name: "extra")) }
    _ = try await cluster.perform(.stop(name: "extra"))
    await #expect(throws: NodeError.self) { try await cluster.perform(.stop(name: "extra")) }
    let pod = String(try #require(first.first)).replacing("pod/", with: "")
    for words in [["logs", pod], ["exec", pod, "--", "true"], ["port-forward", pod, "0:80"], ["attach", pod]] {
      let answer = try await running.test.kubectl(words)
      #expect(answer.status != 0 && answer.output.contains("node extra does not answer"), "\(words): \(answer.output)")
    }
    let ready = ["get", "node", "extra", "-o", #"jsonpath={.status.conditions[?(@.type=="Ready")].status}"#]
    try await running.wait(for: "the node to be missed", ready) { $0 == "Unknown" }
    try await running.wait(for: "its pods to be evicted", ["get", "pods"]) {
      $0.contains("Terminating") && $0.contains("Pending")
    }

    _ = try await cluster.perform(.start(name: "extra"))
    try await running.wait(for: "the node to be back", ready) { $0 == "True" }
    _ = try await running.run("rollout", "status", "deployment/web", "--timeout=30s")
    try await running.wait(for: "what was evicted to go", ["get", "pods", "-o", "name"]) { output in
      !first.contains { output.contains($0) } && output.split { $0 == "\n" }.count == 2
    }

    _ = try await cluster.perform(.remove(name: "extra"))
    #expect(cluster.nodeNames == ["wavetank-control-plane"])
    try await running.wait(for: "its pods to go", ["get", "pods", "--no-headers"]) { output in
      output.split { $0 == "\n" }.allSatisfy { $0.contains("Pending") }
    }
    #expect(try await running.test.kubectl(["get", "node", "extra"]).output.contains("not found"))
    await #expect(throws: NodeError.self) { try await cluster.perform(.remove(name: "wavetank-control-plane")) }
    await running.test.stop()
  }

  @Test("a node with a size can be full although the machine is not, and its pods are kept within it")
  func size() async throws {
    let running = try await Self.start(nodes: 1)
    let size = AgentNode.Size(cpuMillicores: 300, memoryBytes: 64 << 20)
    _ = try await running.test.cluster.perform(.add(name: "extra", size: size))
    #expect(
      try await running.run("get", "node", "extra", "-o", "jsonpath={.status.capacity.cpu} {.status.allocatable.memory}")
        == "300m 62259Ki")
    let big = Self.deployment.replacing("command:", with: "resources: {requests: {cpu: 200m}}, command:")
    try await running.apply(big)
    try await running.wait(for: "one of two to find no room", ["get", "pods"]) {
      $0.contains("Running") && $0.contains("Pending")
    }
    #expect(try await running.run("get", "events").contains("Insufficient cpu"))
    // Whoever asks for no memory at all has no more than the node.
    try await running.apply(
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: greedy}
      spec:
        restartPolicy: Never
        nodeName: extra
        containers:
        - {name: main, image: 'tools:test', imagePullPolicy: Never, command: [sh, -c, 'head -c 200000000 /dev/zero | tail']}
      """)
    let state = [
      "get", "pod", "greedy", "-o", "jsonpath={.status.phase}{.status.containerStatuses[0].state.terminated.exitCode}",
    ]
    try await running.wait(for: "the greedy pod to be killed", state) { $0 == "Failed137" }
    await running.test.stop()
  }

  @Test("a node that runs short of memory ends the pod that takes it, and says so, before the kernel has to")
  func eviction() async throws {
    let running = try await Self.start(speed: 10, nodes: 1)
    let size = AgentNode.Size(cpuMillicores: 1000, memoryBytes: 200 << 20)
    _ = try await running.test.cluster.perform(.add(name: "extra", size: size))
    func pod(_ name: String, _ script: String, _ more: String = "") -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        nodeName: extra
        terminationGracePeriodSeconds: 1
        containers:
        - {name: main, image: 'tools:test', imagePullPolicy: Never, command: [sh, -c, '\(script); exec sleep 100000']\(more)}
      """
    }
    try await running.apply(pod("modest", "true", ", resources: {requests: {memory: 20Mi}}"))
    try await running.apply(
      pod("taker", "dd if=/dev/zero of=/m/file bs=1M count=192", ", volumeMounts: [{name: m, mountPath: /m}]")
        + "\n  volumes: [{name: m, emptyDir: {medium: Memory}}]")
    let state = ["get", "pod", "taker", "-o", "jsonpath={.status.phase} {.status.reason}: {.status.message}"]
    try await running.wait(for: "the pod to be evicted", state) { $0.hasPrefix("Failed Evicted: The node is short of memory") }
    let condition = [
      "get", "node", "extra", "-o", #"jsonpath={.status.conditions[?(@.type=="MemoryPressure")].status} {.spec.taints[*].key}"#,
    ]
    try await running.wait(for: "the node to say so", condition) { $0 == "True node.kubernetes.io/memory-pressure" }
    #expect(try await running.run("get", "pod", "modest", "-o", "jsonpath={.status.phase}") == "Running")
    let status = running.test.cluster.pressure
    #expect(status == ["extra has MemoryPressure and may evict pods (--eviction-hard)."])
    await running.test.stop()
  }

  @Test("the next start has the nodes that the last one had, unless it says how many")
  func kept() async throws {
    let directory = try temporaryDirectory()
    let first = try await Self.start(directory, nodes: 3)
    _ = try await first.test.cluster.perform(.add(name: nil, size: AgentNode.Size(cpuMillicores: 1000, memoryBytes: 1 << 30)))
    _ = try await first.test.cluster.perform(.remove(name: "wavetank-worker"))
    await first.test.cluster.stop()
    let second = try await Self.start(directory, nodes: nil)
    #expect(second.test.cluster.nodes.map(\.name) == ["wavetank-control-plane", "wavetank-worker2", "wavetank-worker3"])
    #expect(second.test.cluster.nodes.map(\.index) == [0, 2, 3])
    #expect(second.test.cluster.nodes.last?.size == AgentNode.Size(cpuMillicores: 1000, memoryBytes: 1 << 30))
    #expect(
      try await second.run("get", "nodes", "-o", "jsonpath={.items[*].spec.podCIDR}")
        == "10.244.0.0/24 10.244.2.0/24 10.244.3.0/24")
    await second.test.cluster.stop()
    let third = try await Self.start(directory, nodes: 2)
    #expect(third.test.cluster.nodeNames == ["wavetank-control-plane", "wavetank-worker"])
    await third.test.cluster.stop()
    try "[{".write(toFile: directory + "/network.json", atomically: true, encoding: .utf8)
    await #expect(throws: ClusterError.self) { try await Self.start(directory, nodes: nil) }
    try FileManager.default.removeItem(atPath: directory)
  }
}
