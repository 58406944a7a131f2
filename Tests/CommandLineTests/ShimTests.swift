import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

@Suite(
  "A shim that ends under its daemon", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct ShimTests {
  private let cluster: LocalCluster

  init() throws { cluster = try LocalCluster() }

  private func pod(_ name: String, policy: String = "Always", more: String = "") -> String {
    """
    apiVersion: v1
    kind: Pod
    metadata: {name: \(name)}
    spec:
      restartPolicy: \(policy)
      terminationGracePeriodSeconds: 0
      \(more)
      containers:
      - {name: main, image: "tools:test", stdin: true, command: [/bin/bash, -c, "echo begun; exec sleep infinity"]}
    ---

    """
  }

  private var manifests: String {
    pod("always") + pod("never", policy: "Never") + pod("onfailure", policy: "OnFailure")
      + pod("ofnode", more: "hostNetwork: true") + pod("sharing", more: "shareProcessNamespace: true") + """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: tools:test
                command: [/bin/bash, -c, "echo x >> /data/starts; exec sleep infinity"]
                volumeMounts: [{name: data, mountPath: /data}, {name: memory, mountPath: /memory}]
              volumes: [{name: memory, emptyDir: {medium: Memory}}]
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
        """
  }

  private func begin() async throws -> String {
    try await cluster.up()
    try await cluster.wavetank("image", "pack-tools", "tools:test")
    try await cluster.apply(manifests)
    try await cluster.kubectl("rollout status statefulset db --timeout=60s")
    try await cluster.kubectl("wait pods --all --for=condition=Ready --timeout=60s")
    return try cluster.group
  }

  private func restarts(_ pod: String) async throws -> String {
    try await cluster.field(pod, ".status.containerStatuses[0].restartCount")
  }

  private func expectRestarted(_ pod: String, times: Int) async throws {
    try await cluster.eventually("\(pod) is Ready after \(times) restart(s)") {
      try await cluster.kubectl(
        "get pod \(pod) -o jsonpath={.status.containerStatuses[0].restartCount}{.status.containerStatuses[0].ready}")
        == "\(times)true"
    }
    let ended = ".status.containerStatuses[0].lastState.terminated"
    #expect(try await cluster.field(pod, ended + ".exitCode") == "255")
    #expect(try await cluster.field(pod, ended + ".reason") == "Unknown")
  }

  @Test(
    "another one comes: pods start again by their policies in their places, whoever looked hears of it, and a kill is outlived")
  func renewed() async throws {
    let group = try await begin()
    try await cluster.kubectl("exec db-0 -- /bin/bash -c echo>/memory/kept")
    let address = try await cluster.field("always", ".status.podIP")
    let looking = try ["exec always -- sleep infinity", "attach -i always", "logs -f always"].map(cluster.startKubectl)
    try await Task.sleep(for: .seconds(1))
    let before = try cluster.shim
    cluster.kill(before)
    let restarted = ["always", "onfailure", "ofnode", "sharing", "db-0"]
    for pod in restarted { try await expectRestarted(pod, times: 1) }
    let ends = try await looking.asyncMap { try await $0.outcome() }
    #expect(ends[0].status == 137 && ends[1].status != 0 && ends[1].errors.contains("the shim of the containers"), "\(ends)")
    #expect(ends[2].status == 0 && ends[2].output == "begun\n", "\(ends)")
    #expect(try await cluster.field("never", ".status.phase") == "Failed")
    #expect(try await cluster.field("never", ".status.containerStatuses[0].state.terminated.exitCode") == "255")
    // The sandbox is the same.
    #expect(try await cluster.field("always", ".status.podIP") == address)
    #expect(try await cluster.kubectl("exec db-0 -- cat /data/starts /memory/kept") == "x\nx\n\n")
    let status = try await cluster.wavetank("status")
    #expect(status.contains("The shim of its containers has ended 1 time(s)"), "\(status)")
    let log = try String(contentsOfFile: cluster.data + "/wavetank.log", encoding: .utf8)
    #expect(log.contains("the shim of the containers (process \(before.pid)) has ended"), "\(log)")

    // What outlives the daemon is what the new one has.
    try cluster.killDaemon()
    #expect(try await cluster.up().contains("pod(s)"))
    for pod in restarted { #expect(try await restarts(pod) == "1", "\(pod)") }
    #expect(try await cluster.kubectl("exec db-0 -- cat /memory/kept") == "\n")
    try await cluster.kubectl("run later --image=tools:test --command -- sleep infinity")
    try await cluster.kubectl("wait pod later --for=condition=Ready --timeout=30s")
    // And the next daemon sees the end of one that it has not started.
    cluster.kill(try cluster.shim)
    try await expectRestarted("later", times: 1)
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }

  @Test("pods that are created while it ends come up, and pods that are deleted then go")
  func underWay() async throws {
    let group = try await begin()
    try await cluster.kubectl("create deployment web --image=tools:test --replicas=20 -- sleep infinity")
    let deletion = try cluster.startKubectl("delete pod always never onfailure ofnode sharing")
    let first = try cluster.shim
    cluster.kill(first)
    try await cluster.eventually("there is another shim") { (try? cluster.shim.pid).map { $0 != first.pid } ?? false }
    cluster.kill(try cluster.shim)
    #expect(try await deletion.outcome().status == 0)
    try await cluster.kubectl("rollout status deployment web --timeout=90s")
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }

  @Test("one that was stopped does not keep 'down' from its end")
  func stopped() async throws {
    let group = try await begin()
    try cluster.shim.send(SIGSTOP)
    try await cluster.wavetank("down")
    #expect(try cluster.traces(group: group) == [])
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
    var all: [Value] = []
    for element in self { all.append(try await transform(element)) }
    return all
  }
}
