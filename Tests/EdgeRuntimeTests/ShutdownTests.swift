import EdgeAgent
import EdgeLinux
import EdgeRuntime
import Glibc
import Testing

@testable import CoreNode

@Suite(
  "Nothing is left behind", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: TestNode.isPossible, "needs root, crun and busybox-static"))
struct ShutdownTests {
  /// What there is of a cluster on this machine.
  private func remains(_ node: TestNode) throws -> [String] {
    var found: [String] = []
    for hierarchy in try Files.list("/sys/fs/cgroup") {
      for path in [hierarchy + "/wavetank-" + node.cluster, "wavetank-" + node.cluster]
      where Files.exists("/sys/fs/cgroup/" + path) {
        found.append("/sys/fs/cgroup/" + path)
      }
    }
    for process in try Files.list("/proc") where Int(process) != nil {
      guard let mounts = try? Files.readText("/proc/\(process)/mounts", limit: 1 << 24) else { continue }
      if mounts.contains(node.cluster) { found.append("mount seen by \(process)") }
    }
    for name in ["run", "logs"] where Files.exists(node.directory + "/" + name) { found.append(node.directory + "/" + name) }
    return found
  }

  @Test("shutdown ends containers that run, and takes away mounts, cgroups, networks and directories, but no volumes")
  func shutdown() async throws {
    let node = try await TestNode()
    node.perform(.createVolume(name: "pv1", capacityBytes: 1))
    try await node.startPod("pod1") { spec in
      spec.memoryLimitBytes = 64 << 20
      spec.volumes = [VolumeSpec(name: "memory", source: .emptyDir(memory: true, sizeLimitBytes: nil))]
    }
    let spec = node.container("pod1", "trap '' TERM; sleep 1000")
    try await node.start(spec)
    #expect(try !remains(node).isEmpty)
    await node.agent.shutdown()
    #expect(try await node.exit(of: spec).code == 137)
    #expect(try remains(node) == [])
    #expect(Files.isDirectory(node.directory + "/volumes/pv1"))
    try Files.remove(node.directory)
  }

  @Test("removing a sandbox frees its address and answers, also when asked again")
  func removal() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      for _ in 0..<2 {
        let start = node.observations.all.count
        node.perform(.removeSandbox(podUID: "pod1"))
        try await node.observations.first(after: start) { event -> Void? in
          if case .sandboxRemoved("pod1") = event { () } else { nil }
        }
      }
      #expect(!Files.exists(node.directory + "/run/pod1"))
      #expect(try Files.list(node.directory + "/run") == ["memory"])
    }
  }

  @Test("what a killed run left is swept away at the next start")
  func sweep() async throws {
    let cluster = Cgroup("/wavetank-sweep-\(getpid())")
    let member = "/sys/fs/cgroup/memory" + cluster.path + "/pod1"
    let group = Files.isDirectory("/sys/fs/cgroup/memory") ? member : "/sys/fs/cgroup" + cluster.path + "/pod1"
    try Files.makeDirectories(group)
    let left = try ChildProcess.start("/bin/sleep", ["1000"])
    try Files.set(group + "/cgroup.procs", "\(left.pid)")
    async let code = left.wait()
    let node = try await TestNode(reusing: "sweep-\(getpid())")
    #expect(await code == 128 + SIGKILL)
    #expect(!Files.exists(group))
    await node.close()
  }
}
