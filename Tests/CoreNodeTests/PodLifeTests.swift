import CoreNode
import CoreObjects
import Testing

@Suite("What the containers of a pod are to each other, and what the status tells of them")
struct PodLifeTests {
  private static let sidecar: JSON = ["name": "side", "image": "i", "restartPolicy": "Always"]

  /// A pod whose containers, main and those given as init containers, run.
  private func running(_ initContainers: JSON, _ more: JSON = [:], container: JSON = [:]) -> NodeBench {
    var bench = NodeBench()
    var spec: JSON = ["name": "main", "image": "app:test"]
    spec.merge(container)
    var rest: JSON = ["initContainers": initContainers]
    rest.merge(more)
    bench.run(.array([spec]), rest)
    bench.sandboxStarts()
    for container in initContainers.elements { bench.starts(container[.name].string ?? "") }
    bench.starts("main")
    _ = bench.taken()
    bench.events = []
    return bench
  }

  @Test("a sidecar that crashes beside a running container holds up nothing: Initialized stays True, and both are looked after")
  func crashingSidecar() {
    var bench = running([Self.sidecar])
    bench.exits("side", code: 1)
    bench.starts("side", 1)
    bench.exits("side", 1, code: 1)
    #expect(bench.condition("Initialized") == "True" && bench.condition("Ready") == "False")
    #expect(bench.status("side").state.waiting.reason == "CrashLoopBackOff" && bench.status().ready == true)
    _ = bench.taken()
    bench.exits("main", code: 1)
    #expect(bench.steps() == ["remove", "image main"])
  }

  @Test("a pod with a readiness gate becomes ready in the moment in which somebody opens it, and unready when it is closed")
  func readinessGate() {
    var bench = running([], ["readinessGates": [["conditionType": "example.com/open"]]])
    #expect(bench.condition("Ready") == "False" && bench.condition("ContainersReady") == "True")
    for value in ["True", "False"] {
      var tree = bench.pod.tree
      let others = tree[.status][.conditions].elements.filter { $0[.type].string != "example.com/open" }
      tree[.status].put(.conditions, .array(others + [["type": "example.com/open", "status": .string(value)]]))
      bench.record(bench.store.put(NodeBench.podKey, tree))
      #expect(bench.condition("Ready") == value)
    }
  }

  @Test("sidecars are stopped after the containers, the last first, within one grace")
  func stopOrder() {
    var bench = running([
      ["name": "one", "image": "i", "restartPolicy": "Always"], ["name": "two", "image": "i", "restartPolicy": "Always"],
    ])
    bench.delete()
    #expect(bench.steps() == ["stop main 30"])
    bench.exits("main", code: 143, after: 10)
    #expect(bench.steps() == ["stop two 20"])
    bench.exits("two", code: 143, after: 20)
    #expect(bench.steps() == ["stop one 2"])
    bench.exits("one", code: 143)
    #expect(bench.steps() == ["remove sandbox"])
  }

  @Test("a sidecar that ends with an error after the last container has ended, and the pod has succeeded")
  func sidecarOfJob() {
    var bench = running([Self.sidecar], ["restartPolicy": "Never"])
    bench.exits("main", code: 0)
    #expect(bench.pod.status.phase == "Running", "the sidecar still runs")
    bench.exits("side", code: 2)
    #expect(bench.pod.status.phase == "Succeeded" && bench.status("side").state.terminated.exitCode == 2)
    let initialized = bench.pod.status.conditions.first { $0.type == "Initialized" }
    #expect(initialized?.status == "True" && initialized?.reason == "PodCompleted")
    #expect(bench.steps() == ["stop side 30"])
  }

  @Test("a failed init container fails the pod, which was never initialized; a sidecar before it is stopped")
  func failedInit() {
    var bench = NodeBench()
    bench.run(main, ["restartPolicy": "Never", "initContainers": [Self.sidecar, ["name": "a", "image": "i"]]])
    bench.sandboxStarts()
    bench.starts("side")
    bench.starts("a")
    _ = bench.taken()
    bench.exits("a", code: 1)
    #expect(bench.steps() == ["stop side 30"])
    bench.exits("side", code: 143)
    #expect(bench.pod.status.phase == "Failed" && bench.condition("Initialized") == "False")
    #expect(bench.pod.status.conditions.first { $0.type == "Ready" }?.reason == "PodFailed")
  }

