import CoreObjects
import EdgeAgent
import EdgeLinux
import Testing

@testable import CoreNode
@testable import EdgeRuntime

@Suite(
  "Real containers", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: TestNode.isPossible, "needs root, crun and busybox-static"))
struct ContainerTests {
  @Test("a container runs, logs in CRI format, and its exit code is told")
  func exitCode() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      let spec = node.container("pod1", "echo out; echo err >&2; printf partial; exit 3")
      let exit = try await node.run(spec)
      #expect(exit.code == 3)
      #expect(exit.cause == .process)
      #expect(exit.at >= exit.startedAt)
      #expect(try node.log(spec).sorted() == ["stderr F err", "stdout F out", "stdout F partial"])
      let line = try Files.readText(node.agent.logFile(podUID: "pod1", container: "main", attempt: 0)).split(separator: " ")[0]
      #expect(line.count == 30 && Instant(rfc3339: String(line)) != nil)
    }
  }

  @Test("what a container says on both streams is logged in the order in which it said it")
  func streamOrder() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      for attempt in 0..<8 {
        let words = attempt % 2 == 0 ? "echo 1; echo 2 >&2" : "echo 1 >&2; echo 2"
        let spec = node.container("pod1", words, attempt: attempt)
        #expect(try await node.run(spec).code == 0)
        #expect(try node.log(spec).map(\.last) == ["1", "2"])
      }
    }
  }

  @Test("the image's command and variables hold unless the container has its own")
  func surroundings() async throws {
    try await TestNode.with(speed: 60) { node in
      try await node.startPod("pod1") { $0.hostname = "web-0" }
      var plain = node.container("pod1", "")
      plain.command = nil
      #expect(try await node.run(plain).code == 0)
      #expect(try node.log(plain) == ["stdout F image command"])
      var own = node.container(
        "pod1", "echo $FROM_IMAGE $BOTH $WAVETANK_SPEED $(hostname) $(id -u):$(id -g) $(pwd); tail -n1 /etc/hosts", attempt: 1)
      own.environment = [EnvironmentVariable(name: "BOTH", value: "container")]
      own.workingDirectory = "/tmp"
      own.security.user = 7
      own.security.group = 8
      #expect(try await node.run(own).code == 0)
      #expect(try node.log(own) == ["stdout F yes container 60 web-0 7:8 /tmp", "stdout F 10.244.0.2\tweb-0"])
    }
  }

  @Test("a command that does not exist, and a user who may not be root, are told as failures")
  func failures() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      var missing = node.container("pod1", "")
      missing.command = ["/nonexistent"]
      var root = node.container("pod1", "true")
      root.security.runAsNonRoot = true
      for (spec, reason, word) in [(missing, StartFailure.run, "nonexistent"), (root, .configuration, "root")] {
        node.perform(.startContainer(spec))
        let told = try await node.observations.first { event -> (StartFailure, String)? in
          if case .containerFailed(_, spec.containerID, let reason, let message) = event { (reason, message) } else { nil }
        }
        #expect(told.0 == reason)
        #expect(told.1.contains(word), "\(told.1)")
      }
    }
  }

  @Test("a privileged container runs with what the machine has, which may be less than everything")
  func privileged() async throws {
    let all = try Capabilities(privilegedSpec, machine: .max).names
    #expect(all.count == 41 && all.contains("CAP_SYS_MODULE"))
    #expect(try Capabilities(privilegedSpec, machine: 0b1000_0001).names == ["CAP_CHOWN", "CAP_SETUID"])
    try await TestNode.with { node in
      try await node.startPod("pod1")
      var spec = node.container("pod1", "grep CapEff /proc/self/status")
      spec.security.privileged = true
      #expect(try await node.run(spec).code == 0)
      let here = try #require(
        try Files.readText("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("CapBnd") }?.split(separator: "\t")
          .last)
      #expect(try node.log(spec) == ["stdout F CapEff:\t\(here)"])
    }
  }

  private var privilegedSpec: SecuritySpec {
    var spec = SecuritySpec()
    spec.privileged = true
    return spec
  }

  @Test("more memory than the limit ends in OOMKilled")
  func outOfMemory() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      var spec = node.container("pod1", "exec tail /dev/zero")
      spec.memoryLimitBytes = 16 << 20
      let exit = try await node.run(spec)
      #expect(exit.cause == .outOfMemory)
      #expect(exit.code == 137)
    }
  }

  @Test("stopping sends SIGTERM, and SIGKILL after the grace period of cluster time")
  func stop() async throws {
    try await TestNode.with(speed: 100) { node in
      try await node.startPod("pod1")
      let polite = node.container("pod1", "trap 'exit 5' TERM; touch /tmp/ready; while :; do sleep 0.05; done")
      var stubborn = node.container("pod1", "trap '' TERM; touch /tmp/ready; while :; do sleep 0.05; done")
      stubborn.name = "stubborn"
      for spec in [polite, stubborn] {
        try await node.start(spec)
        // The script says so once its trap is set.
        #expect(try await node.exec(spec, "until [ -e /tmp/ready ]; do sleep 0.01; done") == 0)
        node.perform(.stopContainer(podUID: "pod1", containerID: spec.containerID, graceSeconds: spec.name == "main" ? 3000 : 20))
      }
      #expect(try await node.exit(of: polite).code == 5)
      #expect(try await node.exit(of: stubborn).code == 137)
    }
  }

  @Test(
    "a system call that the profile denies is refused with EPERM also to a capable container, but not to one that is unconfined")
  func seccomp() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      var attempt = 0
      func run(_ change: (inout SecuritySpec) -> Void) async throws -> [String] {
        // Of those two swapoff is always denied, and sethostname where the capability for it is missing.
        var spec = node.container(
          "pod1", "grep Seccomp: /proc/self/status; swapoff /nowhere 2>&1; hostname x 2>&1; hostname", attempt: attempt)
        attempt += 1
        change(&spec.security)
        _ = try await node.run(spec)
        return try node.log(spec).map { String($0.split(separator: " ", maxSplits: 2).last ?? "") }
      }
      let denied = "swapoff: /nowhere: Operation not permitted"
      let absent = "swapoff: /nowhere: No such file or directory"
      #expect(try await run { _ in } == ["Seccomp:\t2", denied, "hostname: sethostname: Operation not permitted", "pod1"])
      #expect(try await run { $0.addedCapabilities = ["SYS_ADMIN"] } == ["Seccomp:\t2", denied, "x"])
      let unconfined = try await run {
        $0.addedCapabilities = ["SYS_ADMIN"]
        $0.seccomp = .unconfined
      }
      #expect(unconfined == ["Seccomp:\t0", absent, "x"])
      // The filter of the first one is kept, and confines as well.
      #expect(!SeccompRules.annotations(for: SecuritySpec(), capabilities: try Capabilities(SecuritySpec()).names).isNull)
      #expect(try await run { _ in }.prefix(2) == ["Seccomp:\t2", denied])
    }
  }

  @Test("the termination message is what the container wrote, or its log's end where that is asked for")
  func terminationMessage() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      #expect(try await node.run(node.container("pod1", "echo done > /dev/termination-log")).message == "done\n")
      var spec = node.container("pod1", "echo it broke; exit 1", attempt: 1)
      spec.terminationMessageFromLog = true
      #expect(try await node.run(spec).message == "it broke\n")
    }
  }

  @Test("commands run in a container, with input, exit code and terminal")
  func exec() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      let spec = node.container("pod1", "echo ready; exec sleep 1000")
      try await node.start(spec)
      let session = try await node.agent.exec(
        containerID: spec.containerID, command: ["sh", "-c", "cat; echo err >&2; exit 9"], terminal: false, stdin: true)
      try await session.write(Array("typed".utf8))
      session.closeInput()
      #expect(try await readAll { try await session.readOutput() } == "typed")
      #expect(try await readAll { try await session.readErrors() } == "err\n")
      #expect(await session.end().code == 9)

      let terminal = try await node.agent.exec(
        containerID: spec.containerID, command: ["sh", "-c", "tty; read x; stty size; echo got $x"], terminal: true, stdin: true)
      terminal.resize(columns: 90, rows: 33)
      try await terminal.write(Array("word\n".utf8))
      let text = try await readAll { try await terminal.readOutput() }
      #expect(text.contains("/dev/pts/") && text.contains("33 90") && text.contains("got word"), "\(text)")
      #expect(await terminal.end().code == 0)

      let missing = try await node.agent.exec(
        containerID: spec.containerID, command: ["nonexistent"], terminal: false, stdin: false)
      let (code, problem) = await missing.end()
      #expect(code == 127)
      #expect(problem?.contains("nonexistent") == true)
      await #expect(throws: AgentError.self) {
        try await node.agent.exec(containerID: "none", command: ["true"], terminal: false, stdin: false)
      }
    }
  }

  @Test("commands that end at once are heard in full, however many run beside each other, with a terminal and without")
  func shortCommands() async throws {
    try await TestNode.with { node in
      try await node.startPod("pod1")
      let spec = node.container("pod1", "exec sleep 1000")
      try await node.start(spec)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<24 {
          group.addTask {
            let session = try await node.agent.exec(
              containerID: spec.containerID, command: ["echo", "number \(number)"], terminal: number % 3 != 0, stdin: false)
            let text = try await self.readAll { try await session.readOutput() }
            let end = await session.end()
            #expect(text.hasPrefix("number \(number)") && end.code == 0, "\(text) \(end)")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  private func readAll(_ next: () async throws -> [UInt8]) async throws -> String {
    var all: [UInt8] = []
    while true {
      let bytes = try await next()
      if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
      all += bytes
    }
  }
}
