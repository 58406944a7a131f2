import CoreObjects
import Testing

@testable import CoreNode

@Suite("What a node does when it has too little left")
struct EvictionTests {
  private static let mega: Int64 = 1 << 20

  // MARK: Thresholds

  @Test("thresholds are read as the kubelet takes them, and what they are not is said in words")
  func thresholds() throws {
    let read = try EvictionThresholds("nodefs.available<10%, memory.available<100Mi,pid.available<0%")
    #expect(read.description == "memory.available<100Mi,nodefs.available<10%")
    #expect(read.least(.memory, of: 1 << 40) == 100 << 20 && read.least(.nodeDisk, of: 5000) == 500)
    #expect(read.least(.processes, of: 100) == nil)
    #expect(try EvictionThresholds("").isEmpty)
    for wrong in [
      "memory.available", "memory<1Gi", "memory.available<", "memory.available<x", "memory.available<101%", "memory.available<0",
      "memory.available<-1Mi", "memory.available<1Mi,memory.available<2Mi",
    ] {
      #expect(throws: EvictionThresholdError.self, "\(wrong)") { try EvictionThresholds(wrong) }
    }
  }

  @Test("of a small node a twentieth is kept, of a large one 100Mi")
  func standard() {
    #expect(EvictionThresholds(standardFor: 4 << 30).least(.memory, of: 4 << 30) == 100 << 20)
    #expect(EvictionThresholds(standardFor: 200 * Self.mega).least(.memory, of: 200 * Self.mega) == 10 * Self.mega)
  }

  // MARK: Who goes

  private static func usage(_ uid: String, _ bytes: Int64) -> UsageSample {
    UsageSample(
      node: "n", podUID: uid, container: "", containerID: "", at: .init(seconds: 0), startedAt: .init(seconds: 0),
      cpuNanoseconds: 0, memoryUsage: bytes, inactiveFile: 0, activeFile: 0, anonymous: 0)
  }

  private static func pod(_ uid: String, memory: Int64 = 0, disk: Int64 = 0, processes: Int64 = 0) -> NodeReading.Pod {
    var main = NodeReading.Container(name: "main", image: "", path: "", usage: usage(uid, memory))
    (main.rootBytes, main.logBytes) = (disk, 0)
    var total = NodeReading.Container(name: "", image: "", path: "", usage: usage(uid, memory))
    total.processes = processes
    var pod = NodeReading.Pod(namespace: "default", name: uid, uid: uid, total: total, containers: [main])
    pod.volumes = [.init(name: "claim", usedBytes: 1 << 40, isScratch: false)]
    return pod
  }

  private static func reading(_ pods: [NodeReading.Pod]) -> NodeReading { reading(NodeBench.node, pods) }

  private static func reading(_ node: String, _ pods: [NodeReading.Pod]) -> NodeReading {
    NodeReading(
      name: node, usage: usage("", 0), cores: 1, memoryBytes: 1 << 30,
      disk: .init(capacity: 0, available: 0, used: 0, inodes: 0, inodesFree: 0), pods: pods)
  }

  private static func signals(
    _ node: String = NodeBench.node, memory: Int64 = 500 * mega, disk: Int64 = 500 * mega, processes: Int64 = 100,
    own: Bool = false
  ) -> NodeSignals {
    var signals = NodeSignals(
      node: node, memory: Reserve(available: memory, capacity: 1 << 30), disk: Reserve(available: disk, capacity: 1 << 30),
      inodes: Reserve(available: 10, capacity: 20), processes: Reserve(available: processes, capacity: 200))
    signals.hasOwnMemory = own
    return signals
  }

  /// Nodes that want 100Mi of memory, 100Mi of disk and 10 process numbers left, with pods that run on them.
  private struct Nodes {
    var bench = NodeBench()
    var plan = PressurePlan()

    init(_ names: String...) throws {
      let thresholds = try EvictionThresholds("memory.available<100Mi,nodefs.available<100Mi,pid.available<10")
      for name in names.isEmpty ? [NodeBench.node] : names { _ = bench.planner.welcome(name, thresholds: thresholds) }
    }

    mutating func run(_ uid: String, on node: String = NodeBench.node, requests: JSON = [:], _ more: JSON = [:]) {
      var spec: JSON = [
        "nodeName": .string(node), "containers": [["name": "main", "image": "app:test", "resources": ["requests": requests]]],
      ]
      spec.merge(more)
      bench.put(
        ObjectKey(.pods, namespace: "default", uid),
        ["metadata": ["creationTimestamp": .string((bench.now + .seconds(-60)).rfc3339)], "spec": spec])
      bench.tell(.sandboxStarted(podUID: uid, address: "10.244.0.5"))
      bench.tell(.imageReady(podUID: uid, container: "main", image: NodeBench.image))
      bench.tell(
        .containerStarted(podUID: uid, containerID: ContainerID.make(podUID: uid, name: "main", attempt: 0), at: bench.now))
    }

