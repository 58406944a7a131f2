import CoreNode
import CoreObjects
import Testing

@Suite("How containers end, restart and are probed")
struct PodEndTests {
  private func running(_ container: JSON = [:], _ more: JSON = [:]) -> NodeBench {
    var bench = NodeBench()
    var spec: JSON = ["name": "main", "image": "app:test"]
    spec.merge(container)
    bench.run(.array([spec]), more)
    bench.sandboxStarts()
    bench.starts("main")
    _ = bench.taken()
    bench.events = []
    return bench
  }

  @Test("a second deletion with less grace shortens the first, with more it does not")
  func hurried() {
    var bench = running()
    bench.delete(graceSeconds: 30)
    #expect(bench.steps() == ["stop main 30"])
    bench.delete(graceSeconds: 5)
    #expect(bench.steps() == ["stop main 5"])
    bench.delete(graceSeconds: 20)
    #expect(bench.steps() == [])
    bench.record(bench.store.remove(NodeBench.podKey)!)
    #expect(bench.steps() == ["stop main 0"])
  }

  @Test("a preStop hook that is under way has no more than what a second deletion leaves, and then comes the signal")
  func hurriedHook() {
    var bench = running(["lifecycle": ["preStop": ["exec": ["command": ["sleep", "1000"]]]]])
    bench.delete(graceSeconds: 30)
    #expect(bench.steps() == ["hook"])
    bench.delete(graceSeconds: 5)
    #expect(bench.steps() == [] && bench.wakeAt == bench.now + .seconds(5))
    bench.wait(5)
    #expect(bench.steps() == ["stop main 2"])
    bench.delete(graceSeconds: 1)
    #expect(bench.steps() == ["stop main 1"])
  }

  @Test("the first restart comes at once, later ones after 10 s, 20 s, 40 s … 300 s")
  func backOff() {
    var bench = running()
    var delays: [Int64] = []
    for attempt in 0..<8 {
      bench.exits("main", attempt, code: 1)
      let died = bench.now
      if let wake = bench.wakeAt {
        #expect(bench.status().state.waiting.reason == "CrashLoopBackOff")
        bench.now = wake
        bench.look()
      }
      delays.append(bench.now.seconds - died.seconds)
      #expect(bench.steps() == ["remove", "image main"])
      bench.starts("main", attempt + 1)
      _ = bench.taken()
      #expect(bench.status().restartCount == attempt + 1)
    }
    #expect(delays == [0, 10, 20, 40, 80, 160, 300, 300])
    #expect(bench.reasons.contains("BackOff"))
  }

  @Test("a container of a pod that is being deleted has ended: it waits for no restart")
  func endOfTerminatingPod() {
    var bench = running()
    bench.delete(graceSeconds: 30)
    bench.exits("main", code: 143)
    #expect(bench.status().state.terminated.exitCode == 143)
    #expect(bench.status().state.waiting.reason == nil)
  }

  @Test("a container that is to end is ready, and asked whether it is, until it says that it is not or has ended")
  func readyWhileEnding() {
    let probe: JSON = ["httpGet": ["port": 80], "periodSeconds": 5, "failureThreshold": 1]
    var bench = running(["readinessProbe": probe, "livenessProbe": probe])
    bench.look()
    bench.probed(.readiness, true)
    bench.probed(.liveness, true)
    bench.delete(graceSeconds: 30)
    #expect(bench.status().ready == true && bench.condition("Ready") == "True")
    _ = bench.steps()
    bench.wait(5)
    #expect(bench.steps().filter { $0.hasPrefix("probe") } == ["probe readiness"])
    bench.probed(.readiness, false)
    #expect(bench.status().ready == false && bench.condition("Ready") == "False")
    #expect(bench.status().state.running.startedAt != nil)
    bench.wait(5)
    bench.probed(.readiness, true)
    #expect(bench.condition("Ready") == "True")
    bench.exits("main", code: 143)
    #expect(bench.condition("Ready") == "False")
  }

