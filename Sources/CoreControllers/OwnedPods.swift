import CoreJSON
import CoreStore
import CoreTypes

/// What controllers of pods share: ownership, adoption, readiness.
enum OwnedPods {
  static func reference(to owner: JSON) -> OwnerReference {
    var reference = OwnerReference()
    reference.apiVersion = owner[.apiVersion].string
    reference.kind = owner[.kind].string
    reference.name = owner[.metadata][.name].string
    reference.uid = owner[.metadata][.uid].string
    reference.controller = true
    reference.blockOwnerDeletion = true
    return reference
  }

  static func controller(of metadata: ObjectMeta) -> OwnerReference? { metadata.ownerReferences.first { $0.controller == true } }

  /// Whoever let go of the pod with this change: it must make another one.
  static func ownerBefore(_ change: StoreChange, kind: String, _ resource: ResourceID) -> [ObjectKey] {
    guard let owner = change.previous?.controller, owner.kind == kind else { return [] }
    return [ObjectKey(resource, namespace: change.object.key.namespace, owner.name ?? "")]
  }

  /// Pods that the owner controls and that its selector matches.
  static func list(_ owner: StoredObject, _ selector: LabelSelector, _ store: Store) -> [StoredObject] {
    store.owned(by: owner.uid).filter {
      $0.key.resource == .pods && $0.controller?.uid == owner.uid && selector.matches($0.metadata.labels)
    }
  }

  /// Adopts orphans that the selector matches, with a finalizer if one is named, and releases own pods that it does not.
  /// Source: pkg/controller/controller_ref_manager.go, v1.36.
  static func claim(
    _ owner: StoredObject, _ selector: LabelSelector, _ orphans: OrphanPods, _ store: Store, finalizer: String? = nil,
    where fits: (StoredObject) -> Bool = { _ in true }
  ) -> [Change] {
    guard owner.metadata.deletionTimestamp == nil else { return [] }
    var changes: [Change] = []
    for pod in store.owned(by: owner.uid) where pod.key.resource == .pods && !selector.matches(pod.metadata.labels) {
      guard pod.controller?.uid == owner.uid else { continue }
      var tree = pod.tree
      let rest = pod.metadata.ownerReferences.filter { $0.uid != owner.uid }
      tree[.metadata].put(.ownerReferences, rest.isEmpty ? .null : List(rest).tree)
      changes.append(Change(.update(.pods, tree: tree), tolerated: ["NotFound"]))
    }
    for key in orphans.keys(in: owner.key.namespace) {
      guard let pod = store.get(key), case let metadata = pod.metadata, metadata.deletionTimestamp == nil,
        pod.controller == nil,
        selector.matches(metadata.labels), !Scheduler.isOver(pod.view(Pod.self)), fits(pod)
      else { continue }
      var tree = pod.tree
      tree[.metadata].put(.ownerReferences, List(Array(metadata.ownerReferences) + [reference(to: owner.tree)]).tree)
      if let finalizer, !metadata.finalizers.values.contains(finalizer) {
        tree[.metadata].put(.finalizers, List(metadata.finalizers.values + [finalizer]).tree)
      }
      changes.append(Change(.update(.pods, tree: tree), tolerated: ["NotFound"]))
    }
    return changes
  }

  static func isReady(_ pod: Pod) -> Bool { pod.status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }

  /// Ready for at least `minReadySeconds`; else when it will be, if it is ready now.
  static func availability(_ pod: Pod, _ minReadySeconds: Int, _ now: Instant) -> (isAvailable: Bool, at: Instant?) {
    guard let ready = pod.status.conditions.first(where: { $0.type == "Ready" && $0.status == "True" }) else {
      return (false, nil)
    }
    if minReadySeconds == 0 { return (true, nil) }
    guard let since = ready.lastTransitionTime.flatMap({ Instant(rfc3339: $0) }) else { return (false, nil) }
    let at = since + .seconds(minReadySeconds)
    return (at <= now, at <= now ? nil : at)
  }

  /// A pod from a template.
  static func make(_ template: PodTemplateSpec, owner: JSON, namespace: String) -> Pod {
    var pod = Pod()
    pod.apiVersion = "v1"
    pod.kind = "Pod"
    pod.metadata.namespace = namespace
    pod.metadata.labels = template.metadata.labels
    pod.metadata.annotations = template.metadata.annotations
    if !template.metadata.finalizers.isEmpty { pod.metadata.finalizers = template.metadata.finalizers }
    pod.metadata.ownerReferences = List([reference(to: owner)])
    pod.spec = template.spec
    return pod
  }
}