    /// Who is ended now.
    mutating func look(_ signals: [NodeSignals], _ readings: [NodeReading]) -> [String] {
      plan = bench.relieve(signals, readings)
      return plan.evictions.map(\.uid)
    }

    mutating func end(_ uid: String) {
      let exit = ContainerExit(code: 137, at: bench.now, startedAt: bench.now)
      bench.tell(
        .containerExited(podUID: uid, containerID: ContainerID.make(podUID: uid, name: "main", attempt: 0), exit))
    }

    func pod(_ uid: String) -> Pod {
      bench.store.get(ObjectKey(.pods, namespace: "default", uid))?.view(Pod.self) ?? Pod(tree: .null)
    }
  }

  @Test("who uses more memory than was asked for goes first, then the lower priority, then what is used beyond the request")
  func memoryOrder() throws {
    var nodes = try Nodes()
    nodes.run("within", requests: ["memory": "400Mi"])
    nodes.run("important", ["priority": 10])
    nodes.run("some", requests: ["memory": "100Mi"])
    nodes.run("most", requests: ["memory": "10Mi"])
    nodes.run("critical", ["priority": 2_000_000_000])
    let use: [(String, Int64)] = [("within", 390), ("important", 300), ("some", 150), ("most", 90), ("critical", 380)]
    let readings = [Self.reading(use.map { Self.pod($0.0, memory: $0.1 * Self.mega) })]
    for next in ["most", "some", "important", "within"] {
      #expect(nodes.look([Self.signals(memory: 50 * Self.mega)], readings) == [next])
      #expect(nodes.look([Self.signals(memory: 50 * Self.mega)], readings) == [], "its end is waited for")
      nodes.end(next)
    }
    #expect(nodes.look([Self.signals(memory: 50 * Self.mega)], readings) == [], "critical pods stay")
    #expect(nodes.look([Self.signals(memory: 100 * Self.mega)], readings) == [] && nodes.plan.events.isEmpty)
  }

  @Test("a pod whose end takes longer than half a minute holds up no other")
  func patience() throws {
    var nodes = try Nodes()
    nodes.run("a")
    nodes.run("b")
    let readings = [Self.reading([Self.pod("a", memory: 2 << 20), Self.pod("b", memory: 1 << 20)])]
    let signals = [Self.signals(memory: 0)]
    #expect(nodes.look(signals, readings) == ["a"])
    nodes.bench.now = nodes.bench.now + .seconds(29)
    #expect(nodes.look(signals, readings) == [])
    nodes.bench.now = nodes.bench.now + .seconds(1)
    #expect(nodes.look(signals, readings) == ["b"])
  }

  @Test("for the disk what a pod wrote counts and not what a claim holds, for process numbers how many it has")
  func otherOrders() throws {
    var nodes = try Nodes()
    nodes.run("a", requests: ["ephemeral-storage": "1Mi"])
    nodes.run("b", requests: ["ephemeral-storage": "1Mi"])
    nodes.run("c", requests: ["ephemeral-storage": "1Ti"])
    let readings = [
      Self.reading([Self.pod("a", disk: 3 << 20, processes: 1), Self.pod("b", disk: 4 << 20), Self.pod("c", disk: 9 << 30)])
    ]
    #expect(nodes.look([Self.signals(disk: 0)], readings) == ["b"])
    #expect(nodes.plan.events.map(\.reason) == ["NodeHasDiskPressure", "EvictionThresholdMet"])
    nodes.end("b")
    #expect(nodes.look([Self.signals(processes: 9)], readings) == ["a"])
  }

  @Test("nodes that share the machine's memory end one pod between them, one that has its own ends one for itself")
  func pools() throws {
    var nodes = try Nodes("one", "two", "own")
    for (uid, node) in [("a", "one"), ("b", "two"), ("c", "own")] { nodes.run(uid, on: node) }
    let readings = [
      Self.reading("one", [Self.pod("a", memory: 5)]), Self.reading("two", [Self.pod("b", memory: 6)]),
      Self.reading("own", [Self.pod("c", memory: 1)]),
    ]
    let short = [Self.signals("one", memory: 0), Self.signals("two", memory: 0), Self.signals("own", memory: 0, own: true)]
    #expect(nodes.look(short, readings).sorted() == ["b", "c"])
    #expect(nodes.plan.changed == ["one", "two", "own"])
  }

