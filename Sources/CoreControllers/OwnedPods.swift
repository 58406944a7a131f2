import CoreJSON
import CoreStore
import CoreTypes

/// What controllers of pods share: ownership, adoption, readiness.
enum OwnedPods {
  static func reference(to owner: JSON) -> OwnerReference {
    var members: [Member] = []
    members.reserveCapacity(6)
    func add(_ key: Key, _ value: JSON) { if !value.isNull { members.append(Member(key: key, value: value)) } }
    add(.apiVersion, owner[.apiVersion])
    add(.kind, owner[.kind])
    add(.name, owner[.metadata][.name])
    add(.uid, owner[.metadata][.uid])
    add(.controller, true)
    add(.blockOwnerDeletion, true)
    return OwnerReference(tree: .object(members))
  }

  static func controller(of metadata: ObjectMeta) -> OwnerReference? { metadata.ownerReferences.first { $0.controller == true } }

  /// Whoever let go of the pod with this change: it must make another one.
  static func ownerBefore(_ change: StoreChange, kind: String, _ resource: ResourceID) -> [ObjectKey] {
    guard let owner = change.previous?.controller, owner.kind == kind else { return [] }
    return [ObjectKey(resource, namespace: change.object.key.namespace, owner.name ?? "")]
  }

  /// Pods that the owner controls and that its selector matches.
  static func list(_ owner: StoredObject, _ selector: LabelSelector, _ store: Store) -> [StoredObject] {
    controlled(by: owner, store).filter { selector.matches($0.metadata.labels) }
  }

  /// Pods that the owner controls, whatever their labels.
  static func controlled(by owner: StoredObject, _ store: Store) -> [StoredObject] {
    store.owned(by: owner.uid).filter { $0.key.resource == .pods && $0.controllerReference[.uid].isText(owner.uid) }
  }

  /// Adopts orphans that the selector matches, with a finalizer if one is named, and releases own pods that it does not.
  /// Source: pkg/controller/controller_ref_manager.go, v1.36.
  /// - Parameter owned: the pods that the owner controls
  static func claim(
    _ owner: StoredObject, _ selector: LabelSelector, _ orphans: OrphanPods, _ store: Store, owned: [StoredObject],
    finalizer: String? = nil, where fits: (StoredObject) -> Bool = { _ in true }
  ) -> [Change] {
    guard owner.metadata.deletionTimestamp == nil else { return [] }
    var changes: [Change] = []
    for pod in owned where !selector.matches(pod.metadata.labels) {
      var tree = pod.tree
      let rest = pod.metadata.ownerReferences.filter { $0.uid != owner.uid }
      tree[.metadata].put(.ownerReferences, rest.isEmpty ? .null : List(rest).tree)
      changes.append(Change(.update(.pods, tree: tree), tolerated: Change.untilGone))
    }
    for key in orphans.keys(in: owner.key.namespace) {
      guard let pod = store.get(key), case let metadata = pod.metadata, metadata.deletionTimestamp == nil,
        pod.controller == nil,
        selector.matches(metadata.labels), !Scheduler.isOver(pod), fits(pod)
      else { continue }
      var tree = pod.tree
      tree[.metadata].put(.ownerReferences, List(Array(metadata.ownerReferences) + [reference(to: owner.tree)]).tree)
      if let finalizer, !metadata.finalizers.values.contains(finalizer) {
        tree[.metadata].put(.finalizers, List(metadata.finalizers.values + [finalizer]).tree)
      }
      changes.append(Change(.update(.pods, tree: tree), tolerated: Change.untilGone))
    }
    return changes
  }

  static func isReady(_ pod: Pod) -> Bool { isReady(pod.tree) }
  static func isReady(_ pod: StoredObject) -> Bool { isReady(pod.tree) }
  private static func isReady(_ pod: JSON) -> Bool {
    pod[.status][.conditions].elements.contains { $0[.type].isText("Ready") && $0[.status].isText("True") }
  }

  /// Ready for at least `minReadySeconds`; else when it will be, if it is ready now.
  static func availability(_ pod: Pod, _ minReadySeconds: Int, _ now: Instant) -> (isAvailable: Bool, at: Instant?) {
    if minReadySeconds == 0 { return (isReady(pod), nil) }
    guard let ready = pod.status.conditions.first(where: { $0.type == "Ready" && $0.status == "True" }) else {
      return (false, nil)
    }
    guard let since = ready.lastTransitionTime.flatMap({ Instant(rfc3339: $0) }) else { return (false, nil) }
    let at = since + .seconds(minReadySeconds)
    return (at <= now, at <= now ? nil : at)
  }

  /// A pod from a template.
  static func make(_ template: PodTemplateSpec, owner: JSON, namespace: String) -> Pod {
    let given = template.tree[.metadata]
    var metadata: [Member] = []
    metadata.reserveCapacity(8)
    func add(_ key: Key, _ value: JSON) { if !value.isNull { metadata.append(Member(key: key, value: value)) } }
    add(.namespace, .string(namespace))
    add(.labels, given[.labels])
    add(.annotations, given[.annotations])
    if !given[.finalizers].elements.isEmpty { add(.finalizers, given[.finalizers]) }
    add(.ownerReferences, .array([reference(to: owner).tree]))
    let members = [
      Member(key: .apiVersion, value: "v1"), Member(key: .kind, value: "Pod"), Member(key: .metadata, value: .object(metadata)),
      Member(key: .spec, value: template.tree[.spec]),
    ]
    return Pod(tree: .object(members.filter { !$0.value.isNull }))
  }
}
