import CoreObjects
import Testing

/// What is written, and what is read back. Source of the expectations: pkg/apis/*/v1/defaults.go, v1.36.
@Suite("Defaults that depend on other fields")
struct DefaultsTests {
  private func created(_ path: String, _ tree: JSON) -> JSON {
    var bench = Bench()
    let answer = bench.send("POST", path, tree)
    #expect(answer.status == 201, "\(answer.message)")
    return answer.body
  }

  private func pod(_ spec: JSON) -> JSON {
    created(Bench.pods, ["metadata": ["name": "a"], "spec": spec])[.spec]
  }

  private func template(_ spec: JSON) -> JSON {
    var tree = Bench.deployment("a")
    tree[.spec][.template].put(.spec, spec)
    return created("/apis/apps/v1/namespaces/default/deployments", tree)[.spec][.template][.spec]
  }

  @Test("a namespace is found by its name, whatever its owner writes")
  func namespaceLabel() {
    var bench = Bench()
    _ = bench.send("POST", "/api/v1/namespaces", ["metadata": ["name": "shop"]])
    let path = "/api/v1/namespaces/shop"
    let merge: JSON = ["metadata": ["labels": ["kubernetes.io/metadata.name": .null, "team": "a"]]]
    for answer in [
      bench.send("PATCH", path, merge, type: "application/merge-patch+json"),
      bench.send("PUT", path, ["metadata": ["name": "shop", "labels": ["kubernetes.io/metadata.name": "other", "team": "a"]]]),
    ] {
      #expect(answer.status == 200, "\(answer.message)")
      #expect(answer.body[.metadata]["labels"] == ["kubernetes.io/metadata.name": "shop", "team": "a"])
    }
  }

  @Test("a pod is stored as Kubernetes would store it")
  func wholePod() {
    let spec = pod(["containers": [["name": "main", "image": "app:test"]]])
    var expected: JSON = [
      "containers": [
        [
          "name": "main", "image": "app:test", "imagePullPolicy": "IfNotPresent", "resources": [:],
          "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        ]
      ],
      "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority", "priority": 0,
      "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": [:], "serviceAccount": "default",
      "serviceAccountName": "default", "terminationGracePeriodSeconds": 30,
    ]
    expected.put(.tolerations, spec[.tolerations])
    var shown = spec
    shown.remove(.volumes)
    shown[.containers][0].remove(.volumeMounts)
    #expect(shown == expected)
    #expect(spec[.tolerations].elements.count == 2)
  }

  @Test("only pods, not templates, get service links, requests and host ports")
  func podsAlone() {
    let spec: JSON = [
      "hostNetwork": true,
      "containers": [
        ["name": "main", "image": "a:1", "resources": ["limits": ["memory": "1Gi"]], "ports": [["containerPort": 80]]]
      ],
    ]
    let inPod = pod(spec)
    #expect(inPod[.enableServiceLinks] == true)
    #expect(inPod[.containers][0][.resources] == ["limits": ["memory": "1Gi"], "requests": ["memory": "1Gi"]])
    #expect(inPod[.containers][0][.ports] == [["containerPort": 80, "hostPort": 80, "protocol": "TCP"]])
    let inTemplate = template(spec)
    #expect(inTemplate[.enableServiceLinks].isNull)
    #expect(inTemplate[.containers][0][.resources] == ["limits": ["memory": "1Gi"]])
    #expect(inTemplate[.containers][0][.ports] == [["containerPort": 80, "protocol": "TCP"]])
  }

  @Test("service links that were refused stay refused")
  func keepsServiceLinks() {
    let spec = pod(["enableServiceLinks": false, "containers": [["name": "main", "image": "a:1"]]])
    #expect(spec[.enableServiceLinks] == false)
  }

  @Test("requests of a whole pod are the containers' sum, else its limit")
  func podResources() {
    let spec = pod([
      "resources": ["limits": ["cpu": "2", "memory": "1Gi"]],
      "containers": [
        ["name": "a", "image": "a:1", "resources": ["requests": ["cpu": "250m"]]],
        ["name": "b", "image": "a:1", "resources": ["requests": ["cpu": "500m"]]],
      ],
    ])
    #expect(spec[.resources][.requests] == ["cpu": "750m", "memory": "1Gi"])
  }

  @Test("a volume without a source is an emptyDir")
  func volumes() {
    let container: JSON = ["name": "main", "image": "a:1"]
    let spec = template(["volumes": [["name": "data"]], "containers": [container]])
    #expect(spec[.volumes] == [["name": "data", "emptyDir": [:]]])
  }

  @Test(
    "the pull policy follows the image's tag",
    arguments: [
      ("app", "Always"), ("app:latest", "Always"), ("app:1", "IfNotPresent"), ("host:5000/app", "Always"),
      ("host:5000/app:1", "IfNotPresent"), ("app@sha256:" + String(repeating: "a", count: 64), "IfNotPresent"),
    ])
  func pullPolicy(image: String, policy: String) {
    let spec = pod([
      "initContainers": [["name": "first", "image": .string(image)]], "containers": [["name": "main", "image": .string(image)]],
    ])
    #expect(spec[.containers][0][.imagePullPolicy] == .string(policy))
    #expect(spec[.initContainers][0][.imagePullPolicy] == .string(policy))
  }

  @Test("a probe's numbers that are absent or 0 are the defaults")
  func probes() {
    let probe: JSON = ["tcpSocket": ["port": 80], "periodSeconds": 0, "timeoutSeconds": 0, "failureThreshold": 5]
    let spec = template(["containers": [["name": "main", "image": "a:1", "livenessProbe": probe]]])
    #expect(
      spec[.containers][0][.livenessProbe] == [
        "tcpSocket": ["port": 80], "periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 5, "successThreshold": 1,
      ])
  }

