import CoreObjects
import EdgeAgent
import EdgeLinux
import EdgeRuntime
import Glibc
import Testing

@testable import CoreNode

@Suite(
  "Pods on a real node", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: TestNode.isPossible, "needs root, crun and busybox-static"))
struct PodTests {
  @Test("containers of a pod share its volumes; a configMap's files change at once and only there")
  func volumes() async throws {
    try await TestNode.with { node in
      node.perform(.createVolume(name: "pv1", capacityBytes: 1 << 20))
      try await node.startPod("pod1") { spec in
        spec.fsGroup = 77
        spec.volumes = [
          VolumeSpec(name: "scratch", source: .emptyDir(memory: false, sizeLimitBytes: nil)),
          VolumeSpec(name: "memory", source: .emptyDir(memory: true, sizeLimitBytes: 1 << 20)),
          VolumeSpec(
            name: "files",
            source: .files([VolumeFile(path: "key", content: Array("old".utf8)), VolumeFile(path: "gone", content: [])])),
          VolumeSpec(name: "data", source: .persistent(volumeName: "pv1", readOnly: false)),
        ]
      }
      var writer = node.container(
        "pod1",
        "echo hello > /scratch/file; echo kept > /data/sub/file; df /memory | tail -n1 | awk '{print $2}'; ls -ln /data | grep sub | awk '{print $4}'"
      )
      writer.mounts = [
        MountSpec(volume: "scratch", path: "/scratch"), MountSpec(volume: "memory", path: "/memory"),
        MountSpec(volume: "data", path: "/data"),
      ]
      writer.mounts[2].path = "/data"
      var subPath = MountSpec(volume: "data", path: "/sub")
      subPath.subPath = "sub"
      writer.mounts.append(subPath)
      #expect(try await node.run(writer).code == 0)
      #expect(try node.log(writer) == ["stdout F 1024", "stdout F 77"])
      #expect(try Files.readText(node.directory + "/volumes/pv1/sub/file") == "kept\n")

      var reader = node.container("pod1", "touch /tmp/ready; sleep 1000", attempt: 1)
      reader.name = "reader"
      reader.mounts = [MountSpec(volume: "scratch", path: "/scratch"), MountSpec(volume: "files", path: "/files")]
      try await node.start(reader)
      #expect(
        try await node.exec(reader, "[ $(cat /scratch/file) = hello ] && [ $(cat /files/key) = old ] && [ -e /files/gone ]") == 0)
      #expect(try await node.exec(reader, "echo x > /files/key") != 0)
      node.perform(.writeVolume(podUID: "pod1", volume: "files", files: [VolumeFile(path: "key", content: Array("new".utf8))]))
      #expect(try await node.exec(reader, "until [ $(cat /files/key) = new ]; do sleep 0.01; done; [ ! -e /files/gone ]") == 0)
    }
  }

  @Test("directories and files of volumes have the modes that kubelet gives them, with a group and without")
  func modes() async throws {
    try await TestNode.with { node in
      let files = VolumeSource.files([
        VolumeFile(path: "open", content: []), VolumeFile(path: "closed", content: [], mode: 0o400),
        VolumeFile(path: "token", content: [], mode: 0o600),
      ])
      for group in [nil, 77] {
        let pod = group == nil ? "pod1" : "pod2"
        try await node.startPod(pod) { spec in
          spec.fsGroup = group
          spec.volumes = [
            VolumeSpec(name: "e", source: .emptyDir(memory: false, sizeLimitBytes: nil)), VolumeSpec(name: "f", source: files),
          ]
        }
        var spec = node.container(pod, "stat -L -c '%a %g' /e /f /f/open /f/closed /f/token /absent")
        spec.mounts = [MountSpec(volume: "e", path: "/e"), MountSpec(volume: "f", path: "/f")]
        var subPath = MountSpec(volume: "f", path: "/absent")
        subPath.subPath = "no/key"
        spec.mounts.append(subPath)
        #expect(try await node.run(spec).code == 0)
        let told = try node.log(spec).map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") }
        #expect(
          told
            == (group == nil
              ? ["777 0", "777 0", "644 0", "400 0", "600 0", "777 0"]
              : ["2777 77", "2777 77", "644 77", "440 77", "640 77", "2777 77"]))
      }
    }
  }

  @Test("a pod that has written more than a limit allows is told of: in a volume, in a container, in its log, all together")
  func storageLimits() async throws {
    try await TestNode.with { node in
      let files: [(String, String, StorageLimits, Int64?)] = [
        ("volume", "head -c 3000000 /dev/zero > /e/file", StorageLimits(), 1 << 20),
        ("container", "head -c 3000000 /dev/zero > /file", StorageLimits(pod: 9 << 20, containers: ["main": 1 << 20]), nil),
        ("log", "head -c 3000000 /dev/zero | tr '\\0' 'x'", StorageLimits(pod: 9 << 20, containers: ["main": 1 << 20]), nil),
        ("pod", "head -c 3000000 /dev/zero > /e/file", StorageLimits(pod: 1 << 20), nil),
        ("none", "head -c 3000000 /dev/zero > /e/file", StorageLimits(pod: 9 << 20), nil),
      ]
      for (pod, script, limits, volumeLimit) in files {
        try await node.startPod(pod) { spec in
          spec.storage = limits
          spec.volumes = [VolumeSpec(name: "e", source: .emptyDir(memory: false, sizeLimitBytes: volumeLimit))]
        }
        var spec = node.container(pod, script)
        spec.mounts = [MountSpec(volume: "e", path: "/e")]
        #expect(try await node.run(spec).code == 0)
      }
      node.agent.checkStorage()
      for (pod, _, _, _) in files where pod != "none" {
        _ = try await node.observations.first { event in
          if case .storageExceeded(pod, let message) = event { message } else { nil }
        }
      }
      // Commands of one pod are carried out in order, and what was to be said of it has been said by then.
      node.perform(.removeSandbox(podUID: "none"))
      _ = try await node.observations.first { if case .sandboxRemoved("none") = $0 { true } else { nil } }
      #expect(!node.observations.all.contains { if case .storageExceeded("none", _) = $0 { true } else { false } })
    }
  }

  @Test("a pod has no more processes than it may, and its neighbour has its own")
  func processLimit() async throws {
    try await TestNode.with(podProcessLimit: 20) { node in
      try await node.startPod("pod1")
      try await node.startPod("pod2")
      let neighbour = node.container("pod2", "exec sleep 1000")
      try await node.start(neighbour)
      let greedy = node.container("pod1", "for i in $(seq 40); do sleep 1000 & done")
      #expect(try await node.run(greedy).code != 0)
      #expect(try node.log(greedy).contains { $0.contains("can't fork") })
      #expect(try await node.exec(neighbour, "true") == 0)
    }
  }

  @Test("a container is ended where memory is short as soon as it is to be")
  func oomScore() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      var spec = node.container("pod1", "cat /proc/self/oom_score_adj; exec sleep 1000")
      spec.oomScoreAdjustment = 871
      try await node.start(spec)
      #expect(
        try await node.exec(spec, "[ $(cat /proc/1/oom_score_adj) = 871 ]") == 0)
    }
  }

  @Test("containers of a pod can share their processes, and what one leaves behind ends with it")
  func sharedProcesses() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1") { $0.processes = .ofPod }
      let other = node.container("pod1", "sleep 1001 & exec sleep 1002")
      try await node.start(other)
      var spec = node.container(
        "pod1", "until ps | grep -q '[s]leep 1001'; do sleep 0.01; done; sleep 1003 & echo $$", attempt: 1)
      spec.name = "second"
      #expect(try await node.run(spec).code == 0)
      #expect(try node.log(spec) != ["stdout F 1"])
      #expect(try await node.exec(other, "! ps | grep -q '[s]leep 1003'") == 0)
      node.perform(.stopContainer(podUID: "pod1", containerID: other.containerID, graceSeconds: 0))
      #expect(try await node.exit(of: other).code == 137)
    }
  }

  @Test("short containers that share their pod's processes are told with their own exit codes, however many end at once")
  func shortSharers() async throws {
    try await TestNode.with { node in
      let codes = try await withThrowingTaskGroup(of: Int.self) { tasks in
        for number in 0..<24 {
          tasks.addTask {
            let pod = "pod\(number)"
            node.perform(.startSandbox(node.sharing(pod)))
            let spec = node.container(pod, "exit 3")
            return try await node.run(spec).code
          }
        }
        return try await tasks.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(codes == [Int](repeating: 3, count: 24))
    }
  }

  @Test("containers of a pod share their host name, their queues and /dev/shm, with no other pod")
  func sharedMemory() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      try await node.startPod("pod2")
      let script =
        "ls -l /proc/self/ns | grep -E ' (uts|ipc) ' | sed 's/.*-> //'; hostname; cat /dev/shm/x; date +%s > /dev/shm/x"
      var (first, second) = (node.container("pod1", script), node.container("pod1", script, attempt: 1))
      var other = node.container("pod2", script)
      (first.terminationMessageFromLog, second.terminationMessageFromLog, other.terminationMessageFromLog) = (true, true, true)
      for spec in [first, second, other] { #expect(try await node.run(spec).code == 0) }
      func said(_ spec: ContainerSpec) throws -> [String] {
        try node.log(spec).filter { $0.hasPrefix("stdout ") }
      }
      #expect(try said(first).count == 3 && said(second).count == 4 && said(other).count == 3)
      #expect(try said(first).prefix(3) == said(second).prefix(3))
      #expect(try Set(said(first)).isDisjoint(with: said(other)))
    }
  }

  @Test("the group of a persistent volume's files stays as it is where only a mismatch of the top directory counts")
  func ownership() async throws {
    try await TestNode.with { node in
      node.perform(.createVolume(name: "pv", capacityBytes: 1))
      _ = try await node.observations.first { if case .volumeCreated("pv", _) = $0 { true } else { nil } }
      var attempt = 0
      func groups(_ group: Int, keeps: Bool, _ script: String) async throws -> [String] {
        attempt += 1
        try await node.startPod("pod\(attempt)") {
          $0.fsGroup = group
          $0.keepsOwnership = keeps
          $0.volumes = [VolumeSpec(name: "v", source: .persistent(volumeName: "pv", readOnly: false))]
        }
        var spec = node.container("pod\(attempt)", script + "; stat -c %g /v /v/*")
        spec.mounts = [MountSpec(volume: "v", path: "/v")]
        #expect(try await node.run(spec).code == 0)
        return try node.log(spec).map { String($0.split(separator: " ").last ?? "") }
      }
      #expect(try await groups(7, keeps: true, "touch /v/a; chgrp 9 /v/a") == ["7", "9"], "the top was another's")
      #expect(try await groups(7, keeps: true, "true") == ["7", "9"])
      #expect(try await groups(7, keeps: false, "chgrp 9 /v/a") == ["7", "9"])
      #expect(try await groups(7, keeps: false, "true") == ["7", "7"])
      #expect(try await groups(8, keeps: true, "true") == ["8", "8"])
    }
  }

  @Test("parameters of the kernel hold for the pod, its user has all groups, and a terminal's lines end as others do")
  func surroundings() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1") { spec in
        spec.fsGroup = 2000
        spec.sysctls = [EnvironmentVariable(name: "net.ipv4.ip_unprivileged_port_start", value: "7")]
      }
      var spec = node.container("pod1", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; id -G; tty")
      spec.terminal = true
      spec.security.supplementalGroups = [3000]
      #expect(try await node.run(spec).code == 0)
      #expect(try node.log(spec) == ["stdout F 7", "stdout F 0 2000 3000", "stdout F /dev/pts/0"])
    }
  }

  @Test("a subPath cannot lead out of its volume, nor a volume's name out of its directory")
  func escape() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1") { spec in
        spec.volumes = [VolumeSpec(name: "scratch", source: .emptyDir(memory: false, sizeLimitBytes: nil))]
      }
      var linker = node.container("pod1", "ln -s / /scratch/root")
      linker.mounts = [MountSpec(volume: "scratch", path: "/scratch")]
      #expect(try await node.run(linker).code == 0)
      var user = node.container("pod1", "ls /sub/etc/machine-id", attempt: 1)
      user.mounts = [MountSpec(volume: "scratch", path: "/sub")]
      user.mounts[0].subPath = "root"
      #expect(try await node.run(user).code != 0)
      user = node.container("pod1", "true", attempt: 2)
      user.mounts = [MountSpec(volume: "scratch", path: "/sub")]
      user.mounts[0].subPath = "../../.."
      await #expect(throws: Failure.self) { try await node.start(user) }
      node.perform(.createVolume(name: "../evil", capacityBytes: 1))
      let told = try await node.observations.first { event in
        if case .volumeFailed("../evil", let message) = event { message } else { nil }
      }
      #expect(told.contains("../evil"))
    }
  }

  @Test("pods reach each other and what listens for the cluster's services; probes reach pods")
  func network() async throws {
    try await TestNode.with { node in
      let first = try await node.startPod("pod1")
      let second = try await node.startPod("pod2")
      #expect(first != second)
      let server = node.container("pod1", "mkdir /www; echo page > /www/index.html; exec httpd -f -p 8080 -h /www")
      try await node.start(server)
      func answer(_ kind: ProbeKind, _ action: ProbeAction, seconds: Int = 5) async throws -> (success: Bool?, message: String) {
        let start = node.observations.all.count
        node.perform(
          .probe(ProbeSpec(podUID: "pod1", containerID: server.containerID, kind: kind, action: action, timeoutSeconds: seconds)))
        return try await node.observations.first(after: start) { event in
          if case .probed(_, _, kind, let success, let message) = event { (success, message) } else { nil }
        }
      }
      func probe(_ kind: ProbeKind, _ action: ProbeAction) async throws -> Bool {
        try await answer(kind, action).success == true
      }
      #expect(try await probe(.startup, .exec(["sh", "-c", "until netstat -ltn | grep -q 8080; do sleep 0.01; done"])))
      #expect(try await probe(.readiness, .http(scheme: "HTTP", host: nil, port: 8080, path: "/", headers: [])))
      #expect(
        try await answer(.readiness, .http(scheme: "HTTP", host: nil, port: 8080, path: "/none", headers: [])).success == false)
      #expect(try await probe(.liveness, .tcp(host: nil, port: 8080)))
      #expect(try await answer(.liveness, .tcp(host: nil, port: 8081)).success == false)
      #expect(try await answer(.liveness, .exec(["false"])).success == false)
      #expect(try await answer(.liveness, .exec(["/none"])).success == nil, "a command that cannot be started is no answer")
      let late = try await answer(.liveness, .exec(["sleep", "1000"]), seconds: 1)
      #expect(late.success == false && !late.message.isEmpty)

      let listener = try node.agent.network.listen("10.96.0.1", port: 443)
      let client = node.container("pod2", "wget -qO- http://\(first):8080/; nc 10.96.0.1 443")
      try await node.start(client)
      try await Readiness.shared.wait(for: listener, writing: false, timeout: .seconds(20), what: "a client")
      let connection = Descriptor(owning: accept(listener.number, nil, nil))
      connection.setNonBlocking()
      try await connection.write(Array("from the API\n".utf8))
      #expect(shutdown(connection.number, Int32(SHUT_WR)) == 0)
      #expect(try await node.exit(of: client).code == 0)
      #expect(try node.log(client) == ["stdout F page", "stdout F from the API"])
      let outside = node.container("pod2", "ip -o addr | grep -c eth0; ping -c1 -W1 192.0.2.1", attempt: 1)
      #expect(try await node.run(outside).code != 0)
    }
  }

  @Test("samples tell what a container uses, in cluster time, and stop with it")
  func usage() async throws {
    try await TestNode.with(speed: 10) { node in
      try await node.startPod("pod1")
      let spec = node.container(
        "pod1",
        "x=$(head -c 8000000 /dev/zero | tr '\\0' x); i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; touch /tmp/ready; exec sleep 1000"
      )
      try await node.start(spec)
      #expect(try await node.exec(spec, "until [ -e /tmp/ready ]; do sleep 0.01; done") == 0)
      let sample = try #require(node.agent.usage().first { $0.containerID == spec.containerID })
      #expect(sample.podUID == "pod1" && sample.container == "main" && sample.node == TestNode.name)
      #expect(sample.cpuNanoseconds > 10_000_000)
      #expect(sample.memoryUsage > 0 && sample.memoryUsage < 64 << 20)
      let machine = try #require(node.agent.usage().first { $0.podUID.isEmpty })
      #expect(machine.workingSet > sample.workingSet)
      node.perform(.stopContainer(podUID: "pod1", containerID: spec.containerID, graceSeconds: 0))
      _ = try await node.exit(of: spec)
      #expect(!node.agent.usage().contains { $0.containerID == spec.containerID })
    }
  }
}
