import CoreObjects
import Testing

@testable import CoreNode

@Suite("How a pod starts")
struct PodStartTests {
  @Test("first the sandbox, then the image, then the container; the status follows")
  func starts() {
    var bench = NodeBench()
    bench.run(main)
    #expect(bench.steps() == ["sandbox"])
    #expect(bench.pod.status.phase == "Pending" && bench.status().state.waiting.reason == "ContainerCreating")
    bench.sandboxStarts()
    #expect(bench.steps() == ["image main"])
    #expect(bench.pod.status.podIP == "10.244.0.5")
    bench.starts("main")
    #expect(bench.steps() == ["start main"])
    #expect(bench.pod.status.phase == "Running" && bench.condition("Ready") == "True")
    #expect(bench.status().ready == true && bench.status().started == true)
    #expect(bench.reasons == ["Pulled", "Created", "Started"])
  }

  @Test("nothing is asked of a node that is not ready")
  func waitsForNode() {
    var bench = NodeBench(ready: false)
    bench.run(main)
    #expect(bench.steps() == [] && bench.pod.status.phase == nil)
  }

  @Test("a sandbox that fails is told once and tried again later; its containers are listed as being created")
  func sandboxFails() {
    var bench = NodeBench()
    bench.run(main)
    _ = bench.taken()
    for _ in 0..<2 {
      bench.tell(.sandboxFailed(podUID: NodeBench.uid, reason: "FailedCreatePodSandBox", message: "no"))
      #expect(bench.status().state.waiting.reason == "ContainerCreating")
      #expect(bench.steps() == [])
      bench.now = bench.wakeAt ?? bench.now
      bench.look()
      #expect(bench.steps() == ["sandbox"])
    }
    #expect(bench.reasons == ["FailedCreatePodSandBox"])
  }

  @Test("init containers run one after the other, each to its end, before the others")
  func initContainers() {
    var bench = NodeBench()
    bench.run(main, ["initContainers": [["name": "a", "image": "i"], ["name": "b", "image": "i"]]])
    bench.sandboxStarts()
    #expect(bench.steps() == ["sandbox", "image a"])
    #expect(bench.status("main").state.waiting.reason == "PodInitializing" && bench.condition("Initialized") == "False")
    bench.starts("a")
    bench.exits("a", code: 0)
    #expect(bench.steps() == ["start a", "image b"])
    bench.starts("b")
    #expect(bench.steps() == ["start b"])
    bench.exits("b", code: 0)
    #expect(bench.steps() == ["image main"])
    #expect(bench.condition("Initialized") == "True" && bench.status("a").state.terminated.reason == "Completed")
  }

  @Test("a failed init container is run again, and fails the pod where nothing restarts")
  func initFails() {
    for (policy, phase) in [("Always", "Pending"), ("Never", "Failed")] {
      var bench = NodeBench()
      bench.run(main, ["restartPolicy": .string(policy), "initContainers": [["name": "a", "image": "i"]]])
      bench.sandboxStarts()
      bench.starts("a")
      _ = bench.taken()
      bench.exits("a", code: 1)
      bench.look()
      #expect(bench.pod.status.phase == phase)
      #expect(bench.steps() == (policy == "Always" ? ["remove", "image a"] : []))
    }
  }

  @Test("a sidecar starts before the containers, keeps running, and ends after them")
  func sidecar() {
    var bench = NodeBench()
    bench.run(main, ["restartPolicy": "Never", "initContainers": [["name": "side", "image": "i", "restartPolicy": "Always"]]])
    bench.sandboxStarts()
    bench.starts("side")
    #expect(bench.steps() == ["sandbox", "image side", "start side", "image main"])
    bench.starts("main")
    _ = bench.taken()
    bench.exits("main", code: 0)
    bench.look()
    #expect(bench.steps() == ["stop side 30"])
    bench.exits("side", code: 143)
    #expect(bench.pod.status.phase == "Succeeded")
  }

  @Test("an image that is never pulled and not there is ErrImageNeverPull, until it comes")
  func neverPull() {
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test", "imagePullPolicy": "Never"]])
    bench.sandboxStarts()
    #expect(bench.steps() == ["sandbox", "image main never"])
    bench.tell(.imageFailed(podUID: NodeBench.uid, container: "main", reason: .neverPull, message: "not present"))
    #expect(bench.status().state.waiting.reason == "ErrImageNeverPull" && bench.reasons == ["ErrImageNeverPull", "Failed"])
    bench.now = bench.wakeAt ?? bench.now
    bench.look()
    #expect(bench.steps() == ["image main never"])
    bench.starts("main")
    #expect(bench.pod.status.phase == "Running")
  }

  @Test("an image that cannot be pulled backs off")
  func pullBackOff() {
    var bench = NodeBench()
    bench.run(main)
    bench.sandboxStarts()
    var delays: [Int64] = []
    for _ in 0..<7 {
      bench.tell(.imageFailed(podUID: NodeBench.uid, container: "main", reason: .pull, message: "no"))
      delays.append((bench.wakeAt ?? bench.now).seconds - bench.now.seconds)
      bench.now = bench.wakeAt ?? bench.now
      bench.look()
    }
    #expect(delays == [10, 20, 40, 80, 160, 300, 300])
    #expect(bench.status().state.waiting.reason == "ImagePullBackOff")
  }

