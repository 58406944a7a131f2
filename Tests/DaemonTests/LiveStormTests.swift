import CoreEngine
import CoreObjects
import EdgeHTTP
import EdgeLinux
import Foundation
import TestMachine
import Testing

@testable import Daemon

/// What of clusters there is on this machine, a line each.
private func traces() throws -> Set<String> {
  var found: Set<String> = []
  let files = FileManager.default
  func names(_ directory: String) -> [String] { (try? files.contentsOfDirectory(atPath: directory)) ?? [] }
  for hierarchy in ["/sys/fs/cgroup"] + names("/sys/fs/cgroup").map({ "/sys/fs/cgroup/" + $0 }) {
    for name in names(hierarchy) where name.hasPrefix("wavetank-") { found.insert("control group \(hierarchy)/\(name)") }
  }
  for name in names("/sys/class/net") where name.hasPrefix("wt-") { found.insert("interface \(name)") }
  for line in try Program.runHere("/usr/sbin/nft", ["list", "tables"]).output.split(separator: "\n") {
    found.insert("rules \(line)")
  }
  for line in try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n") {
    found.insert("mount \(line.split(separator: " ")[4])")
  }
  for process in names("/proc") where Int32(process) != nil {
    let parent = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8))?.split(separator: ")").last?
      .split(separator: " ").dropFirst().first
    if parent == "\(getpid())" {
      let status = ((try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? "").split(separator: "\n")
      let facts = status.filter { line in ["Name:", "State:", "NSpid:"].contains { line.hasPrefix($0) } }
      found.insert("process \(process) \(facts.joined(separator: " "))")
    }
    // A namespace with nobody in it, which a descriptor holds, shows itself as that.
    let network = try? files.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net")
    if let network { found.insert("network \(network)") }
  }
  for descriptor in names("/proc/self/fd") {
    let target = (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + descriptor)) ?? ""
    // The worker threads' mount namespace goes with the process.
    if ["net:", "uts:", "ipc:"].contains(where: target.hasPrefix) {
      found.insert("descriptor of \(target)")
    }
  }
  return found
}

