import CoreObjects
import Testing

/// What must not be, kind by kind, as upstream's validation has it.
@Suite("Rules of kinds")
struct ObjectRulesTests {
  private static let merge = "application/merge-patch+json"
  private static let paths = [
    "PersistentVolume": "/api/v1/persistentvolumes", "ConfigMap": Bench.configMaps, "Pod": Bench.pods,
    "PersistentVolumeClaim": "/api/v1/namespaces/default/persistentvolumeclaims",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments", "DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles", "Node": "/api/v1/nodes",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
    "Endpoints": "/api/v1/namespaces/default/endpoints", "ResourceQuota": "/api/v1/namespaces/default/resourcequotas",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    "ControllerRevision": "/apis/apps/v1/namespaces/default/controllerrevisions",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses", "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
  ]

  /// - Returns: "Invalid spec.replicas"
  private func causes(_ answer: Bench.Answer) -> Set<String> {
    Set(
      answer.body["details"]["causes"].elements.map {
        "\(($0["reason"].string ?? "").dropFirst("FieldValue".count)) \($0["field"].string ?? "")"
      })
  }

  /// A template of the kind that is right, with the change in it.
  private func object(_ kind: String, _ change: String) throws -> JSON {
    var object: JSON = ["metadata": ["name": "a"]]
    switch kind {
    case "Pod": object = Bench.pod("a")
    case "Deployment", "DaemonSet":
      object = Bench.deployment("a")
      object.put(.kind, .string(kind))
    case "PersistentVolume":
      object.put(.spec, ["capacity": ["storage": "1"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/a"]])
    case "PersistentVolumeClaim":
      object.put(.spec, ["resources": ["requests": ["storage": "1"]], "accessModes": ["ReadWriteOnce"]])
    case "ClusterRoleBinding", "RoleBinding":
      object.put("roleRef", ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"])
    case "PriorityClass": object.put("value", 1)
    case "StorageClass": object.put("provisioner", "p.example")
    default: break
    }
    object.merge(try JSONParser.parse(change))
    return object
  }

  @Test(
    "what an object must not be is told with reason and field",
    arguments: [
      ("PersistentVolume", #"{"spec":{"hostPath":null}}"#, ["Required spec"]),
      ("PersistentVolume", #"{"spec":{"nfs":{"server":"s","path":"/"}}}"#, ["Forbidden spec.nfs"]),
      ("PersistentVolume", #"{"spec":{"capacity":null}}"#, ["Required spec.capacity", "NotSupported spec.capacity"]),
      ("PersistentVolume", #"{"spec":{"capacity":{"cpu":"1"}}}"#, ["NotSupported spec.capacity"]),
      ("PersistentVolume", #"{"spec":{"capacity":{"storage":"0"}}}"#, ["Invalid spec.capacity[storage]"]),
      ("PersistentVolume", #"{"spec":{"accessModes":["X"]}}"#, ["NotSupported spec.accessModes"]),
      ("PersistentVolume", #"{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"]}}"#, ["Forbidden spec.accessModes"]),
      (
        "PersistentVolume", #"{"spec":{"hostPath":{"path":"/"},"persistentVolumeReclaimPolicy":"Recycle"}}"#,
        ["Forbidden spec.persistentVolumeReclaimPolicy"]
      ),
      ("PersistentVolume", #"{"spec":{"hostPath":null,"local":{"path":"/a"}}}"#, ["Required spec.nodeAffinity"]),
      ("PersistentVolume", #"{"spec":{"storageClassName":"A"}}"#, ["Invalid spec.storageClassName"]),
      ("PersistentVolumeClaim", #"{"spec":{"storageClassName":"A_B"}}"#, ["Invalid spec.storageClassName"]),
      (
        "PersistentVolumeClaim", #"{"spec":{"accessModes":["ReadWriteOncePod","ReadWriteOnce"]}}"#, ["Forbidden spec.accessModes"]
      ),
      (
        "PersistentVolumeClaim", #"{"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"Exists","values":["x"]}]}}}"#,
        ["Forbidden spec.selector.matchExpressions[0].values"]
      ),
      ("ConfigMap", #"{"data":{"k":"1"},"binaryData":{"k":"AA=="}}"#, ["Invalid data[k]", "Invalid binaryData[k]"]),
      (
        "ConfigMap", #"{"metadata":{"name":null,"generateName":"A_"}}"#,
        ["Invalid metadata.name", "Invalid metadata.generateName"]
      ),
      ("ConfigMap", #"{"metadata":{"generateName":"b."}}"#, ["Invalid metadata.generateName"]),
      (
        "Pod", #"{"spec":{"os":{"name":"linux"},"securityContext":{"windowsOptions":{"runAsUserName":"a"}}}}"#,
        ["Forbidden spec.securityContext.windowsOptions"]
      ),
      (
        "Pod", #"{"spec":{"os":{"name":"windows"},"hostPID":true,"securityContext":{"runAsUser":1}}}"#,
        ["Forbidden spec.hostPID", "Forbidden spec.securityContext.runAsUser"]
      ),
      (
        "Deployment", #"{"spec":{"strategy":{"rollingUpdate":{"maxUnavailable":"101%"}}}}"#,
        ["Invalid spec.strategy.rollingUpdate.maxUnavailable"]
      ),
      (
        "Deployment", #"{"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"X"}]}}}"#,
        ["Invalid spec.selector.matchExpressions[0].operator", "Invalid spec.selector"]
      ),
      (
        "Deployment", #"{"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"In"}]}}}"#,
        ["Required spec.selector.matchExpressions[0].values", "Invalid spec.selector"]
      ),
      (
        "Deployment", #"{"spec":{"selector":{"matchLabels":{"app":"a b"}}}}"#,
        ["Invalid spec.selector.matchLabels", "Invalid spec.selector"]
      ),
      (
        "DaemonSet", #"{"spec":{"selector":{"matchExpressions":[{"operator":"Exists"}]}}}"#,
        ["Invalid spec.selector.matchExpressions[0].key"]
      ),
      (
        "DaemonSet", #"{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":0}}}}"#,
        ["Required spec.updateStrategy.rollingUpdate.maxUnavailable"]
      ),
      (
        "DaemonSet", #"{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":1}}}}"#,
        ["Invalid spec.updateStrategy.rollingUpdate.maxSurge"]
      ),
      (
        "DaemonSet", #"{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":0,"maxSurge":"200%"}}}}"#,
        ["Invalid spec.updateStrategy.rollingUpdate.maxSurge"]
      ),
      ("PodDisruptionBudget", #"{"spec":{"minAvailable":"101%"}}"#, ["Invalid spec.minAvailable"]),
      (
        "PodDisruptionBudget", #"{"spec":{"minAvailable":-1,"maxUnavailable":1}}"#, ["Invalid spec", "Invalid spec.minAvailable"]
      ),
      (
        "PodDisruptionBudget", #"{"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"In","values":["a b"]}]}}}"#,
        ["Invalid spec.selector.matchExpressions[0].values[0]"]
      ),
      ("ClusterRoleBinding", #"{"roleRef":{"kind":"Role"}}"#, ["NotSupported roleRef.kind"]),
      ("ClusterRoleBinding", #"{"subjects":[{"kind":"ServiceAccount","name":"a"}]}"#, ["Required subjects[0].namespace"]),
      (
        "RoleBinding", #"{"roleRef":{"kind":"Robot","apiGroup":"x"}}"#,
        ["NotSupported roleRef.kind", "NotSupported roleRef.apiGroup"]
      ),
      ("RoleBinding", #"{"subjects":[{"kind":"Robot","name":"a"}]}"#, ["NotSupported subjects[0].kind"]),
      ("RoleBinding", #"{"subjects":[{"kind":"ServiceAccount","name":"A"}]}"#, ["Invalid subjects[0].name"]),
      ("RoleBinding", #"{"subjects":[{"kind":"User","name":"a","apiGroup":"x"}]}"#, ["NotSupported subjects[0].apiGroup"]),
      ("PriorityClass", #"{"value":1000000001}"#, ["Forbidden value"]),
      ("PriorityClass", #"{"metadata":{"name":"system-mine"}}"#, ["Forbidden metadata.name"]),
      ("StorageClass", #"{"reclaimPolicy":"Recycle"}"#, ["NotSupported reclaimPolicy"]),
      ("StorageClass", #"{"provisioner":"a b"}"#, ["Invalid provisioner"]),
      ("ClusterRole", #"{"rules":[{"verbs":["get"]}]}"#, ["Required rules[0].apiGroups", "Required rules[0].resources"]),
      (
        "ClusterRole", #"{"rules":[{"verbs":["get"],"nonResourceURLs":["/a"],"resources":["pods"]}]}"#,
        ["Invalid rules[0].nonResourceURLs"]
      ),
      ("Role", #"{"rules":[{"verbs":["get"],"nonResourceURLs":["/a"]}]}"#, ["Invalid rules[0].nonResourceURLs"]),
      ("ControllerRevision", #"{"revision":1}"#, ["Required data"]),
      (
        "Node", #"{"spec":{"taints":[{"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoSchedule","value":"b"}]}}"#,
        ["Duplicate spec.taints[1]"]
      ),
      ("Node", #"{"spec":{"taints":[{"key":"a b","effect":"NoSchedule"}]}}"#, ["Invalid spec.taints[0].key"]),
      ("Node", #"{"spec":{"podCIDR":"10.0.0.1/8"}}"#, ["Invalid spec.podCIDRs[0]"]),
      ("ResourceQuota", #"{"spec":{"hard":{"pods":"1"},"scopes":["X"]}}"#, ["Invalid spec.scopes"]),
      ("Endpoints", #"{"subsets":[{"ports":[{"port":80}]}]}"#, ["Required subsets[0]"]),
      ("Endpoints", #"{"subsets":[{"addresses":[{"ip":"169.254.1.1"}]}]}"#, ["Invalid subsets[0].addresses[0].ip"]),
      (
        "Endpoints",
        #"{"subsets":[{"notReadyAddresses":[{"ip":"1.2.3.4","hostname":"A"}],"ports":[{"port":1},{"port":2,"name":"b"}]}]}"#,
        ["Invalid subsets[0].notReadyAddresses[0].hostname", "Required subsets[0].ports[0].name"]
      ),
      ("EndpointSlice", #"{"addressType":"IPv4","endpoints":[{"addresses":["::2"]}]}"#, ["Invalid endpoints[0].addresses[0]"]),
      ("EndpointSlice", #"{"addressType":"FQDN","endpoints":[{"addresses":["host"]}]}"#, ["Invalid endpoints[0].addresses[0]"]),
      (
        "EndpointSlice",
        #"{"addressType":"IPv4","endpoints":[{"addresses":["1.2.3.4"],"hostname":"A"}],"ports":[{"name":"B","port":1}]}"#,
        ["Invalid endpoints[0].hostname", "Invalid ports[0].name"]
      ),
      (
        "Pod", #"{"spec":{"securityContext":{"supplementalGroups":[1,-1]}}}"#,
        ["Invalid spec.securityContext.supplementalGroups[1]"]
      ),
      (
        "Pod", #"{"spec":{"containers":[{"name":"c","image":"b","envFrom":[{"secretRef":{}}]}]}}"#,
        ["Required spec.containers[0].envFrom[0].secretRef.name"]
      ),
      (
        "Pod",
        #"{"spec":{"containers":[{"name":"c","image":"b","livenessProbe":{"httpGet":{"port":1,"httpHeaders":[{"name":"a b"}]}}}]}}"#,
        ["Invalid spec.containers[0].livenessProbe.httpGet.httpHeaders"]
      ),
    ])
  func refused(_ kind: String, _ change: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.paths[kind] ?? "", try object(kind, change))
    #expect(answer.status == 422 && causes(answer) == Set(expected), "\(answer.body)")
  }

  @Test(
    "what must not change is told with reason and field",
    arguments: [
      ("PersistentVolume", #"{"spec":{"hostPath":{"path":"/b"}}}"#, "Forbidden spec.persistentvolumesource"),
      ("PersistentVolume", #"{"spec":{"volumeMode":"Block"}}"#, "Invalid spec.volumeMode"),
      ("PriorityClass", #"{"value":2}"#, "Forbidden value"),
      ("PriorityClass", #"{"preemptionPolicy":"Never"}"#, "Invalid preemptionPolicy"),
      ("StorageClass", #"{"provisioner":"q"}"#, "Forbidden provisioner"),
      ("StorageClass", #"{"parameters":{"a":"b"}}"#, "Forbidden parameters"),
      ("StorageClass", #"{"reclaimPolicy":"Retain"}"#, "Forbidden reclaimPolicy"),
      ("StorageClass", #"{"volumeBindingMode":"WaitForFirstConsumer"}"#, "Invalid volumeBindingMode"),
    ])
  func immutable(_ kind: String, _ patch: String, _ expected: String) throws {
    var bench = Bench()
    let path = try #require(Self.paths[kind])
    #expect(bench.send("POST", path, try object(kind, "{}")).status == 201)
    let answer = bench.send("PATCH", path + "/a", try JSONParser.parse(patch), type: Self.merge)
    #expect(answer.status == 422 && causes(answer) == [expected], "\(answer.body)")
  }

  @Test("options of a deletion have their types, and only one stream of a log cannot be asked for")
  func options() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    for options in [#"{"gracePeriodSeconds":"x"}"#, #"{"propagationPolicy":1}"#, #"{"preconditions":[]}"#] {
      #expect(bench.send("DELETE", Bench.pods + "/p", text: options).status == 400)
    }
    let answer = bench.get(Bench.pods + "/p/log?stream=Stdout")
    #expect(answer.status == 422 && causes(answer) == ["Forbidden stream"], "\(answer.body)")
  }

  @Test("an apply cannot say an element twice, in a list with keys as little as in a set")
  func repeated() {
    var bench = Bench()
    var pod = Bench.pod("p")
    pod[.spec][.containers][0].put("env", [["name": "A", "value": "1"], ["name": "A", "value": "2"]])
    let path = Bench.pods + "/p?fieldManager=me"
    let answer = bench.send("PATCH", path, pod, type: ApplyTests.type)
    #expect(answer.status == 500 && answer.message.contains("spec.containers[0].env"), "\(answer.body)")
    var finalizers = Bench.configMap("a")
    finalizers[.metadata].put(.finalizers, ["a/b", "a/b"])
    #expect(bench.send("PATCH", Bench.configMaps + "/a?fieldManager=me", finalizers, type: ApplyTests.type).status == 500)
    #expect(bench.send("POST", Bench.pods, pod).status == 201, "a plain object may")
  }
}