  @Test(
    "a command that cannot be started ends its container with code 128: the pod fails, or the container is started again",
    arguments: [("Never", "Failed"), ("OnFailure", "Running"), ("Always", "Running")])
  func cannotStart(policy: String, phase: String) {
    var bench = NodeBench()
    bench.run(main, ["restartPolicy": .string(policy)])
    bench.sandboxStarts()
    func refuse(_ attempt: Int) {
      bench.imageComes("main")
      bench.tell(
        .containerFailed(podUID: NodeBench.uid, containerID: bench.id("main", attempt), reason: .run, message: "no such file"))
    }
    refuse(0)
    #expect(bench.reasons == ["Pulled", "Created", "Failed"])
    if policy != "Never" { refuse(1) }
    #expect(bench.pod.status.phase == phase)
    let status = bench.status()
    let ended = policy == "Never" ? status.state.terminated : status.lastState.terminated
    #expect(ended.reason == "StartError" && ended.exitCode == 128 && ended.startedAt == "1970-01-01T00:00:00Z")
    #expect(status.containerID == ended.containerID && status.restartCount == (policy == "Never" ? 0 : 1))
    if policy != "Never" {
      #expect(status.state.waiting.reason == "CrashLoopBackOff")
      #expect(bench.wakeAt == bench.now + .seconds(10))
    }
  }

  @Test("a container that cannot be made is no start: nothing is counted, and the pod stays Pending")
  func cannotBeMade() {
    var bench = NodeBench()
    bench.run(main, ["restartPolicy": "Never"])
    bench.sandboxStarts()
    for _ in 0..<3 {
      bench.imageComes("main")
      bench.tell(
        .containerFailed(podUID: NodeBench.uid, containerID: bench.id("main"), reason: .configuration, message: "root"))
      #expect(bench.status().state.waiting.reason == "CreateContainerConfigError" && bench.status().restartCount == 0)
      #expect(bench.pod.status.phase == "Pending" && bench.wakeAt == bench.now + .seconds(10))
      bench.wait(10)
    }
    #expect(Set(bench.reasons) == ["Pulled", "Failed"])
  }

  @Test("a host name is the pod's, cut to 63 characters that do not end in - or .")
  func hostName() throws {
    func host(_ name: String, _ spec: JSON = [:]) throws -> (String, String) {
      let tree: JSON = ["metadata": ["name": .string(name), "namespace": "ns"], "spec": spec]
      return try HostName.of(Pod(tree: tree), namespace: "ns", node: "node-1")
    }
    let long = String(repeating: "a", count: 60)
    #expect(try host("web-0") == ("web-0", ""))
    #expect(try host(long + "bcdef") == (long + "bcd", ""))
    #expect(try host(long + "b-.def").0 == long + "b")
    #expect(try host("a.b.") == ("a.b.", ""))
    #expect(try host("p", ["hostname": "db", "subdomain": "peers"]) == ("db", "db.peers.ns.svc.cluster.local"))
    #expect(try host("p", ["subdomain": "s", "setHostnameAsFQDN": true]).0 == "p.s.ns.svc.cluster.local")
    #expect(try host("p", ["subdomain": "s", "hostnameOverride": "other"]) == ("other", ""))
    #expect(try host("p", ["hostname": "db", "subdomain": "s", "hostNetwork": true]) == ("node-1", ""))
  }

  @Test("a pod whose whole domain is longer than a host's name can be has no sandbox, and is told why")
  func longDomain() {
    for (length, isWithin) in [(34, true), (35, false)] {
      var bench = NodeBench()
      let host = String(repeating: "h", count: length)
      bench.run(main, ["hostname": .string(host), "subdomain": "sub", "setHostnameAsFQDN": true])
      #expect(bench.steps() == (isWithin ? ["sandbox"] : []))
      #expect(bench.reasons == (isWithin ? [] : ["FailedCreatePodSandBox"]))
      #expect(bench.pod.status.phase == "Pending" && bench.status().state.waiting.reason == "ContainerCreating")
    }
  }

