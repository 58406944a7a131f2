import CoreObjects
import Daemon
import Foundation
import TestMachine
import Testing

/// A cluster with containers, and one pod of the stand-in image that sleeps.
private struct Ship {
  static let image = "tools:test"
  let test: TestCluster

  init(_ directory: String? = nil) async throws {
    test = try await TestCluster(directory) {
      $0.runsContainers = true
      $0.nodes = 1
    }
  }

  func packTools() throws {
    _ = try test.cluster.perform(.packTools(name: Ship.image))
  }

  /// - Returns: what kubectl printed; its failure is the test's.
  @discardableResult
  func kubectl(_ words: String..., program: String = Kubectl.newest) async throws -> String {
    try await run(words, program: program)
  }

  @discardableResult
  func run(_ words: [String], program: String = Kubectl.newest) async throws -> String {
    let outcome = try await test.kubectl(words, program: program)
    guard outcome.status == 0 else { throw ProgramError(description: "kubectl \(words): \(outcome.output)") }
    return outcome.output
  }

  func start(_ name: String, _ script: String, flags: [String] = []) async throws {
    let words =
      ["run", name, "--image=" + Ship.image, "--image-pull-policy=Never"] + flags + ["--command", "--", "sh", "-c", script]
    let outcome = try await test.kubectl(words)
    guard outcome.status == 0 else { throw ProgramError(description: outcome.output) }
  }

  func waitUntilReady(_ name: String) async throws {
    try await kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=30s")
  }

  /// Asks until a field of a pod has a value; `kubectl wait` of 1.22 and before cannot.
  func wait(_ path: String, _ value: String, _ pod: String) async throws {
    try await DaemonTests.wait(for: "\(path) of \(pod)") {
      try await kubectl("get", "pod", pod, "-o", "jsonpath={" + path + "}")
    } until: {
      $0 == value
    }
  }

  /// A shell's line, with KUBECTL for the program.
  func shell(_ line: String, program: String) async throws -> Program.Outcome {
    try await Program.run(
      "/bin/sh", ["-c", line],
      environment: ["KUBECONFIG": test.directory + "/kubeconfig", "HOME": test.directory, "KUBECTL": program])
  }
}

