import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

@Suite("How a cluster comes up and ends", .timeLimit(.minutes(2)))
struct UpAndDownTests {
  private static let apart = ["up", "--port", "0", "--without-containers"]

  /// In the foreground, with words before its own.
  private func foreground(_ cluster: LocalCluster, by words: [String] = []) async throws -> Program {
    let program = try cluster.start(Self.apart, by: words)
    try await program.waitForOutput("The cluster is up")
    return program
  }

  @Test("a terminal that goes ends a cluster in order, also when it says so twice")
  func hangup() async throws {
    let cluster = try LocalCluster()
    let program = try await foreground(cluster)
    for _ in 0..<2 { try cluster.process("wavetank.pid").send(SIGHUP) }
    let outcome = try await program.outcome()
    #expect(outcome.status == 0 && outcome.output.hasSuffix("Stopping.\n"), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: cluster.data + "/wavetank.pid"))
  }

  @Test("one that nohup has started outlives its terminal")
  func nohup() async throws {
    let cluster = try LocalCluster()
    let program = try await foreground(cluster, by: ["/usr/bin/nohup"])
    try cluster.process("wavetank.pid").send(SIGHUP)
    #expect(try await cluster.wavetank("status").contains("A cluster is running"))
    try await cluster.wavetank("down")
    #expect(try await program.outcome().status == 0)
  }

  @Test("of two at once one comes up, and each says its own")
  func together() async throws {
    let cluster = try LocalCluster()
    let both = try (0..<2).map { _ in try cluster.start(Self.apart + ["--detach"]) }
    var outcomes: [Program.Outcome] = []
    for program in both { outcomes.append(try await program.outcome()) }
    outcomes.sort { $0.status < $1.status }
    #expect(outcomes[0].status == 0 && outcomes[0].errors.isEmpty, "\(outcomes)")
    #expect(outcomes[0].output.split(separator: "\n").count == 1, "\(outcomes)")
    #expect(outcomes[1].status == 3 && outcomes[1].errors.contains("is in use"), "\(outcomes)")
    try await cluster.wavetank("down")
    #expect(try FileManager.default.contentsOfDirectory(atPath: cluster.data).filter { $0.hasSuffix(".log") } == ["wavetank.log"])
  }

  @Test(
    "a data directory may have a name of any length",
    .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
  func deep() async throws {
    let cluster = try LocalCluster(data: (0..<8).map { _ in String(repeating: "d", count: 40) }.joined(separator: "/"))
    try await cluster.up()
    try await cluster.wavetank("image", "pack-tools", "tools:test")
    try await cluster.kubectl("run one --image=tools:test --command -- sleep infinity")
    try await cluster.kubectl("wait pod one --for=condition=Ready --timeout=30s")
    #expect(try await cluster.kubectl("exec -t one -- echo word").contains("word"))
    let group = try cluster.group
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }

  @Test(
    "a second deletion with less grace shortens the first",
    .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
  func shorterGrace() async throws {
    let cluster = try LocalCluster()
    try await cluster.up()
    try await cluster.wavetank("image", "pack-tools", "tools:test")
    try await cluster.apply(
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: deaf}
      spec:
        terminationGracePeriodSeconds: 3600
        containers:
        - {name: main, image: "tools:test", command: [/bin/bash, -c, "trap 'echo asked' TERM; while :; do sleep 0.1; done"]}
      """)
    try await cluster.kubectl("wait pod deaf --for=condition=Ready --timeout=30s")
    try await cluster.kubectl("delete pod deaf --wait=false")
    try await cluster.eventually("it is asked") { try await cluster.kubectl("logs deaf") == "asked\n" }
    try await cluster.kubectl("delete pod deaf --grace-period=1 --timeout=60s")
    try await cluster.wavetank("down")
  }
}
