import CoreAPI
import CoreObjects
import Testing

/// What the declared schema fills in; the expectations are what a v1.36 API server answers to the same manifest.
@Suite("The declared defaults") struct DeclaredDefaultsTests {
  private func filled(_ type: String, _ text: String) throws -> JSON {
    let schema = try #require(Schema.shared.type(type))
    var tree = try Schema.shared.decode(json(text), as: schema).tree
    Schema.shared.setDefaults(&tree, schema)
    return tree
  }

  @Test("a pod gets its policies, its grace period and an empty security context")
  func pod() throws {
    let spec = try filled("core.v1.Pod", #"{"spec": {"containers": [{"name": "app"}], "restartPolicy": ""}}"#)["spec"]
    #expect(spec["restartPolicy"] == "Always")
    #expect(spec["dnsPolicy"] == "ClusterFirst")
    #expect(spec["schedulerName"] == "default-scheduler")
    #expect(spec["terminationGracePeriodSeconds"] == 30)
    #expect(spec["securityContext"] == .object([]))
  }

  @Test("a container gets its termination message, empty resources, and protocols for its ports")
  func container() throws {
    let text = #"{"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 80}]}]}}"#
    let container = try filled("core.v1.Pod", text)["spec"]["containers"][0]
    #expect(container["terminationMessagePath"] == "/dev/termination-log")
    #expect(container["terminationMessagePolicy"] == "File")
    #expect(container["resources"] == .object([]))
    #expect(container["ports"] == (try json(#"[{"containerPort": 80, "protocol": "TCP"}]"#)))
    #expect(container["imagePullPolicy"].isNull, "depends on the image's tag")
  }

  @Test("an object that has its defaults stays as it is, and one that lost a deep one gets it back")
  func again() throws {
    let text =
      #"{"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}, {"name": "b", "ports": [{"containerPort": 81}]}]}}"#
    let whole = try filled("core.v1.Pod", text)
    #expect(try filled("core.v1.Pod", whole.description) == whole)
    var lacking = whole
    lacking["spec"]["containers"][1]["ports"][0].remove("protocol")
    #expect(lacking != whole)
    #expect(try filled("core.v1.Pod", lacking.description) == whole)
    lacking = whole
    lacking.put("status", try json(#"{"phase": "Running"}"#))
    #expect(try filled("core.v1.Pod", lacking.description)["spec"] == whole["spec"])
  }

  @Test("a probe gets its timings and its request a path and a scheme; given values stay")
  func probe() throws {
    let text = #"{"spec": {"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 2}}]}}"#
    let probe = try filled("core.v1.Pod", text)["spec"]["containers"][0]["readinessProbe"]
    #expect(probe["periodSeconds"] == 2)
    #expect([probe["timeoutSeconds"], probe["successThreshold"], probe["failureThreshold"]] == [1, 1, 3])
    #expect(probe["httpGet"] == (try json(#"{"port": 80, "path": "/", "scheme": "HTTP"}"#)))
    #expect(probe["initialDelaySeconds"].isNull)
  }

  @Test(
    "volumes of files get the permission bits 0644",
    arguments: ["secret", "configMap", "downwardAPI", "projected"])
  func volumes(_ source: String) throws {
    let text = #"{"spec": {"volumes": [{"name": "v", "\#(source)": {}}]}}"#
    #expect(try filled("core.v1.Pod", text)["spec"]["volumes"][0][Key(source)]["defaultMode"] == 420)
  }

  @Test("a StatefulSet gets one replica, its order, its strategy and claims that are kept")
  func statefulSet() throws {
    let text = #"{"spec": {"template": {"spec": {}}, "volumeClaimTemplates": [{"spec": {}}]}}"#
    let spec = try filled("apps.v1.StatefulSet", text)["spec"]
    #expect(spec["replicas"] == 1)
    #expect(spec["revisionHistoryLimit"] == 10)
    #expect(spec["podManagementPolicy"] == "OrderedReady")
    #expect(spec["updateStrategy"] == [:])
    #expect(spec["persistentVolumeClaimRetentionPolicy"] == (try json(#"{"whenDeleted": "Retain", "whenScaled": "Retain"}"#)))
    #expect(spec["template"]["spec"]["restartPolicy"] == "Always")
    #expect(spec["volumeClaimTemplates"][0]["spec"]["volumeMode"] == "Filesystem")
  }

  @Test("a CronJob gets its policy and history, but the Job in it gets nothing before it is one")
  func cronJob() throws {
    let spec = try filled("batch.v1.CronJob", #"{"spec": {"jobTemplate": {"spec": {"template": {"spec": {}}}}}}"#)["spec"]
    #expect(spec["concurrencyPolicy"] == "Allow")
    #expect(spec["suspend"] == false)
    #expect([spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]] == [3, 1])
    let job = spec["jobTemplate"]["spec"]
    #expect(job.members.map(\.key.name) == ["template"])
  }

  @Test("a template does not get what only pods get")
  func template() throws {
    let text = #"{"spec": {"template": {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "1"}}}]}}}}"#
    let spec = try filled("apps.v1.Deployment", text)["spec"]["template"]["spec"]
    #expect(spec["enableServiceLinks"].isNull)
    #expect(spec["containers"][0]["resources"] == (try json(#"{"limits": {"cpu": "1"}}"#)))
  }

  @Test("both versions of the autoscaler get one replica at least", arguments: ["v1", "v2"])
  func autoscaler(_ version: String) throws {
    #expect(
      try filled("autoscaling.\(version).HorizontalPodAutoscaler", #"{"spec": {"maxReplicas": 5}}"#)["spec"]["minReplicas"] == 1)
  }

  @Test(
    "single fields",
    arguments: [
      ("core.v1.Secret", #"{}"#, "type", #""Opaque""#),
      ("storage.v1.StorageClass", #"{}"#, "volumeBindingMode", #""Immediate""#),
      ("storage.v1.StorageClass", #"{"reclaimPolicy": "Retain"}"#, "reclaimPolicy", #""Retain""#),
      ("core.v1.ServiceSpec", #"{"ports": [{"port": 80}]}"#, "ports", #"[{"port": 80, "protocol": "TCP"}]"#),
      ("core.v1.PersistentVolumeSpec", #"{}"#, "persistentVolumeReclaimPolicy", #""Retain""#),
      ("core.v1.ResourceFieldSelector", #"{"resource": "limits.cpu"}"#, "divisor", #""0""#),
      ("rbac.v1.RoleRef", #"{"kind": "Role", "name": "r"}"#, "apiGroup", #""rbac.authorization.k8s.io""#),
      ("discovery.v1.EndpointPort", #"{"port": 80}"#, "name", #""""#),
    ])
  func single(_ type: String, _ text: String, _ field: String, _ expected: String) throws {
    #expect(try filled(type, text)[Key(field)] == json(expected))
  }

  @Test("a quota's scopes, a class's provisioner and a Secret's type never change")
  func immutable() throws {
    for (type, old, new) in [
      ("core.v1.ResourceQuota", #"{"spec": {"scopes": ["BestEffort"]}}"#, #"{"spec": {}}"#),
      ("storage.v1.StorageClass", #"{"provisioner": "a"}"#, #"{"provisioner": "b"}"#),
      ("core.v1.Secret", #"{"type": "Opaque"}"#, #"{"type": "kubernetes.io/tls"}"#),
      ("apps.v1.Deployment", #"{"spec": {"selector": {}}}"#, #"{"spec": {"selector": {"matchLabels": {"a": "b"}}}}"#),
    ] {
      let schema = try #require(Schema.shared.type(type))
      let errors = try Schema.shared.validateUpdate(json(new), old: json(old), schema)
      #expect(errors.map(\.detail) == ["field is immutable"], "\(type)")
      #expect(try Schema.shared.validateUpdate(json(old), old: json(old), schema) == [], "\(type)")
    }
  }
}
