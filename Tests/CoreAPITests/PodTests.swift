import CoreObjects
import Testing

@testable import CoreAPI

@Suite("What the server does for pods")
struct PodTests {
  @Test("a pod gets its account, its token volume, tolerations and a priority")
  func admission() {
    var bench = Bench()
    let spec = bench.send("POST", Bench.pods, Bench.pod("p")).body[.spec]
    #expect(spec[.serviceAccountName].string == "default")
    let volume = spec[.volumes][0]
    #expect(volume[.name].string?.hasPrefix("kube-api-access-") == true)
    #expect(volume[.projected][.sources].elements.count == 3)
    #expect(spec[.containers][0][.volumeMounts][0][.mountPath].string == "/var/run/secrets/kubernetes.io/serviceaccount")
    #expect(spec[.tolerations].elements.count == 2)
    #expect(spec[.priority].int == 0)
  }

  @Test("a sidecar that crashes beside a ready container does not hide it in READY, nor its restarts")
  func crashingSidecar() {
    let pod: JSON = [
      "spec": ["initContainers": [["name": "side", "restartPolicy": "Always"]], "containers": [["name": "main"]]],
      "status": [
        "phase": "Running", "conditions": [["type": "Initialized", "status": "True"]],
        "initContainerStatuses": [
          [
            "name": "side", "restartCount": 2, "started": false, "ready": false,
            "state": ["waiting": ["reason": "CrashLoopBackOff"]],
          ]
        ],
        "containerStatuses": [["name": "main", "restartCount": 1, "ready": true, "state": ["running": [:]]]],
      ],
    ]
    let summary = PodSummary.make(Pod(tree: pod), Instant(seconds: 0))
    #expect(summary.ready == "1/2" && summary.restarts == "3" && summary.reason == "Init:CrashLoopBackOff")
  }

  @Test("the quality of service follows from the pod's own resources where it has some, and nothing of one is none")
  func quality() {
    func quality(_ own: JSON, _ container: JSON) -> String {
      QualityOfService.of(Pod(tree: ["spec": ["resources": own, "containers": [["name": "main", "resources": container]]]]))
    }
    let whole: JSON = ["cpu": "1", "memory": "1Gi"]
    #expect(quality(.null, [:]) == "BestEffort" && quality(.null, ["requests": ["cpu": "0"]]) == "BestEffort")
    #expect(quality(.null, ["limits": whole]) == "Guaranteed")
    #expect(quality(["limits": whole, "requests": whole], [:]) == "Guaranteed")
    #expect(quality(["requests": ["cpu": "1"]], ["limits": whole]) == "Burstable")
  }

  @Test("what this control plane writes is owned by the programs that write it upstream")
  func managers() {
    #expect(Actor.controller("deployment-controller").fieldManager == "kube-controller-manager")
    #expect(Actor.controller("default-scheduler").fieldManager == "kube-scheduler")
    #expect(Actor.node("n1").fieldManager == "kubelet")
  }

