import Foundation
import TestMachine
import Testing

/// The program with containers, as a user runs it.
@Suite(
  "wavetank up with containers", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox-static and kubectl"))
struct ContainerTests {
  let directory: String
  /// An argument by which the container's process is known among all of the machine.
  let seconds = "\(Int.random(in: 1_000_000...9_000_000))"

  init() throws { directory = try temporaryDirectory() }

  private func up() async throws -> Program {
    let cluster = try Program(UpTests.wavetank, ["up", "--port", "0", "--data-dir", directory])
    try await cluster.waitForOutput("export KUBECONFIG")
    return cluster
  }

  private func wavetank(_ words: String...) async throws {
    let outcome = try await Program.run(UpTests.wavetank, words + ["--data-dir", directory])
    #expect(outcome.status == 0, "\(words): \(outcome.errors)")
  }

  private func kubectl(_ words: String...) async throws -> String {
    let outcome = try await DaemonTests.kubectl(words, directory: directory)
    #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    return outcome.output
  }

  /// Makes a pod that says hello and sleeps, and waits until it runs.
  private func startPod() async throws {
    try await wavetank("image", "pack", "sleeper:1", "/bin/busybox")
    try await wavetank("load", "docker-image", "sleeper:1")
    let file = directory + "/pod.yaml"
    try """
    apiVersion: v1
    kind: Pod
    metadata: {name: sleeper}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: sleeper:1
        command: [sh, -c, "echo hello; exec sleep \(seconds)"]
    """.write(toFile: file, atomically: true, encoding: .utf8)
    _ = try await kubectl("create", "-f", file)
    _ = try await kubectl("wait", "--for=condition=Ready", "--timeout=30s", "pod/sleeper")
  }

  /// The container's processes.
  private var processes: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return false }
      return String(decoding: line, as: UTF8.self) == "sleep\0\(seconds)\0"
    }
  }

  /// What the data directory has mounted.
  private var mounts: [Substring] {
    let table = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
    return String(decoding: table, as: UTF8.self).split(separator: "\n").filter { $0.contains(directory) }
  }

  @Test("a pod runs, logs and is entered; SIGTERM ends its container and takes its mounts away")
  func stops() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try await up()
    try await startPod()
    #expect(try await kubectl("logs", "sleeper") == "hello\n")
    #expect(try await kubectl("exec", "sleeper", "--", "hostname") == "sleeper\n")
    #expect(processes.count == 1)
    cluster.kill(SIGTERM)
    let outcome = try await cluster.outcome()
    #expect(outcome.status == 0, "\(outcome)")
    #expect(processes == [])
    #expect(mounts == [])
  }

  @Test("after kill -9 the next start sweeps the containers away and runs the pod again")
  func sweeps() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try await up()
    try await startPod()
    let before = processes
    first.kill()
    #expect(try await first.outcome().status == SIGKILL)
    let second = try await up()
    // The old container is gone once the cluster is up; the pod's next one says hello again.
    #expect(before.count == 1 && processes.filter(before.contains) == [])
    _ = try await kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "--timeout=30s", "pod/sleeper")
    _ = try await kubectl("wait", "--for=condition=Ready", "--timeout=30s", "pod/sleeper")
    #expect(try await kubectl("logs", "sleeper") == "hello\n")
    #expect(processes.count == 1)
    second.kill(SIGTERM)
    #expect(try await second.outcome().status == 0)
    #expect(processes == [])
  }
}
