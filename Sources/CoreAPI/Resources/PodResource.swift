import CoreObjects

/// Containers that share an address and volumes.
struct PodResource: Resource {
  let definition = ResourceDefinition(
    id: .pods, kind: "Pod", shortNames: ["po"], categories: ["all"], hasStatus: true,
    namesHosts: true, template: [], keptByStatus: [.ownerReferences], isJudgedBySpec: true,
    subresources: [
      Subresource(name: "attach", kind: "PodAttachOptions", verbs: ["create", "get"]),
      Subresource(name: "binding", kind: "Binding", verbs: ["create"]),
      Subresource(name: "ephemeralcontainers", kind: "Pod", verbs: ["get", "patch", "update"]),
      Subresource(name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"]),
      Subresource(name: "exec", kind: "PodExecOptions", verbs: ["create", "get"]),
      Subresource(name: "log", kind: "Pod", verbs: ["get"]),
      Subresource(name: "resize", kind: "Pod", verbs: ["get", "patch", "update"]),
      Subresource(name: "portforward", kind: "PodPortForwardOptions", verbs: ["create", "get"]),
      .proxy("PodProxyOptions"),
    ],
    columns: [
      .name, "Ready", "Status", "Restarts", .age, .wide("IP"), .wide("Node"), .wide("Nominated Node"), .wide("Readiness Gates"),
    ],
    selectable: [
      "spec.nodeName": { $0[.spec][.nodeName] }, "spec.host": { $0[.spec][.nodeName] },
      "spec.restartPolicy": { $0[.spec][.restartPolicy] },
      "spec.schedulerName": { $0[.spec][.schedulerName] }, "spec.serviceAccountName": { $0[.spec][.serviceAccountName] },
      "spec.hostNetwork": { .bool($0[.spec][.hostNetwork] == true) }, "status.phase": { $0[.status][.phase] },
      // The last may be named, and no pod has it. Source: ToSelectableFields, pkg/registry/core/pod/strategy.go, v1.36.
      "status.podIP": { $0[.status][.podIP] }, "status.podIPs": { _ in .null },
      "status.nominatedNodeName": { $0[.status][.nominatedNodeName] },
    ])

  func setDefaults(_ object: inout JSON) {
    var spec = PodSpec(tree: object.take(.spec))
    PodSpecDefaults.pod(&spec)
    object.put(.spec, spec.tree)
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var pod = Pod(tree: object)
    object = .null  // Or each part that the view changes would be copied.
    pod.metadata.generation = 1
    pod.status = PodStatus()
    pod.status.phase = "Pending"
    pod.status.qosClass = QualityOfService.of(pod)
    object = pod.tree
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) {
    if context.scope.isPartOfPod { object = PodParts.taken(context.scope, of: object, old: old) }
    object.put(.status, old[.status])
    keepGeneration(&object, old: old)
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var errors = PodSpecRules.validate(Pod(tree: object).spec, "spec")
    // A template may leave the image to whoever makes pods of it.
    for (index, volume) in object[.spec][.volumes].elements.enumerated() where volume[.image].isObject {
      if (volume[.image][.reference].string ?? "").isEmpty {
        errors.add(.required, FieldPath("spec").child("volumes").index(index).child("image").child("reference"), "name the image")
      }
    }
    let isNew = context.store.get(ObjectKey(definition.id, of: object)) == nil
    if isNew, !object[.spec][.ephemeralContainers].elements.isEmpty {
      errors.add(.forbidden, "spec.ephemeralContainers", "they come to a pod that is there")
    }
    return errors
  }

  /// Only images, deadlines and added tolerations may change. Source: ValidatePodUpdate, pkg/apis/core/validation, v1.36.
  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    if context.scope.isPartOfPod { return PodParts.validate(context.scope, object, old: old) }
    if object[.spec] == old[.spec] { return [] }
    var new = Pod(tree: object)
    let before = Pod(tree: old)
    if new.spec.containers.count != before.spec.containers.count {
      return [FieldError(.forbidden, "spec.containers", detail: "pod updates may not add or remove containers")]
    }
    for index in new.spec.containers.indices { new.spec.containers[index].image = before.spec.containers[index].image }
    for index in new.spec.initContainers.indices {
      new.spec.initContainers[index].image = before.spec.initContainers[index].image
    }
    for key in [Key.activeDeadlineSeconds, .tolerations] { new.tree[.spec].put(key, before.tree[.spec][key]) }
    // A negative one could be given once, and means 1.
    if let old = before.spec.terminationGracePeriodSeconds, old < 0, new.spec.terminationGracePeriodSeconds == 1 {
      new.spec.terminationGracePeriodSeconds = old
    }
    return FieldRules.onlyMayChange(
      "containers[*].image, initContainers[*].image, activeDeadlineSeconds, tolerations", new.spec.tree, before.spec.tree)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let pod = Pod(tree: object)
    let (ready, reason, restarts) = PodSummary.make(pod, now)
    let gates = pod.spec.readinessGates.map { gate in
      pod.status.conditions.contains { $0.type == gate.conditionType && $0.status == "True" }
    }
    return [
      TableCells.name(object), .string(ready), .string(reason), .string(restarts), TableCells.age(object, now),
      .string(pod.status.podIP ?? "<none>"), .string(pod.spec.nodeName ?? "<none>"),
      .string(pod.status.nominatedNodeName ?? "<none>"),
      .string(gates.isEmpty ? "<none>" : "\(gates.filter { $0 }.count)/\(gates.count)"),
    ]
  }
}
