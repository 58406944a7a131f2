import CoreObjects

extension Writer {
  /// The row of pods/binding: a pod gets its node, once.
  mutating func bind(_ key: ObjectKey, _ uid: String, _ node: String, _ actor: Actor, _ now: Instant) throws(APIError) -> Written
  {
    var (draft, old) = try draft(of: key, by: actor, at: now)
    if !uid.isEmpty { try Preconditions(uid: uid).check(old, "Pod") }
    var pod = old.view(Pod.self)
    let path = ResourceID("", "pods/binding")
    if pod.metadata.deletionTimestamp != nil {
      throw .conflict(path, key.name, "the pod is being deleted, cannot be assigned to a host")
    }
    if let present = pod.spec.nodeName, !present.isEmpty {
      throw .conflict(path, key.name, "the pod is already assigned to node \"\(present)\"")
    }
    if !pod.spec.schedulingGates.isEmpty { throw .conflict(path, key.name, "the pod still has scheduling gates") }
    pod.spec.nodeName = node
    // The place that was kept for it is taken (KEP-5278).
    pod.status.nominatedNodeName = nil
    var conditions = pod.status.conditions.tree.elements.filter { $0[.type].string != "PodScheduled" }
    conditions.append(["type": "PodScheduled", "status": "True", "lastTransitionTime": .string(now.rfc3339)])
    pod.status.conditions = List(tree: .array(conditions))
    draft.tree = pod.tree
    FieldOwnership.record(&draft)
    return Written(object: put(&draft))
  }
}