  @Test("a deleted pod that a finalizer keeps gets a final phase, even if nothing of it ever ran")
  func finalPhase() {
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test"]], [:])
    #expect(bench.pod.status.phase == "Pending")
    bench.holdsObjects = true
    bench.delete(graceSeconds: 0)
    bench.sandboxStarts()
    bench.tell(.sandboxRemoved(podUID: NodeBench.uid))
    #expect(bench.pod.status.phase == "Failed")
  }

  @Test("the image and the container's identifier are told once the container is made, not before")
  func identifiers() {
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test"]], [:])
    bench.sandboxStarts()
    bench.imageComes("main")
    #expect(bench.status().imageID == "" && bench.status().containerID == nil)
    bench.tell(.containerStarted(podUID: NodeBench.uid, containerID: bench.id("main"), at: bench.now))
    #expect(bench.status().imageID != "" && bench.status().containerID?.hasPrefix("crun://") == true)
  }

  @Test("a run of ten minutes forgets the back-off")
  func forgets() {
    var bench = running()
    bench.exits("main", 0, code: 1)
    bench.starts("main", 1)
    bench.exits("main", 1, code: 1, after: 600)
    #expect(bench.wakeAt == nil)
    #expect(bench.steps().last == "image main")
  }

  @Test("a container killed for its memory says so, now and after its restart")
  func outOfMemory() {
    var bench = running()
    bench.exits("main", code: 137, oomKilled: true)
    #expect(bench.status().state.terminated.reason == "OOMKilled" && bench.status().state.terminated.exitCode == 137)
    bench.starts("main", 1)
    #expect(bench.status().lastState.terminated.reason == "OOMKilled" && bench.status().state.running.startedAt != nil)
  }