@Suite(
  "Containers, by the real kubectl", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct ContainerTests {
  @Test("each version runs commands in a container, with streams and exit codes, and copies files", arguments: Kubectl.all)
  func executes(path: String) async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.start("p", "echo started; exec sleep 1000")
    try await ship.waitUntilReady("p")
    let both = try await ship.shell("$KUBECTL exec p -- sh -c 'echo out; echo err >&2; exit 3'", program: path)
    #expect(both.status == 3)
    #expect(both.output == "out\n")
    #expect(both.errors.contains("err\n"))
    let typed = try await ship.shell("head -c 300000 /dev/zero | $KUBECTL exec -i p -- head -c 300000 | wc -c", program: path)
    #expect(typed.output.filter(\.isNumber) == "300000", "\(typed.errors)")
    let absent = try await ship.shell("$KUBECTL exec p -- /no/such/program", program: path)
    #expect(absent.status != 0 && absent.errors.contains("/no/such/program"), "\(absent.errors)")
    let terminal = try await ship.shell("script -qec \"$KUBECTL exec -it p -- sh -c 'tty; exit 7'\" /dev/null", program: path)
    #expect(terminal.status == 7 && terminal.output.contains("/dev/pts/"), "\(terminal.output) \(terminal.errors)")
    #expect(try await ship.kubectl("logs", "p", program: path) == "started\n")
    let copied = try await ship.shell(
      "cd $HOME && seq 20000 > f && $KUBECTL cp f p:/tmp/f && $KUBECTL cp p:/tmp/f g && cmp f g && echo same", program: path)
    #expect(copied.output.contains("same"), "\(copied.output) \(copied.errors)")
    await ship.test.stop()
  }

  @Test("each version forwards a port to a program that listens on the pod's loopback", arguments: Kubectl.all)
  func forwards(path: String) async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.start("web", "mkdir /www; echo found > /www/index.html; exec busybox httpd -f -p 127.0.0.1:8080 -h /www")
    try await ship.waitUntilReady("web")
    let forward = try Program(
      path, ["port-forward", "--address=127.0.0.1", "web", ":8080"],
      environment: ["KUBECONFIG": ship.test.directory + "/kubeconfig"])
    try await forward.waitForOutput("Forwarding from")
    let port = forward.output.split(separator: ":")[1].prefix { $0.isNumber }
    for _ in 0..<3 {
      let page = try await ship.shell("busybox wget -qO- http://127.0.0.1:\(port)/index.html", program: path)
      #expect(page.output == "found\n", "\(page.errors) \(forward.errors)")
    }
    forward.kill(SIGTERM)
    _ = try await forward.outcome()
    await ship.test.stop()
  }

  @Test("kubectl run -i shows what a container said that had ended before anybody attached to it")
  func attachedTooLate() async throws {
    let ship = try await Ship()
    try ship.packTools()
    for attempt in 0..<5 {
      let said = try await ship.kubectl(
        "run", "late-\(attempt)", "-i", "--rm", "--restart=Never", "--image=" + Ship.image, "--image-pull-policy=Never", "--",
        "echo",
        "hello")
      #expect(said.contains("hello"), "\(said)")
    }
    await ship.test.stop()
  }

  @Test("each version attaches to what it runs, and its input ends with it", arguments: Kubectl.all)
  func attaches(path: String) async throws {
    let ship = try await Ship()
    try ship.packTools()
    let run = "echo typed | $KUBECTL run r -i --rm --quiet --image=\(Ship.image) --image-pull-policy=Never --restart=Never"
    let outcome = try await ship.shell(run + " --command -- sh -c 'sleep 1; cat; echo over'", program: path)
    #expect(outcome.output.contains("typed\n") && outcome.output.contains("over\n"), "\(outcome.output) \(outcome.errors)")
    await ship.test.stop()
  }

  @Test("kubectl debug looks into a running container, copies a pod with a look into it, and into a node")
  func debugs() async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.start("p", "exec sleep 1234")
    try await ship.waitUntilReady("p")
    let line = "script -qec \"$KUBECTL debug -it p --image=\(Ship.image) --target=p -- sh -c 'ps; tty'\" /dev/null"
    let looked = try await ship.shell(line, program: Kubectl.newest)
    #expect(looked.output.contains("1 root     sleep 1234") && looked.output.contains("/dev/pts/"), "\(looked.output)")
    try await ship.kubectl("debug", "p", "--image=" + Ship.image, "-c", "d", "--target=p", "--", "sleep", "1000")
    try await DaemonTests.wait(for: "the second look into it, by name the first") {
      try await ship.kubectl("get", "pod", "p", "-o", "jsonpath={.status.ephemeralContainerStatuses[0].state.running}")
    } until: {
      !$0.isEmpty
    }
    #expect(try await ship.kubectl("exec", "p", "-c", "d", "--", "cat", "/proc/1/cmdline") == "sleep\u{0}1234\u{0}")
    let states = "jsonpath={.status.containerStatuses[*].ready} {.status.containerStatuses[*].restartCount}"
    #expect(try await ship.kubectl("get", "pod", "p", "-o", states) == "true 0")
    let copy = ["debug", "p", "--copy-to=q", "--share-processes", "--image=" + Ship.image, "-c", "d", "--", "sleep", "1000"]
    try await ship.run(copy)
    try await ship.waitUntilReady("q")
    #expect(try await ship.kubectl("exec", "q", "-c", "d", "--", "ps").contains("sleep 1234"))
    let node = try await ship.kubectl(
      "debug", "node/wavetank-control-plane", "--image=" + Ship.image, "--", "chroot", "/host", "id")
    let pod = try #require(node.split(separator: " ").first { $0.hasPrefix("node-debugger-") }.map(String.init))
    try await ship.wait(".status.phase", "Succeeded", pod)
    #expect(try await ship.kubectl("logs", pod).hasPrefix("uid=0(root)"))
    await ship.test.stop()
  }

  @Test("a probe over https does not ask who answers")
  func secureProbe() async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.start(
      "secure", "sleep 1000",
      flags: [
        "--overrides",
        """
        {"spec":{"containers":[{"name":"secure","image":"\(Ship.image)","imagePullPolicy":"Never","command":["sleep","1000"],
         "readinessProbe":{"httpGet":{"scheme":"HTTPS","host":"10.96.0.1","port":443,"path":"/livez"},"periodSeconds":1}}]}}
        """,
      ])
    try await ship.waitUntilReady("secure")
    await ship.test.stop()
  }

  @Test("a container that needs more memory than its limit is OOMKilled, and its pod says so")
  func outOfMemory() async throws {
    let ship = try await Ship()
    try ship.packTools()
    let limit =
      #"{"spec":{"containers":[{"name":"fat","image":"\#(Ship.image)","imagePullPolicy":"Never","#
      + #""command":["tail","/dev/zero"],"resources":{"limits":{"memory":"20Mi"}}}]}}"#
    try await ship.kubectl("run", "fat", "--image=" + Ship.image, "--restart=Never", "--overrides=" + limit)
    try await ship.wait(".status.phase", "Failed", "fat")
    let reason = try await ship.kubectl(
      "get", "pod", "fat", "-o", "jsonpath={.status.containerStatuses[0].state.terminated.reason}")
    #expect(reason == "OOMKilled")
    await ship.test.stop()
  }

  @Test("a running container gets other limits without a restart, or with one where its policy says so")
  func resizes() async throws {
    let ship = try await Ship()
    try ship.packTools()
    let spec =
      #"{"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"p","image":"\#(Ship.image)","command":["sleep","1000"],"#
      + #""resizePolicy":[{"resourceName":"cpu","restartPolicy":"RestartContainer"}],"#
      + #""resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"200m","memory":"64Mi"}}}]}}"#
    try await ship.kubectl("run", "p", "--image=" + Ship.image, "--overrides=" + spec)
    try await ship.waitUntilReady("p")
    func limit() async throws -> String {
      let files = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes"
      return try await ship.kubectl("exec", "p", "--", "sh", "-c", "cat \(files) 2>/dev/null || true")
    }
    func resize(_ resources: String) async throws {
      try await ship.kubectl(
        "patch", "pod", "p", "--subresource=resize", "-p", #"{"spec":{"containers":[{"name":"p","resources":\#(resources)}]}}"#)
    }
    #expect(try await limit() == "67108864\n")
    try await resize(#"{"limits":{"memory":"128Mi"}}"#)
    try await ship.wait(".status.containerStatuses[0].resources.limits.memory", "128Mi", "p")
    #expect(try await limit() == "134217728\n")
    try await resize(#"{"limits":{"memory":"4Ki"},"requests":{"memory":"4Ki"}}"#)
    try await ship.wait(#".status.conditions[?(@.type=="PodResizeInProgress")].reason"#, "Error", "p")
    #expect(try await limit() == "134217728\n")
    try await resize(#"{"limits":{"cpu":"300m","memory":"64Mi"}}"#)
    try await ship.wait(".status.containerStatuses[0].restartCount", "1", "p")
    try await ship.wait(".status.containerStatuses[0].resources.limits.cpu", "300m", "p")
    #expect(try await limit() == "67108864\n")
    await ship.test.stop()
  }

  @Test("a volume that is an image shows its files, for reading only, and one of its own claim is there as long as its pod")
  func imageAndEphemeralVolumes() async throws {
    let ship = try await Ship()
    try ship.packTools()
    let claim = #"{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}"#
    let spec =
      #"{"spec":{"terminationGracePeriodSeconds":1,"volumes":[{"name":"i","image":{"reference":"\#(Ship.image)","pullPolicy":"Never"}},"#
      + #"{"name":"e","ephemeral":{"volumeClaimTemplate":{"spec":\#(claim)}}}],"#
      + #""containers":[{"name":"p","image":"\#(Ship.image)","imagePullPolicy":"Never","command":["sleep","1000"],"#
      + #""volumeMounts":[{"name":"i","mountPath":"/i"},{"name":"i","mountPath":"/b","subPath":"bin"},{"name":"e","mountPath":"/e"}]}]}}"#
    try await ship.kubectl("run", "p", "--image=" + Ship.image, "--overrides=" + spec)
    try await ship.waitUntilReady("p")
    let script =
      "test -e /i/bin/sh && test -e /b/sh && ! touch /i/x 2>&1 && ! /i/bin/sh -c true 2>&1 && echo kept >/e/f; cat /e/f"
    let looked = try await ship.kubectl("exec", "p", "--", "sh", "-c", script)
    #expect(looked.contains("Read-only file system") && looked.hasSuffix("kept\n"), "\(looked)")
    #expect(try await ship.kubectl("get", "pvc", "p-e", "-o", "jsonpath={.status.phase}") == "Bound")
    try await ship.kubectl("delete", "pod", "p")
    try await DaemonTests.wait(for: "no claim", { try await ship.kubectl("get", "pvc", "-o", "name") }, until: { $0.isEmpty })
    await ship.test.stop()
  }

  @Test("what a container mounts in a volume is seen by those whose mounts say so, and goes with the pod")
  func mountPropagation() async throws {
    let ship = try await Ship()
    try ship.packTools()
    func container(_ name: String, _ propagation: String) -> String {
      #"{"name":"\#(name)","image":"\#(Ship.image)","imagePullPolicy":"Never","command":["sleep","1000"],"#
        + #""securityContext":{"privileged":\#(propagation == "Bidirectional")},"#
        + #""volumeMounts":[{"name":"v","mountPath":"/v","mountPropagation":"\#(propagation)"}]}"#
    }
    let containers = [("p", "Bidirectional"), ("seeing", "HostToContainer"), ("blind", "None")].map(container).joined(
      separator: ",")
    let spec =
      #"{"spec":{"terminationGracePeriodSeconds":1,"volumes":[{"name":"v","emptyDir":{}}],"containers":[\#(containers)]}}"#
    try await ship.kubectl("run", "p", "--image=" + Ship.image, "--overrides=" + spec)
    try await ship.waitUntilReady("p")
    try await ship.kubectl(
      "exec", "p", "-c", "p", "--", "sh", "-c", "mkdir /v/deep && mount -t tmpfs t /v/deep && touch /v/deep/made")
    #expect(try await ship.kubectl("exec", "p", "-c", "seeing", "--", "ls", "/v/deep") == "made\n")
    #expect(try await ship.kubectl("exec", "p", "-c", "blind", "--", "ls", "/v/deep") == "")
    let uid = try await ship.kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}")
    let place = ship.test.directory + "/run/" + uid
    #expect(FileManager.default.fileExists(atPath: place))
    try await ship.kubectl("delete", "pod", "p")
    try await DaemonTests.wait(for: "nothing of the pod") {
      FileManager.default.fileExists(atPath: place)
    } until: {
      !$0
    }
    await ship.test.stop()
  }

  @Test("an image that is not there and must not be pulled is named in the pod's state and in an event")
  func neverPulled() async throws {
    let ship = try await Ship()
    try await ship.kubectl("run", "p", "--image=absent:1", "--image-pull-policy=Never")
    try await ship.wait(".status.containerStatuses[0].state.waiting.reason", "ErrImageNeverPull", "p")
    #expect(try await ship.kubectl("get", "events").contains("absent:1"))
    await ship.test.stop()
  }

  @Test("the log between two runs is that of the last run, and --previous is the one before a container that runs")
  func logsOfRuns() async throws {
    let ship = try await Ship()
    try ship.packTools()
    // Its third run stays.
    let script =
      "n=$(($(cat /d/n 2>/dev/null || echo 0) + 1)); echo $n > /d/n; echo run $n; [ $n = 3 ] && exec sleep 1000; exit 2"
    let pod =
      #"{"spec":{"containers":[{"name":"p","image":"\#(Ship.image)","imagePullPolicy":"Never","command":["sh","-c","\#(script)"],"#
      + #""volumeMounts":[{"name":"d","mountPath":"/d"}]}],"volumes":[{"name":"d","emptyDir":{}}]}}"#
    try await ship.kubectl("run", "p", "--image=" + Ship.image, "--overrides=" + pod)
    try await ship.wait(".status.containerStatuses[0].restartCount", "1", "p")
    try await ship.wait(".status.containerStatuses[0].state.waiting.reason", "CrashLoopBackOff", "p")
    #expect(try await ship.kubectl("logs", "p") == "run 2\n")
    try await ship.wait(".status.containerStatuses[0].restartCount", "2", "p")
    try await ship.waitUntilReady("p")
    #expect(try await ship.kubectl("logs", "p") == "run 3\n")
    #expect(try await ship.kubectl("logs", "p", "--previous") == "run 2\n")
    await ship.test.stop()
  }

  @Test("a changed ConfigMap reaches the files of a running container")
  func configMapFiles() async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.kubectl("create", "configmap", "c", "--from-literal=k=one")
    let pod =
      #"{"spec":{"containers":[{"name":"p","image":"\#(Ship.image)","imagePullPolicy":"Never","command":["sh","-c","#
      + #""until grep -q two /c/k; do sleep 0.1; done; echo changed"],"volumeMounts":[{"name":"c","mountPath":"/c"}]}],"#
      + #""volumes":[{"name":"c","configMap":{"name":"c"}}]}}"#
    try await ship.kubectl("run", "p", "--image=" + Ship.image, "--restart=Never", "--overrides=" + pod)
    try await ship.waitUntilReady("p")
    try await ship.kubectl("patch", "configmap", "c", "-p", #"{"data":{"k":"two"}}"#)
    try await ship.wait(".status.phase", "Succeeded", "p")
    #expect(try await ship.kubectl("logs", "p") == "changed\n")
    await ship.test.stop()
  }

  @Test("a second start brings back objects and volumes, and counts the containers as started again")
  func restart() async throws {
    let ship = try await Ship()
    try ship.packTools()
    let claim = ship.test.directory + "/claim.yaml"
    try """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      containers:
      - {name: c, image: "\(Ship.image)", imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: d, mountPath: /d}]}
      volumes:
      - {name: d, persistentVolumeClaim: {claimName: data}}
    """.write(toFile: claim, atomically: true, encoding: .utf8)
    try await ship.kubectl("apply", "-f", claim)
    try await ship.waitUntilReady("p")
    try await ship.kubectl("exec", "p", "--", "sh", "-c", "echo kept > /d/file")
    await ship.test.cluster.stop()
    let again = try await Ship(ship.test.directory)
    try await again.wait(".status.containerStatuses[0].restartCount", "1", "p")
    try await again.waitUntilReady("p")
    #expect(try await again.kubectl("exec", "p", "--", "cat", "/d/file") == "kept\n")
    let exit = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}"
    #expect(try await again.kubectl("get", "pod", "p", "-o", exit) == "255")
    await again.test.stop()
  }

  @Test("a cluster that stops leaves no process, mount or control group behind")
  func leavesNothing() async throws {
    let ship = try await Ship()
    try ship.packTools()
    try await ship.start("p", "sleep 1000 & exec sleep 1000")
    try await ship.waitUntilReady("p")
    let id = try await ship.kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}")
    func groups() throws -> [String] {
      var found: [String] = []
      for line in try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 2, words[2].hasPrefix("cgroup"), let all = FileManager.default.enumerator(atPath: words[1]) else {
          continue
        }
        for case let path as String in all where path.contains(id) { found.append(path) }
      }
      return found
    }
    #expect(try !groups().isEmpty)
    await ship.test.stop()
    #expect(try groups().isEmpty)
    #expect(try !String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).contains(ship.test.directory))
    #expect(!FileManager.default.fileExists(atPath: ship.test.directory))
  }
}