  @Test("a pod that wants no token gets none")
  func noToken() {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.spec].put(.automountServiceAccountToken, false)
    #expect(bench.send("POST", Bench.pods, pod).body[.spec][.volumes].elements.isEmpty)
  }

  @Test("an account or a priority class that is missing forbids the pod")
  func missing() {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.spec].put(.serviceAccountName, "ghost")
    #expect(bench.send("POST", Bench.pods, pod).status == 403)
    pod = Bench.pod("p")
    pod[.spec].put(.priorityClassName, "urgent")
    #expect(bench.send("POST", Bench.pods, pod).status == 403)
    pod[.spec].put(.priorityClassName, "system-node-critical")
    #expect(bench.send("POST", Bench.pods, pod).body[.spec][.priority].int == 2_000_001_000)
  }

  @Test("a claim without a class gets the default one")
  func storageClass() {
    var bench = Bench()
    let annotations: JSON = .object([Member(key: Key("storageclass.kubernetes.io/is-default-class"), value: "true")])
    bench.send(
      "POST", "/apis/storage.k8s.io/v1/storageclasses",
      ["metadata": ["name": "standard", "annotations": annotations], "provisioner": "wavetank.local/disk"])
    let claim: JSON = [
      "metadata": ["name": "c"], "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
    ]
    let answer = bench.send("POST", "/api/v1/namespaces/default/persistentvolumeclaims", claim)
    #expect(answer.body[.spec][.storageClassName].string == "standard")
  }

  private func running(_ bench: inout Bench, containers: [String]) {
    let list = containers.map { ["name": .string($0), "image": "app:test"] as JSON }
    bench.send("POST", "/api/v1/nodes", ["metadata": ["name": "n1"]])
    bench.send("POST", Bench.pods, ["metadata": ["name": "p"], "spec": ["containers": .array(list)]])
    bench.send("POST", Bench.pods + "/p/binding", ["metadata": ["name": "p"], "target": ["kind": "Node", "name": "n1"]])
    let statuses = containers.map { name in
      [
        "name": .string(name), "containerID": .string("crun://" + name), "image": "app:test", "imageID": "i", "ready": true,
        "restartCount": 2, "state": ["running": ["startedAt": "2026-01-01T00:00:00Z"]],
      ] as JSON
    }
    bench.send(
      "PATCH", Bench.pods + "/p/status", ["status": ["phase": "Running", "containerStatuses": .array(statuses)]],
      type: "application/merge-patch+json")
  }

  @Test("exec leads to the running container")
  func exec() {
    var bench = Bench()
    running(&bench, containers: ["main"])
    guard case .stream(let stream) = bench.request("POST", Bench.pods + "/p/exec?command=ls&command=-l&stdout=true&stderr=true")
    else {
      Issue.record("no stream")
      return
    }
    #expect(stream.kind == .exec(command: ["ls", "-l"], stdin: false, stdout: true, stderr: true, terminal: false))
    #expect(stream.containerID == "main" && stream.node == "n1" && stream.attempt == 2)
  }

  @Test("a container must be named where there are several, and exist")
  func containerChoice() {
    var bench = Bench()
    running(&bench, containers: ["a", "b"])
    let ambiguous = bench.get(Bench.pods + "/p/log")
    #expect(ambiguous.status == 400)
    #expect(ambiguous.message.contains("[a b]"))
    #expect(bench.get(Bench.pods + "/p/log?container=z").status == 400)
    guard case .stream(let stream) = bench.request("GET", Bench.pods + "/p/log?container=b&tailLines=3&follow=true") else {
      Issue.record("no stream")
      return
    }
    var options = LogOptions()
    options.follow = true
    options.tailLines = 3
    #expect(stream.kind == .log(options))
    #expect(bench.get(Bench.pods + "/p/log?container=b&previous=true").status == 400)
    #expect(bench.get(Bench.pods + "/p/log?container=b&tailLines=-1").status == 422)
    #expect(bench.send("POST", Bench.pods + "/p/exec?container=a&stdout=true").status == 400)
  }

  @Test("a pod that has no node or has not started cannot be entered")
  func notRunning() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    #expect(bench.send("POST", Bench.pods + "/p/exec?command=ls&stdout=true").status == 400)
    #expect(bench.get(Bench.pods + "/p/log").status == 204, "it waits, and has not said anything")
    #expect(bench.send("POST", Bench.pods + "/p/portforward?ports=80").status == 400)
  }

  @Test("an eviction deletes the pod unless a budget forbids it")
  func eviction() {
    var bench = Bench()
    running(&bench, containers: ["main"])
    let eviction: JSON = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "p"]]
    bench.send("PATCH", Bench.pods + "/p", ["metadata": ["labels": ["app": "x"]]], type: "application/merge-patch+json")
    bench.send(
      "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
      ["metadata": ["name": "b"], "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "x"]]]])
    let refused = bench.send("POST", Bench.pods + "/p/eviction", eviction)
    #expect(refused.status == 429)
    #expect(refused.body["details"]["causes"][0][.reason].string == "DisruptionBudget")
    bench.send("DELETE", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b")
    #expect(bench.send("POST", Bench.pods + "/p/eviction", eviction).status == 201)
    let evicted = bench.get(Bench.pods + "/p").body
    #expect(evicted[.metadata][.deletionTimestamp].string != nil)
    let condition = evicted[.status][.conditions].elements.first { $0[.type] == "DisruptionTarget" }
    #expect(condition?[.reason] == "EvictionByEvictionAPI" && condition?[.status] == "True")
  }
}
