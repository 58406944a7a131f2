import CoreObjects

/// The ReplicaSet of the present template and its number.
extension DeploymentSync {
  /// Numbers the new set above all others, making it first if wanted. Source: getNewReplicaSet, sync.go, v1.36.
  mutating func reviseNewSet(create: Bool) {
    let next = (oldSets.map(\.revision).max() ?? 0) + 1
    if newSet == nil {
      guard create else { return }
      makeNewSet(revision: next)
      if newSet != nil { annotateDeployment(revision: next) }
      return
    }
    let before = newSet!.revision
    if before < next {
      newSet!.annotate(RevisionSet.revisionAnnotation, String(next))
      if before > 0 {
        let history = newSet!.replicaSet.metadata.annotations[RevisionSet.historyAnnotation] ?? ""
        newSet!.annotate(RevisionSet.historyAnnotation, DeploymentSync.history(history, adding: before))
      }
    }
    for (name, value) in copiedAnnotations { newSet!.annotate(Key(name), value) }
    annotateDeployment(revision: max(before, next))
    if hasDeadline, !status.conditions.contains(where: { $0.type == "Progressing" }) {
      set("Progressing", "True", "FoundNewReplicaSet", "found new replica set \"\(newSet!.name)\"")
    }
  }

  /// The numbers that a set had before, as far as 2,000 characters hold them: the oldest are forgotten.
  /// Source: SetNewReplicaSetAnnotations and maxRevHistoryLengthInChars, pkg/controller/deployment, v1.36.
  private static func history(_ text: String, adding revision: Int) -> String {
    var parts = text.split(separator: ",").map(String.init) + [String(revision)]
    var length = parts.reduce(-1) { $0 + $1.utf8.count + 1 }
    while length > RevisionSet.historyLimit, parts.count > 1 { length -= parts.removeFirst().utf8.count + 1 }
    return parts.joined(separator: ",")
  }

  private var copiedAnnotations: [(name: String, value: String)] {
    let annotations = deployment.metadata.annotations
    // Most have the revision and nothing else.
    if annotations.tree.members.allSatisfy({ $0.key == RevisionSet.revisionAnnotation }) { return [] }
    return annotations.sorted.filter { !RevisionSet.ownAnnotations.contains($0.name) }
  }

  private mutating func annotateDeployment(revision: Int) {
    let value = String(revision)
    if deployment.tree[.metadata][.annotations][RevisionSet.revisionAnnotation].isText(value) { return }
    let annotations = JSON.object([Member(key: RevisionSet.revisionAnnotation, value: .string(value))])
    plan.changes.append(Change(.patch(stored.key, subresource: "", merge: ["metadata": ["annotations": annotations]])))
  }

  private mutating func makeNewSet(revision: Int) {
    let hash = TemplateHash.text(deployment.spec.template.tree, collisions: status.collisionCount ?? 0)
    let name = "\(stored.key.name)-\(hash)"
    if store.get(.replicaSets, namespace: stored.key.namespace, name) != nil {
      // Taken by a set of another template or owner: the next look tries another hash.
      status.collisionCount = (status.collisionCount ?? 0) + 1
      return
    }
    var set = ReplicaSet()
    set.apiVersion = "apps/v1"
    set.kind = "ReplicaSet"
    set.metadata.name = name
    set.metadata.namespace = stored.key.namespace
    set.metadata.labels = deployment.spec.template.metadata.labels
    set.metadata.labels[RevisionSet.hashLabel] = hash
    for (name, value) in copiedAnnotations { set.metadata.annotations[name] = value }
    set.metadata.annotations[RevisionSet.revisionAnnotation] = String(revision)
    set.metadata.ownerReferences = List([OwnedPods.reference(to: stored.tree)])
    set.spec.minReadySeconds = deployment.spec.minReadySeconds
    set.spec.selector = deployment.spec.selector
    set.spec.selector.matchLabels[RevisionSet.hashLabel] = hash
    set.spec.template = deployment.spec.template
    set.spec.template.metadata.labels[RevisionSet.hashLabel] = hash
    set.spec.replicas = 0
    newSet = RevisionSet(new: set)
    newSet!.replicas = newSetSize
    guard hasDeadline else { return }
    if wasRefused {
      self.set(
        "Progressing", "False", "ReplicaSetCreateError", "replica set \"\(name)\" was refused: see the events of this Deployment")
    } else {
      self.set("Progressing", "True", "NewReplicaSetCreated", "created new replica set \"\(name)\"")
    }
  }

  /// How far the new set may grow now. Source: NewRSNewReplicas, deployment_util.go, v1.36.
  var newSetSize: Int {
    let present = newSet?.replicas ?? 0
    guard isRolling else { return wanted }
    let total = replicas
    let most = wanted + pace.surge
    if total >= most { return present }
    return present + min(most - total, wanted - present)
  }
}
