import CoreObjects
import Testing

@testable import CoreNode

@Suite("Pods that outlive the agent which began them")
struct KeptPodTests {
  /// A planner after a restart: the pod's status says that it runs, and its node has not been heard yet.
  private func restarted(_ containers: JSON = [["name": "main", "image": "app:test"]]) -> NodeBench {
    var before = NodeBench()
    before.run(containers, ["volumes": [["name": "v", "configMap": ["name": "m", "optional": true]]]])
    before.sandboxStarts()
    for container in containers.elements { before.starts(container[.name].string ?? "") }
    var after = NodeBench(ready: false)
    after.now = before.now
    after.put(NodeBench.podKey, before.pod.tree)
    return after
  }

  private func welcome(_ bench: inout NodeBench, _ kept: [String: KeptPod]) {
    for uid in bench.planner.welcome(NodeBench.node, kept: kept, at: bench.now) { bench.look(uid) }
  }

  @Test("a container that still runs goes on: nothing is started, its status stays, its files are written again")
  func goesOn() {
    var bench = restarted()
    let status = bench.pod.status.tree
    let id = bench.id("main")
    welcome(&bench, [NodeBench.uid: KeptPod(address: "10.244.0.9", containers: [id])])
    #expect(bench.steps() == ["write v"])
    #expect(bench.pod.status.tree[.containerStatuses] == status[.containerStatuses])
    #expect(bench.pod.status.tree[.containerStatuses][0][.ready] == true)
    #expect(bench.planner.runtime(uid: NodeBench.uid)?.isRunning(id) == true)
  }

  @Test("one that ended while nobody looked is told with its own exit code, and counts as one restart")
  func endedMeanwhile() {
    var bench = restarted()
    let id = bench.id("main")
    welcome(&bench, [NodeBench.uid: KeptPod(address: "10.244.0.9", containers: [id])])
    _ = bench.steps()
    bench.tell(
      .containerExited(podUID: NodeBench.uid, containerID: id, ContainerExit(code: 7, at: bench.now, startedAt: bench.now)))
    bench.wait(11)
    #expect(bench.status().state.terminated.exitCode == 7)
    bench.tell(.imageReady(podUID: NodeBench.uid, container: "main", image: NodeBench.image))
    #expect(bench.steps().contains("start main"))
    bench.tell(.containerStarted(podUID: NodeBench.uid, containerID: bench.id("main", 1), at: bench.now))
    #expect(bench.status().restartCount == 1)
  }

  @Test("one that the node does not have any more is lost, beside one that goes on in the same surroundings")
  func oneOfTwo() {
    var bench = restarted([["name": "main", "image": "app:test"], ["name": "other", "image": "app:test"]])
    welcome(&bench, [NodeBench.uid: KeptPod(address: "10.244.0.9", containers: [bench.id("other")])])
    #expect(bench.steps() == ["write v", "image main"])
    #expect(bench.pod.status.podIP == "10.244.0.9")
  }

  @Test("without anything kept all containers are lost, and the pod begins anew")
  func nothingKept() {
    var bench = restarted()
    welcome(&bench, [:])
    #expect(bench.steps() == ["sandbox"])
    bench.tell(.sandboxStarted(podUID: NodeBench.uid, address: "10.244.0.3"))
    #expect(bench.status().state.terminated.exitCode == 255)
  }

  @Test("a pod that is kept and whose object has gone is taken away")
  func stranger() {
    let bench = restarted()
    let kept = ["gone": KeptPod(address: "10.244.0.7", containers: []), NodeBench.uid: KeptPod(address: "", containers: [])]
    let commands = bench.planner.removals(ofStrangers: kept, on: NodeBench.node)
    #expect(commands == [NodeCommand(node: NodeBench.node, action: .removeSandbox(podUID: "gone"))])
  }
}