  @Test(
    "restartPolicy decides what an exit means",
    arguments: [
      ("Always", 0, "Running", true), ("OnFailure", 0, "Succeeded", false), ("OnFailure", 3, "Running", true),
      ("Never", 0, "Succeeded", false), ("Never", 3, "Failed", false),
    ])
  func policies(policy: String, code: Int, phase: String, restarts: Bool) {
    var bench = running([:], ["restartPolicy": .string(policy)])
    bench.exits("main", code: code)
    #expect(bench.pod.status.phase == phase)
    #expect(bench.steps().contains("image main") == restarts)
    if !restarts { #expect(bench.status().state.terminated.exitCode == code) }
  }

  @Test("a deleted pod's containers are stopped with its grace, then the sandbox goes, then the object")
  func terminates() {
    var bench = running()
    bench.delete(graceSeconds: 12)
    #expect(bench.steps() == ["stop main 12"] && bench.reasons == ["Killing"])
    bench.exits("main", code: 143)
    #expect(bench.steps() == ["remove sandbox"])
    #expect(!bench.pod.isAbsent)
    bench.tell(.sandboxRemoved(podUID: NodeBench.uid))
    #expect(bench.pod.isAbsent)
    #expect(bench.planner.runtime(uid: NodeBench.uid) == nil)
  }

  @Test("a pod deleted before it started never starts")
  func deletedEarly() {
    var bench = NodeBench()
    bench.run(main)
    _ = bench.taken()
    bench.delete()
    bench.sandboxStarts()
    #expect(bench.steps() == ["remove sandbox"])
    bench.tell(.sandboxRemoved(podUID: NodeBench.uid))
    #expect(bench.pod.isAbsent)
  }

  @Test(
    "the stop signal waits for the preStop hook, and has what the hook left of the grace, but 2 s",
    arguments: [(20, 10), (30, 2)])
  func preStop(seconds: Int64, left: Int) {
    var bench = running(["lifecycle": ["preStop": ["exec": ["command": ["true"]]]]])
    bench.delete()
    #expect(bench.steps() == ["hook"])
    bench.now = bench.now + .seconds(seconds)
    bench.tell(.hookFinished(podUID: NodeBench.uid, containerID: bench.id("main"), success: seconds < 30, message: "late"))
    #expect(bench.steps() == ["stop main \(left)"])
    #expect(bench.reasons == (seconds < 30 ? ["Killing"] : ["Killing", "FailedPreStopHook"]))
  }

  @Test("the deadline of a pod ends it as Failed, DeadlineExceeded")
  func deadline() {
    var bench = running([:], ["activeDeadlineSeconds": 60])
    bench.look()
    #expect(bench.wakeAt != nil)
    bench.wait(61)
    #expect(bench.steps() == ["stop main 30"])
    bench.exits("main", code: 143)
    #expect(bench.pod.status.phase == "Failed" && bench.pod.status.reason == "DeadlineExceeded")
    #expect(bench.events.first { $0.reason == "DeadlineExceeded" }?.isWarning == false)
  }

  @Test("a readiness probe makes the pod ready and unready, and never restarts it")
  func readiness() {
    let probe: JSON = ["tcpSocket": ["port": 80], "periodSeconds": 5, "failureThreshold": 2, "successThreshold": 1]
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test", "readinessProbe": probe]])
    bench.sandboxStarts()
    bench.starts("main")
    #expect(bench.condition("Ready") == "False")
    #expect(bench.steps().last == "probe readiness")
    bench.probed(.readiness, true)
    #expect(bench.condition("Ready") == "True")
    for isReady in ["True", "False"] {
      bench.wait(5)
      #expect(bench.steps() == ["probe readiness"])
      bench.probed(.readiness, false)
      #expect(bench.condition("Ready") == isReady)
    }
    #expect(bench.reasons.contains("Unhealthy") && !bench.reasons.contains("Killing"))
  }

  @Test("a liveness probe that fails often enough restarts the container")
  func liveness() {
    let probe: JSON = ["exec": ["command": ["false"]], "periodSeconds": 5, "failureThreshold": 3]
    var bench = running(["livenessProbe": probe])
    bench.look()
    for _ in 0..<3 {
      bench.probed(.liveness, false)
      bench.wait(5)
    }
    #expect(bench.steps().contains("stop main 30") && bench.reasons.filter { $0 == "Killing" }.count == 1)
    bench.exits("main", code: 137)
    #expect(bench.steps().last == "image main")
  }

  @Test("a probe that could not be made says nothing of the container: it is told, and no failure is counted")
  func brokenProbe() {
    for name in ["livenessProbe", "startupProbe"] {
      let kind: ProbeKind = name == "livenessProbe" ? .liveness : .startup
      var bench = running([Key(name): ["exec": ["command": ["/none"]], "periodSeconds": 5, "failureThreshold": 1]])
      bench.look()
      for _ in 0..<3 {
        bench.probed(kind, nil)
        bench.wait(5)
      }
      #expect(!bench.reasons.contains("Killing") && bench.reasons.contains("Unhealthy"))
      #expect(bench.status().started == (kind == .liveness))
      bench.probed(kind, false)
      #expect(bench.reasons.contains("Killing"))
    }
  }

  @Test("until the startup probe succeeds no other probe runs")
  func startup() {
    let probe: JSON = ["tcpSocket": ["port": 80], "periodSeconds": 5, "failureThreshold": 30]
    var bench = NodeBench()
    bench.run([["name": "main", "image": "app:test", "startupProbe": probe, "livenessProbe": probe]])
    bench.sandboxStarts()
    bench.starts("main")
    #expect(bench.steps().last == "probe startup" && bench.status().started == false)
    bench.probed(.startup, false)
    bench.wait(5)
    #expect(bench.steps() == ["probe startup"])
    bench.probed(.startup, true)
    #expect(bench.status().started == true)
    bench.look()
    #expect(bench.steps() == ["probe liveness"])
  }

  @Test("a planner that starts anew counts what ran as ended with the node, and runs it again")
  func startsAnew() {
    var bench = running()
    bench.exits("main", 0, code: 1)
    bench.starts("main", 1)
    var other = NodeBench()
    other.now = bench.now + .seconds(600)
    other.put(NodeBench.podKey, bench.pod.tree)
    let found = other.now
    other.sandboxStarts()
    #expect(other.steps() == ["sandbox", "image main"])
    other.starts("main", 2)
    #expect(other.status().lastState.terminated.finishedAt == found.rfc3339)
    #expect(other.status().restartCount == 2 && other.pod.status.phase == "Running")
    #expect(other.status().lastState.terminated.exitCode == 255)
  }
}
