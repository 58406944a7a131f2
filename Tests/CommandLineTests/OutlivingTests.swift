import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

@Suite(
  "A daemon that is killed under its containers", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct OutlivingTests {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"

  private let folder: String
  private var data: String { folder + "/data" }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder + "/flags", withIntermediateDirectories: true)
  }

  /// One that counts, beside one that ends when it is told to: by a file, so that nobody has to be there.
  private var manifests: String {
    """
    apiVersion: v1
    kind: Pod
    metadata: {name: counter}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: tools:test
        command: [/bin/bash, -c, "i=0; while :; do echo $((i++)); sleep 0.05; done"]
        volumeMounts: [{name: memory, mountPath: /memory}]
      volumes: [{name: memory, emptyDir: {medium: Memory}}]
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: ender}
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: tools:test
        command: [/bin/bash, -c, "until [ -e /flags/go ]; do sleep 0.05; done; echo last word; exit 7"]
        volumeMounts: [{name: flags, mountPath: /flags}]
      volumes: [{name: flags, hostPath: {path: \(folder)/flags}}]
    """
  }

  @discardableResult
  private func wavetank(_ words: String...) async throws -> String {
    let outcome = try await Program.run(Self.wavetank, words + ["--data-dir", data], environment: ["HOME": folder])
    #expect(outcome.status == 0, "\(words): \(outcome)")
    return outcome.output + outcome.errors
  }

  private func kubectl(_ line: String) async throws -> String {
    let words = ["--kubeconfig", data + "/kubeconfig"] + line.split(separator: " ").map(String.init)
    let outcome = try await Program.run(Kubectl.newest, words)
    #expect(outcome.status == 0, "\(line): \(outcome)")
    return outcome.output
  }

  private func up() async throws -> String { try await wavetank("up", "--detach", "--port", "0", "--isolated") }

  private func begin() async throws {
    _ = try await up()
    try await wavetank("image", "pack-tools", "tools:test")
    try manifests.write(toFile: folder + "/pods.yaml", atomically: true, encoding: .utf8)
    _ = try await kubectl("apply -f \(folder)/pods.yaml")
    _ = try await kubectl("wait pods --all --for=condition=Ready --timeout=60s")
  }

  /// SIGKILL, and no word more.
  private func killDaemon() throws {
    let text = try String(contentsOfFile: data + "/wavetank.pid", encoding: .utf8)
    let process = try ChildProcess(adopting: try #require(Int32(text.prefix { $0.isNumber })))
    process.send(SIGKILL)
    #expect(process.hasEnded(within: 10_000))
  }

  private func identity(_ pod: String) async throws -> String {
    try await kubectl(
      "get pod \(pod) -o jsonpath={.metadata.uid}/{.status.podIP}/{.status.containerStatuses[0].containerID}/"
        + "{.status.containerStatuses[0].restartCount}/{.status.containerStatuses[0].ready}")
  }

  private func numbers() async throws -> [Int] {
    try await kubectl("logs counter").split(separator: "\n").compactMap { Int($0) }
  }

  /// What a cluster of the directory has on the machine.
  private func traces() throws -> [String] {
    let groups = try FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup/memory").filter { $0.hasPrefix("wavetank-") }
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8))?.contains("containers-shim") == true
    }
    return groups + processes + (FileManager.default.fileExists(atPath: data + "/run") ? ["run"] : [])
  }

  @Test("containers go on: their identity, their logs without a gap, the exit codes of those that ended meanwhile; exec works")
  func goOn() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let before = try traces()
    try await begin()
    _ = try await kubectl("exec counter -- /bin/bash -c echo>/memory/kept")
    let counter = try await identity("counter")
    try killDaemon()
    let last = try #require(try await lastNumber())
    try Data().write(to: URL(fileURLWithPath: folder + "/flags/go"))
    while try #require(try await lastNumber()) < last + 20 {}
    #expect(try await up().contains("2 pod(s)"))
    _ = try await kubectl("wait pod ender --for=jsonpath={.status.phase}=Failed --timeout=30s")
    let code = try await kubectl("get pod ender -o jsonpath={.status.containerStatuses[0].state.terminated.exitCode}")
    #expect(code == "7")
    #expect(try await kubectl("logs ender") == "last word\n")
    #expect(try await identity("counter") == counter)
    let all = try await numbers()
    #expect(all == Array(0..<all.count) && all.count > last + 20)
    #expect(try await kubectl("exec counter -- ls /memory") == "kept\n")
    _ = try await kubectl("delete pod counter ender")
    _ = try await wavetank("down")
    #expect(try traces().sorted() == before.sorted())
  }

  /// From the file, since nobody answers.
  private func lastNumber() async throws -> Int? {
    let logs = FileManager.default.enumerator(atPath: data + "/logs")?.compactMap { $0 as? String } ?? []
    return logs.filter { $0.hasSuffix(".log") }.compactMap { name in
      let text = (try? String(contentsOfFile: data + "/logs/" + name, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").last.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }.max()
  }

  @Test("at another speed they are started anew, and a cluster without containers leaves none: both are told or seen")
  func elsewise() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let before = try traces()
    try await begin()
    let counter = try await identity("counter")
    try killDaemon()
    let told = try await wavetank("up", "--detach", "--port", "0", "--isolated", "--speed", "2")
    #expect(told.contains("time runs at 1.0x: they are started anew"), "\(told)")
    _ = try await kubectl("wait pod counter --for=condition=Ready --timeout=30s")
    #expect(try await identity("counter") != counter)
    let refused = try await Program.run(Self.wavetank, ["image", "rm", "tools:test", "--data-dir", data])
    #expect(refused.status == 3 && refused.errors.contains("is used by a container"), "\(refused)")
    let missing = try await Program.run(Self.wavetank, ["image", "rm", "none:1", "--data-dir", data])
    #expect(missing.status == 3, "\(missing)")
    try killDaemon()
    try await wavetank("up", "--detach", "--port", "0", "--without-containers")
    #expect(try traces().sorted() == before.sorted())
    try await wavetank("down")
  }

  @Test("'down' ends them, too, and leaves nothing")
  func downAfterwards() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let before = try traces()
    try await begin()
    try killDaemon()
    #expect(try traces() != before)
    _ = try await wavetank("down")
    #expect(try traces().sorted() == before.sorted())
  }
}