  @Test(
    "a volume in memory holds no more than the pod's memory, its node's, and its own limit",
    arguments: [
      (nil, nil, 1 << 30), ("2Gi", nil, 1 << 30), (nil, "64Mi", 64 << 20), ("8Mi", "64Mi", 8 << 20), ("80Mi", "64Mi", 64 << 20),
    ] as [(String?, String?, Int64)])
  func memoryVolume(limit: String?, memory: String?, size: Int64) {
    var bench = NodeBench()
    bench.put(ObjectKey(.nodes, namespace: "", NodeBench.node), ["status": ["allocatable": ["memory": "1Gi"]]])
    let resources: JSON = ["limits": ["memory": memory.map { .string($0) } ?? .null]]
    let volumes: JSON = [["name": "m", "emptyDir": ["medium": "Memory", "sizeLimit": limit.map { .string($0) } ?? .null]]]
    bench.run([["name": "main", "image": "i", "resources": resources.withoutNulls]], ["volumes": volumes])
    guard case .startSandbox(let spec)? = bench.taken().last else { return #expect(Bool(false), "no sandbox") }
    #expect(spec.volumes == [VolumeSpec(name: "m", source: .emptyDir(memory: true, sizeLimitBytes: size))])
  }

  @Test("a missing ConfigMap of a variable is CreateContainerConfigError, and the container starts once it is there")
  func missingConfigMap() {
    var bench = NodeBench()
    let env: JSON = [["name": "A", "valueFrom": ["configMapKeyRef": ["name": "c", "key": "k"]]]]
    bench.run([["name": "main", "image": "app:test", "env": env]])
    bench.sandboxStarts()
    bench.imageComes("main")
    #expect(bench.status().state.waiting.reason == "CreateContainerConfigError")
    #expect(bench.pod.status.phase == "Pending" && bench.status().restartCount == 0)
    _ = bench.taken()
    bench.configMap("another", ["k": "v"])
    #expect(bench.steps() == [])
    bench.configMap("c", ["k": "v"])
    #expect(bench.steps() == ["image main"], "it does not wait for its back-off")
    bench.imageComes("main")
    guard case .startContainer(let spec)? = bench.taken().last else { return #expect(Bool(false), "no start") }
    #expect(spec.environment.contains(EnvironmentVariable(name: "A", value: "v")))
    bench.starts("main")
    bench.exits("main", code: 1)
    #expect(
      bench.wakeAt == nil && bench.steps().last == "image main", "what was missing was no crash: the first restart comes at once")
  }

  @Test(
    "a subPathExpr is expanded; where a variable is missing, or it leads out of its volume, the container cannot be made",
    arguments: [
      ("a/$(A)", "a/one"), ("$$(NONE)", "$(NONE)"), ("a/$(NONE)", nil), ("$(ROOT)", nil), ("$(UP)", nil), ("$(EMPTY)", ""),
    ])
  func subPathExpr(text: String, path: String?) {
    var bench = NodeBench()
    let env: JSON = [
      ["name": "A", "value": "one"], ["name": "ROOT", "value": "/etc"], ["name": "UP", "value": "a/../.."], ["name": "EMPTY"],
    ]
    let mounts: JSON = [["name": "v", "mountPath": "/v", "subPathExpr": .string(text)]]
    bench.run(
      [["name": "main", "image": "i", "env": env, "volumeMounts": mounts]], ["volumes": [["name": "v", "emptyDir": [:]]]])
    bench.sandboxStarts()
    bench.imageComes("main")
    if let path {
      guard case .startContainer(let spec)? = bench.taken().last else { return #expect(Bool(false), "no start") }
      #expect(spec.mounts.map(\.subPath) == [path])
    } else {
      #expect(bench.status().state.waiting.reason == "CreateContainerConfigError" && bench.pod.status.phase == "Pending")
    }
  }

  @Test("a missing ConfigMap of a volume is FailedMount, and the pod goes on as soon as it is there")
  func missingVolume() {
    var bench = NodeBench()
    bench.run(main, ["volumes": [["name": "v", "configMap": ["name": "c"]]]])
    #expect(bench.steps() == [] && bench.reasons == ["FailedMount"])
    #expect(bench.status().state.waiting.reason == "ContainerCreating")
    bench.configMap("c", ["k": "v"])
    guard case .startSandbox(let spec)? = bench.taken().last else { return #expect(Bool(false), "no sandbox") }
    #expect(spec.volumes == [VolumeSpec(name: "v", source: .files([VolumeFile(path: "k", content: Array("v".utf8))]))])
  }

  @Test("a changed ConfigMap is written into the running pod's volume, once")
  func updatesVolume() {
    var bench = NodeBench()
    bench.configMap("c", ["k": "1"])
    bench.run(main, ["volumes": [["name": "v", "configMap": ["name": "c"]]]])
    bench.sandboxStarts()
    bench.starts("main")
    _ = bench.taken()
    bench.configMap("c", ["k": "2"])
    bench.configMap("c", ["k": "2"])
    #expect(
      bench.taken() == [
        .writeVolume(podUID: NodeBench.uid, volume: "v", files: [VolumeFile(path: "k", content: Array("2".utf8))])
      ])
    bench.configMap("other", ["k": "2"])
    #expect(bench.steps() == [])
  }

  @Test("a node whose condition Ready is Unknown is lost, until the condition says something else or the node is deleted")
  func lostNodes() {
    var bench = NodeBench()
    func report(_ status: String) -> JSON { ["status": ["conditions": [["type": "Ready", "status": .string(status)]]]] }
    let key = ObjectKey(.nodes, namespace: "", NodeBench.node)
    bench.put(key, report("Unknown"))
    #expect(bench.planner.lostNodes == [NodeBench.node])
    bench.put(key, report("True"))
    #expect(bench.planner.lostNodes.isEmpty)
    bench.put(key, report("Unknown"))
    if let change = bench.store.remove(key) { bench.record(change) }
    #expect(bench.planner.lostNodes.isEmpty)
  }
}