  @Test("until the postStart hook is done nobody is told that the container runs; if it fails, the container is stopped")
  func postStart() {
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test", "lifecycle": ["postStart": ["exec": ["command": ["x"]]]]]])
    bench.sandboxStarts()
    bench.starts("main")
    #expect(bench.steps().last == "hook" && bench.status().state.waiting.reason == "ContainerCreating")
    #expect(bench.pod.status.phase == "Pending")
    func hookEnds(_ attempt: Int, _ success: Bool) {
      bench.tell(.hookFinished(podUID: NodeBench.uid, containerID: bench.id("main", attempt), success: success, message: "no"))
    }
    hookEnds(0, false)
    #expect(bench.steps() == ["stop main 30"] && bench.status().state.running.isAbsent)
    #expect(bench.reasons.suffix(2) == ["FailedPostStartHook", "Killing"])
    bench.exits("main", code: 137)
    bench.starts("main", 1)
    #expect(bench.status().state.terminated.exitCode == 137 && bench.status().restartCount == 0)
    hookEnds(1, true)
    #expect(bench.status().state.running.startedAt != nil && bench.status().restartCount == 1 && bench.status().ready == true)
  }

  @Test(
    "a container's own policy comes before the pod's, and its rules before both",
    arguments: [
      ("In", 42, 42, true), ("In", 42, 1, false), ("NotIn", 42, 42, false), ("NotIn", 42, 1, true),
    ])
  func rules(matching: String, listed: Int64, code: Int, restarts: Bool) {
    let rule: JSON = ["action": "Restart", "exitCodes": ["operator": .string(matching), "values": [.int(listed)]]]
    var bench = running([], container: ["restartPolicy": "Never", "restartPolicyRules": [rule]])
    bench.exits("main", code: code)
    #expect(bench.steps() == (restarts ? ["remove", "image main"] : []))
    #expect(bench.pod.status.phase == (restarts ? "Running" : "Failed"))
  }

  @Test("a rule can start the whole pod again, init containers first")
  func restartsAll() {
    let rule: JSON = ["action": "RestartAllContainers", "exitCodes": ["operator": "In", "values": [3]]]
    var bench = running(
      [Self.sidecar, ["name": "a", "image": "i"]], ["restartPolicy": "Never"], container: ["restartPolicyRules": [rule]])
    bench.exits("a", code: 0)
    bench.starts("main")
    _ = bench.taken()
    bench.exits("main", code: 3)
    #expect(bench.steps() == ["stop side 30"])
    bench.exits("side", code: 143)
    #expect(bench.steps() == ["remove", "remove", "remove", "image side"])
    bench.starts("side", 1)
    #expect(bench.steps() == ["start side", "image a"])
    #expect(bench.pod.status.phase == "Running")
  }

  @Test("a container that was never begun keeps its pod Pending, whatever the others do")
  func phase() {
    var bench = NodeBench()
    bench.run([["name": "main", "image": "i"], ["name": "two", "image": "absent"]])
    bench.sandboxStarts()
    bench.starts("main")
    bench.tell(.imageFailed(podUID: NodeBench.uid, container: "two", reason: .pull, message: "no"))
    #expect(bench.pod.status.phase == "Pending" && bench.status().ready == true)
  }