@Suite(
  "A storm over nodes with real containers", .serialized, .timeLimit(.minutes(10)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct LiveStormTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["STORM_SECONDS"].flatMap { Double($0) } ?? 20
  private static let seed = environment["FIRST_SEED"].flatMap { UInt64($0) } ?? 1
  private static let podLimit = 200
  private static let pods = "/api/v1/namespaces/default/pods"
  private static let nodes = ["wavetank-control-plane", "wavetank-worker", "wavetank-worker2", "wavetank-worker3"]

  /// Pods of many kinds: with probes that hold and that do not, that crash, that are killed for memory, with volumes and several containers.
  private static func pod(_ name: String, _ random: inout RandomSource) -> JSON {
    func container(_ name: String, _ script: String, _ more: JSON = [:]) -> JSON {
      var tree: JSON = [
        "name": .string(name), "image": "tools:test", "imagePullPolicy": "Never", "command": ["sh", "-c", .string(script)],
        "resources": ["requests": ["cpu": "1m", "memory": "1Mi"], "limits": ["memory": "64Mi"]],
      ]
      for member in more.members { tree.put(member.key, member.value) }
      return tree
    }
    let probe: JSON = ["exec": ["command": ["true"]], "periodSeconds": 1]
    let failing: JSON = ["exec": ["command": ["false"]], "periodSeconds": 1, "failureThreshold": 1]
    let obeys = "trap 'exit 0' TERM; while :; do sleep 1; done"
    var spec: JSON = ["terminationGracePeriodSeconds": .int(Int64(random.below(3))), "containers": [container("main", obeys)]]
    switch random.below(10) {
    case 0: spec["containers"] = [container("main", obeys, ["readinessProbe": probe, "livenessProbe": probe])]
    case 1: spec["containers"] = [container("main", obeys, ["livenessProbe": failing])]
    case 2: spec["containers"] = [container("main", "exit 3")]
    case 3: spec["containers"] = [container("main", "head -c 100000000 /dev/zero | tail")]
    case 4:
      spec["volumes"] = [["name": "tmp", "emptyDir": ["medium": "Memory"]], ["name": "token", "downwardAPI": ["items": []]]]
      spec["containers"] = [container("main", obeys, ["volumeMounts": [["name": "tmp", "mountPath": "/t", "subPath": "a"]]])]
    case 5: spec["initContainers"] = [container("first", "sleep 0.1"), container("side", obeys, ["restartPolicy": "Always"])]
    case 6: spec["containers"] = [container("main", obeys), container("other", "sleep 1000")]
    case 7: spec["hostNetwork"] = true
    case 8: spec["restartPolicy"] = "Never"
    default: spec["shareProcessNamespace"] = true
    }
    return ["metadata": ["name": .string(name), "labels": ["app": "storm"]], "spec": spec]
  }

  @Test("nothing of it is left on the machine: no process, mount, control group, namespace, interface, rule or file")
  func storm() async throws {
    let before = try traces()
    let directory = try await play()
    // What the kernel takes away by itself it takes a moment for; what crun leaves late a cluster collects as long as it runs.
    try await wait(for: "the machine to be as before") {
      Orphans.collect()
      return try traces().subtracting(before)
    } until: {
      $0.isEmpty
    }
    try FileManager.default.removeItem(atPath: directory)
  }

  /// - Returns: the cluster's directory, once the cluster is gone
  private func play() async throws -> String {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.linksMachine = true
      $0.nodes = Self.nodes.count
    }
    let cluster = test.cluster
    _ = try cluster.perform(.packTools(name: "tools:test"))
    print("storm of \(Self.seconds) s: FIRST_SEED=\(Self.seed) STORM_SECONDS=\(Self.seconds) make test FILTER=LiveStormTests")
    var random = RandomSource(seed: Self.seed)
    var made = 0
    var refused: [String: Int] = [:]
    func ask(_ method: HTTPMethod, _ path: String, _ body: JSON, _ type: String = "application/json") async {
      let answer = await cluster.answer(method, path, contentType: type, body: body.encoded())
      if answer.status >= 500 { refused["\(method.rawValue) \(answer.status)", default: 0] += 1 }
    }
    func present() -> [String] { cluster.host.read { $0.store.list(.pods).map(\.key.name) } }
    let end = ContinuousClock.now + .seconds(Self.seconds)
    while ContinuousClock.now < end {
      let names = present()
      let name = names.isEmpty ? "none" : names[random.below(names.count)]
      let path = Self.pods + "/" + name
      switch random.below(20) {
      case 0..<9 where names.count < Self.podLimit:
        made += 1
        await ask(.post, Self.pods, Self.pod("p\(made)", &random))
      case 9..<12: await ask(.delete, path, ["gracePeriodSeconds": .int(Int64(random.below(3)))])
      case 12:
        await ask(
          .post, path + "/eviction", ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(name)]])
      case 13:
        let memory = "\(32 + random.below(64))Mi"
        await ask(
          .patch, path + "/resize",
          ["spec": ["containers": [["name": "main", "resources": ["limits": ["memory": .string(memory)]]]]]],
          "application/strategic-merge-patch+json")
      case 14:
        await ask(
          .patch, path + "/ephemeralcontainers",
          [
            "spec": [
              "ephemeralContainers": [
                ["name": .string("debug\(random.below(9))"), "image": "tools:test", "command": ["sleep", "0.2"]]
              ]
            ]
          ], "application/strategic-merge-patch+json")
      case 15:
        await ask(
          .post, "/api/v1/namespaces/default/services",
          [
            "metadata": ["name": .string("s\(made)")],
            "spec": ["type": "NodePort", "selector": ["app": "storm"], "ports": [["port": 80]]],
          ])
      case 16 where random.below(8) == 0:
        let node = Self.nodes[1 + random.below(Self.nodes.count - 1)]
        if (try? await cluster.perform(.stop(name: node))) != nil {
          try await Task.sleep(for: .milliseconds(random.below(400)))
          _ = try await cluster.perform(.start(name: node))
        }
      case 17 where random.below(8) == 0:
        if let node = try? await cluster.perform(.add(name: nil, size: nil)).first?.split(separator: " ").first {
          try await Task.sleep(for: .milliseconds(random.below(400)))
          _ = try await cluster.perform(.remove(name: String(node)))
        }
      default: try await Task.sleep(for: .milliseconds(random.below(20)))
      }
    }
    #expect(refused.isEmpty, "\(refused)")
    #expect(made > 20)
    await ask(.delete, Self.pods, [:])
    try await wait(for: "all \(made) pods to be gone", { present() }, until: \.isEmpty)
    // A pod's directory goes after its object where that was deleted at once.
    try await wait(for: "the directories of all pods to be gone") {
      try FileManager.default.contentsOfDirectory(atPath: test.directory + "/run").filter { $0 != "memory" }
    } until: {
      $0.isEmpty
    }
    await cluster.stop()
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: test.directory)).isDisjoint(with: ["run", "logs"]))
    return test.directory
  }
}
