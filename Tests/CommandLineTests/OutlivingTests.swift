import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite(
  "A daemon that is killed under its containers", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct OutlivingTests {
  private let cluster: LocalCluster

  init() throws { cluster = try LocalCluster() }

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
      volumes: [{name: flags, hostPath: {path: \(cluster.folder)/flags}}]
    """
  }

  private func begin() async throws {
    try await cluster.up()
    try await cluster.wavetank("image", "pack-tools", "tools:test")
    try await cluster.apply(manifests)
    try await cluster.kubectl("wait pods --all --for=condition=Ready --timeout=60s")
  }

  private func identity(_ pod: String) async throws -> String {
    try await cluster.kubectl(
      "get pod \(pod) -o jsonpath={.metadata.uid}/{.status.podIP}/{.status.containerStatuses[0].containerID}/"
        + "{.status.containerStatuses[0].restartCount}/{.status.containerStatuses[0].ready}")
  }

  private func numbers() async throws -> [Int] {
    try await cluster.kubectl("logs counter").split(separator: "\n").compactMap { Int($0) }
  }

  @Test("containers go on: their identity, their logs without a gap, the exit codes of those that ended meanwhile; exec works")
  func goOn() async throws {
    try await begin()
    let group = try cluster.group
    try await cluster.kubectl("exec counter -- /bin/bash -c echo>/memory/kept")
    let counter = try await identity("counter")
    try cluster.killDaemon()
    let last = try #require(lastNumber())
    try Data().write(to: URL(fileURLWithPath: cluster.folder + "/flags/go"))
    while try #require(lastNumber()) < last + 20 {}
    let status = try await cluster.run(["status"])
    #expect(status.status == 1 && status.output.contains("Its containers go on"), "\(status)")
    // The other one has ended.
    #expect(try await cluster.up().contains("1 pod(s) of the cluster that was killed have gone on"))
    try await cluster.kubectl("wait pod ender --for=jsonpath={.status.phase}=Failed --timeout=30s")
    #expect(try await cluster.field("ender", ".status.containerStatuses[0].state.terminated.exitCode") == "7")
    #expect(try await cluster.kubectl("logs ender") == "last word\n")
    #expect(try await identity("counter") == counter)
    let all = try await numbers()
    #expect(all == Array(0..<all.count) && all.count > last + 20)
    #expect(try await cluster.kubectl("exec counter -- ls /memory") == "kept\n")
    try await cluster.kubectl("delete pod counter ender")
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }

  /// From the file, since nobody answers.
  private func lastNumber() -> Int? {
    let logs = FileManager.default.enumerator(atPath: cluster.data + "/logs")?.compactMap { $0 as? String } ?? []
    return logs.filter { $0.hasSuffix(".log") }.compactMap { name in
      let text = (try? String(contentsOfFile: cluster.data + "/logs/" + name, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").last.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }.max()
  }

  @Test("at another speed they are started anew, and a cluster without containers leaves none: both are told or seen")
  func elsewise() async throws {
    try await begin()
    let group = try cluster.group
    let counter = try await identity("counter")
    try cluster.killDaemon()
    let told = try await cluster.up("--speed", "2")
    #expect(told.contains("time runs at 1.0x: they are started anew"), "\(told)")
    try await cluster.kubectl("wait pod counter --for=condition=Ready --timeout=30s")
    #expect(try await identity("counter") != counter)
    let refused = try await cluster.run(["image", "rm", "tools:test"])
    #expect(refused.status == 3 && refused.errors.contains("is used by a container"), "\(refused)")
    let missing = try await cluster.run(["image", "rm", "none:1"])
    #expect(missing.status == 3, "\(missing)")
    try cluster.killDaemon()
    try await cluster.wavetank("up", "--detach", "--port", "0", "--without-containers")
    #expect(try cluster.traces(group: group).filter { $0.hasPrefix("/sys") } == [])
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }

  @Test("'down' ends them, too, and leaves nothing")
  func downAfterwards() async throws {
    try await begin()
    let group = try cluster.group
    try cluster.killDaemon()
    #expect(try cluster.traces(group: group) != [])
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }
}
