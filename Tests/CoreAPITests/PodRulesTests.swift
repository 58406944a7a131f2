import CoreObjects
import Testing

@Suite("Rules of pods")
struct PodRulesTests {
  private static func pod(container: String, spec: String) throws -> JSON {
    var tree = try JSONParser.parse(spec)
    var main = try JSONParser.parse(container)
    if main[.name].isNull { main.put(.name, "main") }
    if main[.image].isNull { main.put(.image, "a:1") }
    if tree[.containers].isNull { tree.put(.containers, [main]) }
    return ["metadata": ["name": "p"], "spec": tree]
  }

  /// What is wrong, where and how it is told (without "spec.", and "c." for the container).
  private static let containers: [(String, [String])] = [
    (#"{"ports":[{"name":"a-name-of-16-char","containerPort":80}]}"#, ["Invalid c.ports[0].name"]),
    (#"{"ports":[{"name":"80","containerPort":80}]}"#, ["Invalid c.ports[0].name"]),
    (#"{"ports":[{"name":"a","containerPort":80},{"name":"a","containerPort":81}]}"#, ["Duplicate c.ports[1].name"]),
    (#"{"ports":[{"containerPort":80,"hostPort":1},{"containerPort":81,"hostPort":1}]}"#, ["Duplicate c.ports[1].hostPort"]),
    (#"{"env":[{"name":"A=B"}]}"#, ["Invalid c.env[0].name"]),
    (#"{"env":[{"name":"A","valueFrom":{}}]}"#, ["Invalid c.env[0].valueFrom"]),
    (
      #"{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.phase"}}}]}"#,
      ["NotSupported c.env[0].valueFrom.fieldRef.fieldPath"]
    ),
    (
      #"{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.nonsense"}}}]}"#,
      ["Invalid c.env[0].valueFrom.fieldRef.fieldPath"]
    ),
    (#"{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['a']"}}}]}"#, []),
    (
      #"{"env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.disk"}}}]}"#,
      ["NotSupported c.env[0].valueFrom.resourceFieldRef.resource"]
    ),
    (#"{"envFrom":[{}]}"#, ["Invalid c.envFrom[0]"]),
    (#"{"livenessProbe":{"httpGet":{"port":"8080"}}}"#, ["Invalid c.livenessProbe.httpGet.port"]),
    (#"{"livenessProbe":{"tcpSocket":{"port":"http"}}}"#, []),
    (#"{"livenessProbe":{"tcpSocket":{"port":80},"successThreshold":2}}"#, ["Invalid c.livenessProbe.successThreshold"]),
    (
      #"{"readinessProbe":{"tcpSocket":{"port":80},"terminationGracePeriodSeconds":5}}"#,
      ["Invalid c.readinessProbe.terminationGracePeriodSeconds"]
    ),
    (#"{"readinessProbe":{"tcpSocket":{"port":80},"exec":{"command":["a"]}}}"#, ["Forbidden c.readinessProbe.tcpSocket"]),
    (#"{"readinessProbe":{}}"#, ["Required c.readinessProbe"]),
    (#"{"lifecycle":{"preStop":{"sleep":{"seconds":31}}}}"#, ["Invalid c.lifecycle.preStop.sleep"]),
    (#"{"lifecycle":{"preStop":{"sleep":{"seconds":30}}}}"#, []),
    (#"{"lifecycle":{"preStop":{"exec":{}}}}"#, ["Required c.lifecycle.preStop.exec.command"]),
    (#"{"restartPolicyRules":[{"action":"Restart","exitCodes":{"operator":"In","values":[1]}}]}"#, ["Required c.restartPolicy"]),
    (#"{"volumeMounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/a"}]}"#, ["Invalid c.volumeMounts[1].mountPath"]),
    (#"{"volumeMounts":[{"name":"v","mountPath":"/a","subPath":"../b"}]}"#, ["Invalid c.volumeMounts[0].subPath"]),
    (#"{"securityContext":{"privileged":true,"allowPrivilegeEscalation":false}}"#, ["Invalid c.securityContext"]),
    (
      #"{"securityContext":{"seccompProfile":{"type":"Localhost"}}}"#,
      ["Required c.securityContext.seccompProfile.localhostProfile"]
    ),
    (
      #"{"resources":{"limits":{"example.com/card":"1500m"}}}"#,
      ["Invalid c.resources.limits[example.com/card]", "Invalid c.resources.requests[example.com/card]"]
    ),
    (#"{"resources":{"requests":{"example.com/card":"1"}}}"#, ["Required c.resources.limits"]),
    (#"{"resources":{"limits":{"hugepages-2Mi":"2Mi"}}}"#, ["Forbidden c.resources"]),
    (#"{"resources":{"limits":{"hugepages-2Mi":"2Mi","memory":"1Mi"}}}"#, []),
    (
      #"{"volumeMounts":[{"name":"v","mountPath":"/a","recursiveReadOnly":"IfPossible"}]}"#,
      ["Forbidden c.volumeMounts[0].recursiveReadOnly"]
    ), (#"{"volumeMounts":[{"name":"v","mountPath":"/a","readOnly":true,"recursiveReadOnly":"Enabled"}]}"#, []),
    (#"{"name":"UP","image":" a"}"#, ["Invalid c.name", "Invalid c.image"]),
  ]

  private static let specs: [(String, [String])] = [
    (#"{"hostname":"UP_X"}"#, ["Invalid hostname"]), (#"{"subdomain":"a.b"}"#, ["Invalid subdomain"]),
    (#"{"dnsPolicy":"None"}"#, ["Required dnsConfig"]),
    (#"{"dnsPolicy":"None","dnsConfig":{"searches":["a.b"]}}"#, ["Required dnsConfig.nameservers"]),
    (#"{"dnsConfig":{"nameservers":["10.0.0.300"]}}"#, ["Invalid dnsConfig.nameservers[0]"]),
    (#"{"dnsConfig":{"nameservers":["fd00::1","1.1.1.1","::ffff:1.2.3.4"]}}"#, []),
    (#"{"dnsConfig":{"nameservers":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]}}"#, ["Invalid dnsConfig.nameservers"]),
    (#"{"tolerations":[{"operator":"Equal","value":"a"}]}"#, ["Invalid tolerations[0].operator"]),
    (#"{"tolerations":[{"key":"a","operator":"Exists","value":"b"}]}"#, ["Invalid tolerations[0].operator"]),
    (#"{"tolerations":[{"key":"a","operator":"Gt","value":"5"}]}"#, ["NotSupported tolerations[0].operator"]),
    (#"{"tolerations":[{"key":"a","tolerationSeconds":5}]}"#, ["Invalid tolerations[0].effect"]),
    (#"{"nodeSelector":{"a b":"c"}}"#, ["Invalid nodeSelector"]),
    (#"{"hostAliases":[{"ip":"nowhere","hostnames":["a"]}]}"#, ["Invalid hostAliases[0].ip"]),
    (
      #"{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In"}]}]}}}}"#,
      [
        "Required affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values"
      ]
    ), (#"{"schedulingGates":[{"name":"a"}],"nodeName":"n"}"#, ["Forbidden nodeName"]),
    (#"{"securityContext":{"sysctls":[{"name":"Not A Sysctl","value":"1"}]}}"#, ["Invalid securityContext.sysctls[0].name"]),
    (#"{"shareProcessNamespace":true,"hostPID":true}"#, ["Invalid securityContext.shareProcessNamespace"]),
    (#"{"volumes":[{"name":"w","hostPath":{"path":"/a/../b"}}]}"#, ["Invalid volumes[0].hostPath.path"]),
    (#"{"volumes":[{"name":"w","image":{}}]}"#, ["Required volumes[0].image.reference"]),
    (#"{"volumes":[{"name":"w","secret":{}}]}"#, ["Required volumes[0].secret.secretName"]),
    (
      #"{"volumes":[{"name":"w","configMap":{"name":"a","items":[{"key":"k","path":"/abs"}]}}]}"#,
      ["Invalid volumes[0].configMap.items[0].path"]
    ),
    (#"{"volumes":[{"name":"w","projected":{"sources":[{}]}}]}"#, ["Required volumes[0].projected.sources[0]"]),
    (
      #"{"initContainers":[{"name":"i","image":"a","readinessProbe":{"tcpSocket":{"port":1}}}]}"#,
      ["Forbidden initContainers[0].readinessProbe"]
    ),
    (#"{"initContainers":[{"name":"main","image":"a"}]}"#, ["Duplicate initContainers[0].name"]),
    (#"{"hostUsers":false,"hostNetwork":true,"hostIPC":true}"#, ["Forbidden hostNetwork", "Forbidden hostIPC"]),
    (#"{"hostUsers":true,"hostNetwork":true}"#, []),
    (#"{"resources":{"requests":{"cpu":"1"},"limits":{"cpu":"500m"}}}"#, ["Invalid resources.requests"]),
    (#"{"ephemeralContainers":[{"name":"e","image":"a"}]}"#, ["Forbidden ephemeralContainers"]),
  ]

  private func complaints(_ answer: Bench.Answer) -> [String] {
    answer.body["details"]["causes"].elements.map { cause in
      let field = (cause["field"].string ?? "").replacing("spec.containers[0].", with: "c.").replacing("spec.", with: "")
      return "\((cause["reason"].string ?? "").replacing("FieldValue", with: "")) \(field)"
    }
  }

  @Test("what a container must not be is one cause each", arguments: containers)
  func container(_ container: String, _ wanted: [String]) throws {
    var bench = Bench()
    let answer = bench.send(
      "POST", Bench.pods, try Self.pod(container: container, spec: #"{"volumes":[{"name":"v","emptyDir":{}}]}"#))
    let found = complaints(answer)
    #expect(answer.status == (wanted.isEmpty ? 201 : 422) && found == wanted, "\(found)")
  }

  @Test("what a pod must not be is one cause each", arguments: specs)
  func spec(_ spec: String, _ wanted: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Bench.pods, try Self.pod(container: "{}", spec: spec))
    let found = complaints(answer)
    #expect(answer.status == (wanted.isEmpty ? 201 : 422) && found == wanted, "\(answer.status) \(found)")
  }

  @Test("a pod has its overhead, and where it may go, from its class of runtimes, which has to be there")
  func overhead() {
    var bench = Bench()
    var pod = Bench.pod("a")
    pod[.spec].put("overhead", ["cpu": "1"])
    let answer = bench.send("POST", Bench.pods, pod)
    #expect(answer.status == 403 && answer.reason == "Forbidden", "\(answer.body)")
    pod[.spec].put("runtimeClassName", "sandboxed")
    #expect(bench.send("POST", Bench.pods, pod).message.contains(#"pod rejected: RuntimeClass "sandboxed" not found"#))
    let path = "/apis/node.k8s.io/v1/runtimeclasses"
    #expect(bench.send("POST", path, ["metadata": ["name": "bad"], "handler": "No_Label"]).status == 422)
    let type: JSON = [
      "metadata": ["name": "sandboxed"], "handler": "crun", "overhead": ["podFixed": ["cpu": "250m"]],
      "scheduling": ["nodeSelector": ["a": "b"], "tolerations": [["key": "sandboxed"]]],
    ]
    #expect(bench.send("POST", path, type).status == 201)
    #expect(bench.send("POST", Bench.pods, pod).message.contains("doesn't match RuntimeClass's defined Overhead"))
    pod[.spec].remove("overhead")
    let made = bench.send("POST", Bench.pods, pod).body[.spec]
    #expect(made["overhead"] == ["cpu": "250m"] && made["nodeSelector"] == ["a": "b"])
    #expect(made["tolerations"].elements.contains(["key": "sandboxed"]))
    pod[.metadata].put(.name, "other")
    pod[.spec].put("nodeSelector", ["a": "c"])
    #expect(bench.send("POST", Bench.pods, pod).status == 403)
  }
}
