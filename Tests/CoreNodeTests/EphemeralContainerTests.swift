import CoreNode
import CoreObjects
import Testing

@Suite("Ephemeral containers on their node")
struct EphemeralContainerTests {
  /// Adds one to the pod: strategic merge patches add in front.
  private func add(_ name: String, target: String = "", to bench: inout NodeBench) {
    var tree = bench.pod.tree
    let added: JSON = ["name": .string(name), "image": "tools", "targetContainerName": target.isEmpty ? .null : .string(target)]
    tree[.spec].put(.ephemeralContainers, .array([added.withoutNulls] + tree[.spec][.ephemeralContainers].elements))
    bench.put(NodeBench.podKey, tree)
  }

  private func status(_ name: String, _ bench: NodeBench) -> ContainerStatus {
    bench.pod.status.ephemeralContainerStatuses.first { $0.name == name } ?? ContainerStatus(tree: .null)
  }

  private func running(_ more: JSON = [:]) -> NodeBench {
    var bench = NodeBench()
    bench.run(main, more)
    bench.sandboxStarts()
    bench.starts("main")
    _ = bench.taken()
    return bench
  }

  @Test("one that is added starts beside the others, which go on, and its end changes nothing of the pod")
  func starts() throws {
    var bench = running()
    add("debug", target: "main", to: &bench)
    #expect(bench.steps() == ["image debug"])
    #expect(status("debug", bench).state.waiting.reason == "ContainerCreating")
    bench.imageComes("debug")
    guard case .startContainer(let spec) = try #require(bench.taken().first) else { return #expect(Bool(false)) }
    #expect(spec.name == "debug" && spec.target == bench.id("main"))
    bench.tell(.containerStarted(podUID: NodeBench.uid, containerID: spec.containerID, at: bench.now))
    let shown = status("debug", bench)
    #expect(!shown.state.running.isAbsent && shown.ready == false && shown.started == nil && shown.restartCount == 0)
    #expect(bench.condition("Ready") == "True" && bench.pod.status.containerStatuses.count == 1)
    #expect(bench.events.last?.fieldPath == "spec.ephemeralContainers{debug}")
    bench.exits("debug", code: 3)
    bench.wait(1000)
    #expect(bench.steps() == [] && bench.pod.status.phase == "Running" && bench.condition("Ready") == "True")
    #expect(status("debug", bench).state.terminated.exitCode == 3)
  }

  @Test("a failed one does not fail a pod that has done its work, and one that runs ends with it")
  func ends() {
    var bench = running(["restartPolicy": "Never"])
    for name in ["failed", "runs"] {
      add(name, to: &bench)
      bench.starts(name)
    }
    bench.exits("failed", code: 1)
    _ = bench.taken()
    bench.exits("main", code: 0)
    #expect(bench.steps() == ["stop runs 30"] && bench.pod.status.phase == "Running")
    bench.exits("runs", code: 137)
    #expect(bench.pod.status.phase == "Succeeded")
  }

  @Test("one can look into a pod that an init container holds up, and holds up nothing itself")
  func duringInitialization() {
    var bench = NodeBench()
    bench.run(main, ["initContainers": [["name": "first", "image": "i"]]])
    bench.sandboxStarts()
    bench.starts("first")
    _ = bench.taken()
    add("debug", to: &bench)
    #expect(bench.steps() == ["image debug"] && status("debug", bench).state.waiting.reason == "PodInitializing")
    bench.exits("first", code: 0)
    #expect(bench.steps() == ["image main"] && bench.condition("Initialized") == "True")
  }

  @Test("a target that has not begun is waited for")
  func absentTarget() {
    var bench = NodeBench()
    bench.run(main)
    bench.sandboxStarts()
    add("debug", target: "main", to: &bench)
    bench.imageComes("debug")
    #expect(status("debug", bench).state.waiting.reason == "CreateContainerConfigError")
    bench.starts("main")
    _ = bench.taken()
    bench.wait(10)
    #expect(bench.steps() == ["image debug"])
  }

  @Test("after a restart of the control plane one that ran has ended, and is not started again")
  func restart() {
    var bench = running()
    add("debug", to: &bench)
    bench.starts("debug")
    var again = NodeBench()
    again.store = bench.store
    again.now = bench.now
    again.put(NodeBench.podKey, bench.pod.tree)
    again.sandboxStarts()
    #expect(again.steps() == ["sandbox", "image main"])
    #expect(status("debug", again).state.terminated.exitCode == 255)
  }
}