  @Test("sessionAffinity ClientIP lasts three hours, and None has no settings")
  func sessionAffinity() {
    let path = "/api/v1/namespaces/default/services"
    func service(_ more: JSON) -> JSON {
      var tree: JSON = ["metadata": ["name": "a"], "spec": ["ports": [["port": 80, "targetPort": 0, "nodePort": 0]]]]
      tree[.spec].merge(more)
      return created(path, tree)[.spec]
    }
    let sticky = service(["sessionAffinity": "ClientIP"])
    #expect(sticky[.sessionAffinityConfig] == ["clientIP": ["timeoutSeconds": 10_800]])
    #expect(sticky[.ports] == [["port": 80, "protocol": "TCP", "targetPort": 80]])
    let plain = service(["sessionAffinity": "None", "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 5]]])
    #expect(plain[.sessionAffinityConfig].isNull)
    #expect(plain[.externalTrafficPolicy].isNull && plain[.internalTrafficPolicy] == "Cluster")
    #expect(service(["externalIPs": ["192.0.2.1"]])[.externalTrafficPolicy] == "Cluster")
    let balancer = service(["type": "LoadBalancer"])
    #expect(balancer[.allocateLoadBalancerNodePorts] == true && balancer[.externalTrafficPolicy] == "Cluster")
    #expect((30_000...32_767).contains(balancer[.ports][0][.nodePort].int ?? 0))
  }

  @Test("a Job's failure policy asks for conditions that are True")
  func failurePolicy() {
    let policy: JSON = ["rules": [["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget"]]]]]
    let pod: JSON = ["restartPolicy": "Never", "containers": [["name": "main", "image": "a:1"]]]
    let tree: JSON = ["metadata": ["name": "a"], "spec": ["podFailurePolicy": policy, "template": ["spec": pod]]]
    let spec = created("/apis/batch/v1/namespaces/default/jobs", tree)[.spec]
    #expect(spec[.podFailurePolicy][.rules][0][.onPodConditions] == [["type": "DisruptionTarget", "status": "True"]])
    #expect(spec[.podReplacementPolicy] == "Failed")
  }

  @Test("a LimitRange's defaults follow from its bounds")
  func limitRange() {
    let item: JSON = ["type": "Container", "max": ["memory": "1Gi"], "min": ["cpu": "10m"]]
    let limit = created("/api/v1/namespaces/default/limitranges", ["metadata": ["name": "a"], "spec": ["limits": [item]]])[.spec][
      .limits][0]
    #expect(limit[.default] == ["memory": "1Gi"])
    #expect(limit[.defaultRequest] == ["memory": "1Gi", "cpu": "10m"])
  }

  @Test("a node without allocatable offers its capacity")
  func allocatable() {
    var bench = Bench()
    bench.send("POST", "/api/v1/nodes", ["metadata": ["name": "n"]])
    let status: JSON = ["metadata": ["name": "n"], "status": ["capacity": ["cpu": "2"]]]
    let answer = bench.send("PUT", "/api/v1/nodes/n/status", status)
    #expect(answer.body[.status][.allocatable] == ["cpu": "2"])
  }

  @Test("where a claim's data comes from is told under both names")
  func dataSource() {
    let source: JSON = ["kind": "PersistentVolumeClaim", "name": "b"]
    let spec: JSON = [
      "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]], "dataSource": source,
    ]
    let claim = created("/api/v1/namespaces/default/persistentvolumeclaims", ["metadata": ["name": "a"], "spec": spec])[.spec]
    #expect(claim["dataSourceRef"] == ["kind": "PersistentVolumeClaim", "name": "b", "apiGroup": .null])
    #expect(claim["dataSource"] == claim["dataSourceRef"])
  }