  @Test("an evicted pod ends after a second and says why, and a Job can tell it from a failure of its own")
  func status() throws {
    var nodes = try Nodes()
    nodes.run("a", requests: ["memory": "10Mi"])
    _ = nodes.bench.taken()
    _ = nodes.look([Self.signals(memory: 50 * Self.mega)], [Self.reading([Self.pod("a", memory: 30 * Self.mega)])])
    let id = ContainerID.make(podUID: "a", name: "main", attempt: 0)
    #expect(nodes.bench.taken() == [.stopContainer(podUID: "a", containerID: id, graceSeconds: 1)])
    #expect(nodes.pod("a").status.phase == "Running" && nodes.pod("a").status.reason == nil)
    nodes.end("a")
    let status = nodes.pod("a").status
    #expect(status.phase == "Failed" && status.reason == "Evicted")
    let message =
      "The node is short of memory: 50Mi is available, and 100Mi has to be (memory.available). "
      + "Container main used 30Mi and had requested 10Mi."
    #expect(status.message == message)
    let target = status.conditions.first { $0.type == "DisruptionTarget" }
    #expect(target?.status == "True" && target?.reason == "TerminationByKubelet" && target?.message == message)
    let event = nodes.bench.events.first { $0.reason == "Evicted" }
    #expect(event?.isWarning == true && event?.message == message)
    // A control plane that starts anew keeps it as it is.
    let restarted = PodRuntime(
      nodes.bench.store.get(ObjectKey(.pods, namespace: "default", "a"))!, at: nodes.bench.now + .seconds(9))
    let again = restarted.status(nodes.bench.store, at: nodes.bench.now + .seconds(9))
    #expect(again.reason == "Evicted" && again.message == message && again.conditions.tree == status.conditions.tree)
  }

  // MARK: Who comes

  private func isRefused(_ nodes: inout Nodes, _ uid: String, requests: JSON = [:], _ more: JSON = [:]) -> Bool {
    nodes.run(uid, requests: requests, more)
    return nodes.pod(uid).status.reason == "Evicted"
  }

  @Test("a node that is short of memory takes no pod that asks for none, one that is short of disk none at all")
  func admission() throws {
    var nodes = try Nodes()
    let tolerant: JSON = ["tolerations": [["key": "node.kubernetes.io/memory-pressure", "operator": "Exists"]]]
    #expect(!isRefused(&nodes, "before"))
    _ = nodes.look([Self.signals(memory: 0)], [])
    #expect(isRefused(&nodes, "bare"))
    let status = nodes.pod("bare").status
    #expect(status.phase == "Failed" && status.message == "Pod was rejected: The node has MemoryPressure")
    #expect(!status.conditions.contains { $0.type == "DisruptionTarget" })
    #expect(!isRefused(&nodes, "burstable", requests: ["cpu": "1m"]) && !isRefused(&nodes, "tolerant", tolerant))
    _ = nodes.look([Self.signals(memory: 0, disk: 0)], [])
    #expect(isRefused(&nodes, "burstable2", requests: ["cpu": "1m"]) && isRefused(&nodes, "tolerant2", tolerant))
    #expect(!isRefused(&nodes, "critical", ["priority": 2_000_001_000]))
  }

  @Test("the pressure is said to hold for five minutes after it was there last")
  func transition() throws {
    var nodes = try Nodes()
    _ = nodes.look([Self.signals(memory: 0)], [])
    #expect(nodes.plan.changed == ["n"] && nodes.plan.events.first?.reason == "NodeHasInsufficientMemory")
    nodes.bench.now = nodes.bench.now + .seconds(200)
    _ = nodes.look([Self.signals(memory: 0)], [])
    #expect(nodes.plan.changed == [])
    nodes.bench.now = nodes.bench.now + .seconds(299)
    _ = nodes.look([Self.signals()], [])
    #expect(nodes.plan.changed == [] && nodes.bench.planner.eviction.pressures(on: "n") == [.memory])
    nodes.bench.now = nodes.bench.now + .seconds(1)
    _ = nodes.look([Self.signals()], [])
    #expect(nodes.plan.changed == ["n"] && nodes.plan.events.map(\.reason) == ["NodeHasSufficientMemory"])
    #expect(nodes.bench.planner.eviction.pressures(on: "n").isEmpty)
  }
}
