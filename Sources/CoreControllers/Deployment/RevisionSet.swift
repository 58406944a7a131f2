import CoreJSON
import CoreStore
import CoreTypes

/// One ReplicaSet of a Deployment as a sync sees and changes it.
struct RevisionSet {
  static let revisionAnnotation = "deployment.kubernetes.io/revision"
  static let historyAnnotation = "deployment.kubernetes.io/revision-history"
  static let desiredAnnotation = "deployment.kubernetes.io/desired-replicas"
  static let mostAnnotation = "deployment.kubernetes.io/max-replicas"
  /// Characters of the history annotation at the most.
  static let historyLimit = 2000
  static let hashLabel = "pod-template-hash"
  /// Annotations of a Deployment that its ReplicaSets do not get. Source: annotationsToSkip, deployment_util.go, v1.36.
  static let ownAnnotations: Set<String> = [
    "kubectl.kubernetes.io/last-applied-configuration", revisionAnnotation, historyAnnotation, desiredAnnotation, mostAnnotation,
    "deprecated.deployment.rollback.to",
  ]

  /// nil for a set that the plan is about to make.
  let stored: StoredObject?
  let replicaSet: ReplicaSet
  let name: String
  /// spec.replicas: as wanted after the plan.
  var replicas: Int
  /// Annotations that the plan changes.
  var annotations: [(name: String, value: String)] = []

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

  private func annotation(_ name: String) -> Int? { replicaSet.metadata.annotations[name].flatMap { Int($0) } }

  mutating func annotate(_ name: String, _ value: String) {
    if replicaSet.metadata.annotations[name] != value { annotations.append((name, value)) }
  }

  /// Whether the set was made from the template: all but the label that a Deployment adds is the same.
  func isMade(from template: PodTemplateSpec) -> Bool {
    var own = replicaSet.spec.template
    own.metadata.labels[RevisionSet.hashLabel] = nil
    if own.metadata.labels.isEmpty { own.metadata.tree.remove(.labels) }
    var wanted = template
    wanted.metadata.labels[RevisionSet.hashLabel] = nil
    if wanted.metadata.labels.isEmpty { wanted.metadata.tree.remove(.labels) }
    own.metadata.tree.remove(.creationTimestamp)
    wanted.metadata.tree.remove(.creationTimestamp)
    return own.spec.tree == wanted.spec.tree
      && own.metadata.tree.members.sorted { $0.key.name < $1.key.name }
        == wanted.metadata.tree.members.sorted { $0.key.name < $1.key.name }
  }
}