  @Test("a status tells of mounts always, of resources once the container is made")
  func reported() {
    var bench = NodeBench()
    let mounts: JSON = [["name": "v", "mountPath": "/v"], ["name": "v", "mountPath": "/r", "readOnly": true]]
    bench.run(
      [["name": "main", "image": "i", "volumeMounts": mounts, "resources": ["requests": ["cpu": "50m"]]]],
      ["volumes": [["name": "v", "emptyDir": [:]]]])
    bench.sandboxStarts()
    #expect(
      bench.status().volumeMounts.tree[1] == ["name": "v", "mountPath": "/r", "readOnly": true, "recursiveReadOnly": "Disabled"])
    #expect(bench.status().resources.isAbsent && bench.status().allocatedResources.isAbsent)
    bench.starts("main")
    #expect(bench.status().resources.requests["cpu"] == "50m" && bench.status().allocatedResources["cpu"] == "50m")
  }

  @Test("a pod that asks for parameters of the kernel that are not its own is not taken")
  func forbiddenSysctl() {
    var bench = NodeBench()
    bench.run(main, ["securityContext": ["sysctls": [["name": "net.core.somaxconn", "value": "9"]]]])
    #expect(bench.steps() == [] && bench.reasons.isEmpty && bench.wakeAt == bench.now + .seconds(1))
    bench.wait(1)
    #expect(bench.steps() == [] && bench.reasons == ["SysctlForbidden"])
    #expect(bench.pod.status.phase == "Failed" && bench.pod.status.reason == "SysctlForbidden")
    #expect(bench.pod.status.message?.hasPrefix("Pod was rejected: ") == true && bench.pod.status.containerStatuses.isEmpty)
    bench.look()
    #expect(bench.steps() == [])
  }

  @Test(
    "a pod that its node does not take fails a second after it was made, with its node's reason; another that fits by then starts"
  )
  func notTaken() {
    var bench = NodeBench()
    bench.rejection = ("OutOfcpu", "requested: 2, used: 1, capacity: 2")
    bench.run(main)
    #expect(bench.steps() == [] && bench.pod.status.phase == nil)
    bench.wait(1)
    #expect(bench.steps() == [] && bench.reasons == ["OutOfcpu"] && bench.pod.status.phase == "Failed")
    #expect(bench.pod.status.message == "Pod was rejected: requested: 2, used: 1, capacity: 2")
    bench = NodeBench()
    bench.rejection = ("NodePorts", "")
    bench.run(main)
    bench.rejection = nil
    bench.wait(1)
    #expect(bench.steps() == ["sandbox"])
    bench.rejection = ("OutOfcpu", "it is asked once")
    bench.wait(1)
    #expect(bench.reasons.isEmpty)
  }

  @Test("a pod that wrote more than it may is evicted")
  func evicted() {
    var bench = running([])
    bench.tell(.storageExceeded(podUID: NodeBench.uid, message: "too much"))
    #expect(bench.steps() == ["stop main 1"] && bench.reasons == ["Evicted", "Killing"])
    #expect(bench.pod.status.phase == "Running" && bench.pod.status.reason == nil)
    bench.exits("main", code: 137)
    #expect(bench.pod.status.phase == "Failed" && bench.pod.status.reason == "Evicted" && bench.steps() == [])
  }

  @Test("files that show labels follow them")
  func downwardVolume() {
    var bench = NodeBench()
    let volume: JSON = [
      "name": "v", "downwardAPI": ["items": [["path": "labels", "fieldRef": ["fieldPath": "metadata.labels"]]]],
    ]
    bench.run(main, ["volumes": [volume]])
    bench.sandboxStarts()
    bench.starts("main")
    _ = bench.taken()
    var tree = bench.pod.tree
    tree[.metadata].put(.labels, ["a": "b"])
    bench.put(NodeBench.podKey, tree)
    #expect(bench.steps() == ["write v"])
  }

  @Test("a token's file is for the one user of all containers, and for the group")
  func tokenModes() {
    func file(_ security: JSON) -> VolumeFile? {
      var bench = NodeBench()
      bench.put(ObjectKey(.serviceAccounts, namespace: "default", "default"), [:])
      let volume: JSON = ["name": "t", "projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]]
      bench.run(main, ["volumes": [volume], "securityContext": security])
      guard case .startSandbox(let spec)? = bench.taken().first, case .files(let files)? = spec.volumes.first?.source else {
        return nil
      }
      return files.first
    }
    #expect(file([:])?.mode == 0o644 && file([:])?.owner == nil)
    #expect(file(["runAsUser": 7])?.mode == 0o600 && file(["runAsUser": 7])?.owner == 7)
    #expect(file(["fsGroup": 7])?.mode == 0o600)
  }
}
