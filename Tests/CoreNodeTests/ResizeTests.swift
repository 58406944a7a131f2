import CoreObjects
import Testing

@testable import CoreNode

@Suite("A pod is resized on its node")
struct ResizeTests {
  private static func resources(_ cpu: String, memory: String = "64Mi") -> JSON {
    ["requests": ["cpu": .string(cpu), "memory": .string(memory)], "limits": ["memory": .string(memory)]]
  }

  /// A running pod of two containers on a node of two processors.
  private func running(_ more: JSON = [:], policy: JSON = .null) -> NodeBench {
    var bench = NodeBench()
    bench.put(ObjectKey(.nodes, NodeBench.node), ["status": ["allocatable": ["cpu": "2", "memory": "1Gi"]]])
    let first: JSON = ["name": "main", "image": "i", "resources": Self.resources("100m"), "resizePolicy": policy]
    bench.run([first.withoutNulls, ["name": "other", "image": "i", "resources": Self.resources("100m")]], more)
    bench.sandboxStarts()
    for name in ["main", "other"] { bench.starts(name) }
    _ = bench.taken()
    bench.events = []
    return bench
  }

  private func resize(_ cpu: String, memory: String = "64Mi", _ bench: inout NodeBench) {
    var tree = bench.pod.tree
    tree[.spec][.containers][0].put(.resources, Self.resources(cpu, memory: memory))
    tree[.metadata].put(.generation, .int(Int64((tree[.metadata][.generation].int ?? 1) + 1)))
    bench.put(NodeBench.podKey, tree)
  }

  private func answer(_ bench: inout NodeBench, _ failure: String? = nil) {
    let ids = ["main", "other"].map { bench.id($0) }
    bench.tell(.resized(podUID: NodeBench.uid, containerIDs: ids, failure: failure))
  }

  private func condition(_ type: String, _ bench: NodeBench) -> PodCondition? {
    bench.pod.status.conditions.first { $0.type == type }
  }

  @Test("what is wanted is set aside, the node changes its control groups, and then the status says so")
  func inPlace() throws {
    var bench = running()
    resize("300m", memory: "128Mi", &bench)
    guard case .resize(let command) = try #require(bench.taken().first) else { return #expect(Bool(false)) }
    #expect(command.containers[bench.id("main")] == limits(memory: 128 << 20, cpu: 300))
    #expect(command.pod == limits(memory: 192 << 20, cpu: 400))
    #expect(condition("PodResizeInProgress", bench)?.observedGeneration == 2 && bench.reasons == ["ResizeStarted"])
    #expect(bench.status().allocatedResources["cpu"] == "300m" && bench.status().resources.requests["cpu"] == "100m")
    answer(&bench)
    #expect(condition("PodResizeInProgress", bench) == nil && bench.reasons == ["ResizeStarted", "ResizeCompleted"])
    #expect(bench.status().resources.limits["memory"] == "128Mi" && bench.pod.status.allocatedResources["cpu"] == "400m")
    #expect(bench.status().restartCount == 0 && bench.steps() == [])
  }

  private func limits(memory: Int64, cpu: Int64) -> ComputeLimits {
    ComputeLimits(memoryBytes: memory, cpuMillicores: nil, cpuRequestMillicores: cpu)
  }

  @Test("a container whose policy says so starts again with what it is given, also in a pod that restarts on failure only")
  func restart() {
    let policy: JSON = [["resourceName": "memory", "restartPolicy": "RestartContainer"]]
    var bench = running(["restartPolicy": "OnFailure"], policy: policy)
    resize("200m", &bench)
    #expect(bench.steps() == ["resize main other"], "for processor time it does not")
    answer(&bench)
    resize("200m", memory: "128Mi", &bench)
    #expect(bench.steps() == ["stop main 30", "resize other"])
    bench.tell(.resized(podUID: NodeBench.uid, containerIDs: [bench.id("other")], failure: nil))
    #expect(condition("PodResizeInProgress", bench)?.status == "True")
    bench.exits("main", code: 0)
    #expect(bench.steps() == ["remove", "image main"])
    bench.starts("main", 1)
    guard case .startContainer(let spec) = bench.taken().first else { return #expect(Bool(false)) }
    #expect(spec.memoryLimitBytes == 128 << 20 && bench.status().restartCount == 1)
    #expect(bench.reasons.last == "ResizeCompleted" && condition("PodResizeInProgress", bench) == nil)
  }

  @Test("what the node will never have is infeasible, and told once; less of it is taken")
  func infeasible() {
    var bench = running()
    resize("5", &bench)
    let pending = condition("PodResizePending", bench)
    #expect(pending?.reason == "Infeasible" && pending?.observedGeneration == 2, "\(bench.pod.status.conditions.tree)")
    #expect(pending?.message == "Node didn't have enough capacity: cpu, requested: 5100, capacity: 2000")
    bench.wait(100)
    #expect(bench.reasons == ["ResizeInfeasible"] && bench.steps() == [])
    #expect(bench.status().resources.requests["cpu"] == "100m")
    resize("1", &bench)
    #expect(bench.steps() == ["resize main other"] && condition("PodResizePending", bench) == nil)
  }

  @Test("what others have at the moment is waited for, and taken when they go")
  func deferred() {
    var bench = running()
    let neighbour = ObjectKey(.pods, namespace: "default", "q")
    let spec: JSON = [
      "nodeName": .string(NodeBench.node), "containers": [["name": "c", "image": "i", "resources": Self.resources("1500m")]],
    ]
    bench.put(neighbour, ["metadata": ["uid": "u2", "creationTimestamp": .string(bench.now.rfc3339)], "spec": spec])
    _ = bench.taken()
    resize("1", &bench)
    #expect(condition("PodResizePending", bench)?.reason == "Deferred" && bench.steps() == [])
    #expect(
      condition("PodResizePending", bench)?.message
        == "Node didn't have enough resource: cpu, requested: 1100, used: 1500, capacity: 2000")
    if let change = bench.store.remove(neighbour) { bench.record(change) }
    bench.tell(.sandboxRemoved(podUID: "u2"))
    bench.look()
    #expect(bench.steps().contains("resize main other") && condition("PodResizePending", bench) == nil)
  }

  @Test("a node that cannot change the limits says why, and tries again")
  func fails() {
    var bench = running()
    resize("200m", memory: "1Mi", &bench)
    _ = bench.taken()
    answer(&bench, "too much is used")
    let progress = condition("PodResizeInProgress", bench)
    #expect(progress?.reason == "Error" && progress?.message == "too much is used" && bench.reasons.last == "ResizeError")
    #expect(bench.steps() == [])
    bench.wait(10)
    #expect(bench.steps() == ["resize main other"])
    answer(&bench)
    #expect(condition("PodResizeInProgress", bench) == nil)
  }

  @Test("after a restart of the control plane a pod has what was set aside for it, not what it waits for")
  func restored() {
    var bench = running()
    resize("5", &bench)
    var again = NodeBench()
    again.store = bench.store
    again.now = bench.now
    again.put(NodeBench.podKey, bench.pod.tree)
    again.sandboxStarts()
    again.imageComes("main")
    guard case .startContainer(let spec)? = again.taken().last(where: { if case .startContainer = $0 { true } else { false } })
    else {
      return #expect(Bool(false))
    }
    #expect(spec.cpuRequestMillicores == 100 && condition("PodResizePending", again)?.reason == "Infeasible")
  }
}
