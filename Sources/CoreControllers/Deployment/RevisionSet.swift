import CoreObjects

/// One ReplicaSet of a Deployment as a sync sees and changes it.
struct RevisionSet {
  static let revisionAnnotation: Key = "deployment.kubernetes.io/revision"
  static let historyAnnotation: Key = "deployment.kubernetes.io/revision-history"
  static let desiredAnnotation: Key = "deployment.kubernetes.io/desired-replicas"
  static let mostAnnotation: Key = "deployment.kubernetes.io/max-replicas"
  /// Characters of the history annotation at the most.
  static let historyLimit = 2000
  static let hashLabel: Key = "pod-template-hash"
  /// Annotations of a Deployment that its ReplicaSets do not get. Source: annotationsToSkip, deployment_util.go, v1.36.
  static let ownAnnotations: Set<String> = [
    "kubectl.kubernetes.io/last-applied-configuration", revisionAnnotation.name, historyAnnotation.name, desiredAnnotation.name,
    mostAnnotation.name, "deprecated.deployment.rollback.to",
  ]

  /// nil for a set that the plan is about to make.
  let stored: StoredObject?
  let replicaSet: ReplicaSet
  let name: String
  /// spec.replicas: as wanted after the plan.
  var replicas: Int
  /// Annotations that the plan changes.
  var annotations: [(key: Key, value: String)] = []

  init(_ stored: StoredObject) {
    self.stored = stored
    replicaSet = stored.view(ReplicaSet.self)
    name = stored.key.name
    replicas = replicaSet.spec.replicas ?? 1
  }

  /// A set to be made.
  init(new set: ReplicaSet) {
    stored = nil
    replicaSet = set
    name = replicaSet.metadata.name ?? ""
    replicas = replicaSet.spec.replicas ?? 0
  }

  var replicasBefore: Int { stored == nil ? 0 : replicaSet.spec.replicas ?? 1 }
  var available: Int { replicaSet.status.availableReplicas ?? 0 }
  var revision: Int { annotation(RevisionSet.revisionAnnotation) ?? 0 }
  var desired: Int? { annotation(RevisionSet.desiredAnnotation) }
  var most: Int? { annotation(RevisionSet.mostAnnotation) }
  /// Old to new; by name where two were made in the same second.
  var age: (String, String) { (replicaSet.metadata.creationTimestamp ?? "9", name) }

  private func annotation(_ key: Key) -> Int? { replicaSet.tree[.metadata][.annotations][key].string.flatMap { Int($0) } }

  mutating func annotate(_ key: Key, _ value: String) {
    if !replicaSet.tree[.metadata][.annotations][key].isText(value) { annotations.append((key, value)) }
  }

  /// Whether the set was made from the template: all but the label that a Deployment adds is the same.
  func isMade(from template: PodTemplateSpec) -> Bool {
    let own = replicaSet.tree[.spec][.template]
    let (mine, wanted) = (own[.metadata], template.tree[.metadata])
    return own[.spec] == template.tree[.spec]
      && RevisionSet.agree(mine[.labels], wanted[.labels]) { $0 == RevisionSet.hashLabel }
      && RevisionSet.agree(mine, wanted) { $0 == .labels || $0 == .creationTimestamp }
  }

  /// Whether two objects have the same members, but for those that are left out.
  private static func agree(_ left: JSON, _ right: JSON, without isLeftOut: (Key) -> Bool) -> Bool {
    var count = 0
    for member in left.members where !isLeftOut(member.key) {
      if right[member.key] != member.value { return false }
      count += 1
    }
    return count == right.members.count { !isLeftOut($0.key) }
  }
}
