import CoreObjects

/// Parts of manifests that several subjects have.
enum Templates {
  /// The template of a pod with one container.
  static func pod(
    _ app: String, mounting claim: String? = nil, restart: String? = nil, cpu: String = "50m", memory: String = "32Mi",
    isProbed: Bool = true
  ) -> JSON {
    var container: JSON = [
      "name": "main", "image": "app", "resources": ["requests": ["cpu": .string(cpu), "memory": .string(memory)]],
    ]
    if isProbed { container.put(.readinessProbe, ["periodSeconds": 10, "failureThreshold": 1, "exec": ["command": ["true"]]]) }
    if let claim { container.put(.volumeMounts, [["name": .string(claim), "mountPath": "/data"]]) }
    var spec: JSON = ["containers": [container], "terminationGracePeriodSeconds": 5]
    if let restart { spec.put(.restartPolicy, .string(restart)) }
    return ["metadata": ["labels": ["app": .string(app)]], "spec": spec]
  }

  static func claim(_ name: String) -> JSON {
    [
      "metadata": ["name": .string(name)],
      "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "10Mi"]]],
    ]
  }

  /// A new version of a template that runs as well as the one before.
  static func annotation(_ number: Int) -> JSON {
    ["spec": ["template": ["metadata": ["annotations": ["version": .string(String(number))]]]]]
  }

  static func image(_ name: String) -> JSON {
    ["spec": ["template": ["spec": ["containers": [["name": "main", "image": .string(name)]]]]]]
  }
}