  @Test(
    "a manifest that begins or ceases to say what is empty, or writes an amount otherwise, changes nothing",
    arguments: [
      (
        #"{"env":[],"tty":false,"stdin":false,"command":[],"ports":[]}"#,
        #"{"nodeSelector":{},"tolerations":[],"hostNetwork":false}"#
      ),
      (#"{"resources":{"limits":{"memory":"1024Mi","cpu":"1000m"}}}"#, #"{"volumes":[],"imagePullSecrets":[],"hostname":""}"#),
      (
        #"{"resources":{"limits":{"memory":"1048576Ki","cpu":1.0}}}"#,
        #"{"restartPolicy":"","dnsPolicy":"","priorityClassName":""}"#
      ),
      (
        #"{"imagePullPolicy":"","terminationMessagePath":"","workingDir":"","volumeMounts":[]}"#,
        #"{"initContainers":[],"hostPID":false}"#
      ),
    ], ["PUT", "PATCH", "apply"])
  func sameManifest(parts: (container: String, spec: String), method: String) throws {
    let (container, spec) = parts
    func deployment(_ container: JSON, _ spec: JSON) -> JSON {
      var tree = Bench.deployment("a")
      var template = tree[.spec][.template][.spec]
      template[.containers][0].put(.resources, ["limits": ["memory": "1Gi", "cpu": "1"]])
      for member in container.members { template[.containers][0].put(member.key, member.value) }
      for member in spec.members { template.put(member.key, member.value) }
      tree[.spec][.template].put(.spec, template)
      return tree
    }
    let path = "/apis/apps/v1/namespaces/default/deployments"
    let plain = deployment([:], [:])
    let other = deployment(try JSONParser.parse(Array(container.utf8)), try JSONParser.parse(Array(spec.utf8)))
    for (before, after) in [(plain, other), (other, plain)] {
      var bench = Bench()
      let (type, query) =
        method == "PUT"
        ? ("application/json", "")
        : method == "PATCH"
          ? ("application/strategic-merge-patch+json", "")
          : ("application/apply-patch+yaml", "?fieldManager=me&force=true")
      let first =
        method == "apply" ? bench.send("PATCH", path + "/a" + query, before, type: type) : bench.send("POST", path, before)
      #expect(first.status == 201, "\(first.message)")
      let again = bench.send(method == "apply" ? "PATCH" : method, path + "/a" + query, after, type: type)
      #expect(again.status == 200, "\(again.message)")
      #expect(again.body == first.body)
    }
  }

  @Test("a negative grace period of a pod is stored as one second")
  func negativeGrace() {
    var pod = Bench.pod("p")
    pod[.spec].put(.terminationGracePeriodSeconds, -1)
    #expect(created(Bench.pods, pod)[.spec][.terminationGracePeriodSeconds] == 1)
  }

  @Test("an annotation of a DaemonSet counts the changes of its template")
  func templateGeneration() {
    var bench = Bench()
    let path = "/apis/apps/v1/namespaces/default/daemonsets"
    var set = Bench.deployment("d")
    set.put(.kind, "DaemonSet")
    set[.spec].remove(.replicas)
    func count(_ answer: Bench.Answer) -> JSON {
      answer.body[.metadata][.annotations]["deprecated.daemonset.template.generation"]
    }
    #expect(count(bench.send("POST", path, set)) == "1")
    let merge = "application/merge-patch+json"
    #expect(count(bench.send("PATCH", path + "/d", ["spec": ["minReadySeconds": 5]], type: merge)) == "1")
    let template: JSON = ["spec": ["template": ["metadata": ["annotations": ["a": "b"]]]]]
    #expect(count(bench.send("PATCH", path + "/d", template, type: merge)) == "2")
  }

  @Test("writing the same manifest again changes nothing", arguments: ["apps/v1 statefulsets", "apps/v1 deployments", "v1 pods"])
  func idempotent(what: String) {
    let parts = what.split(separator: " ").map(String.init)
    let path = (parts[0] == "v1" ? "/api/v1" : "/apis/" + parts[0]) + "/namespaces/default/" + parts[1]
    var tree = parts[1] == "pods" ? Bench.pod("a") : Bench.deployment("a")
    var patch: JSON = ["spec": tree[.spec]]
    if parts[1] == "statefulsets" {
      tree.put(.kind, "StatefulSet")
      let claim: JSON = [
        "metadata": ["name": "data"], "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
      ]
      tree[.spec].put(.volumeClaimTemplates, .array([claim]))
      patch = ["spec": ["volumeClaimTemplates": .array([claim])]]
    }
    var bench = Bench()
    let first = bench.send("POST", path, tree)
    #expect(first.status == 201, "\(first.message)")
    let again = bench.send("PATCH", path + "/a", patch, type: "application/strategic-merge-patch+json")
    #expect(again.status == 200, "\(again.message)")
    #expect(again.body[.metadata] == first.body[.metadata] && again.body[.spec] == first.body[.spec])
  }
}
