import CoreObjects

/// What controllers of pods share: ownership, adoption, availability.
enum OwnedPods {
  static func reference(to owner: JSON) -> OwnerReference {
    .make(
      apiVersion: owner[.apiVersion].string, kind: owner[.kind].string, name: owner[.metadata][.name].string,
      uid: owner[.metadata][.uid].string, controller: true, blockOwnerDeletion: true)
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
      changes.append(.update(pod, owners: pod.metadata.ownerReferences.filter { $0.uid != owner.uid }))
    }
    for key in orphans.keys(in: owner.key.namespace) {
      guard let pod = store.get(key), case let metadata = pod.metadata, metadata.deletionTimestamp == nil,
        pod.controller == nil,
        selector.matches(metadata.labels), !pod.view(Pod.self).isOver, fits(pod)
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

  /// Ready for at least `minReadySeconds`; else when it will be, if it is ready now.
  static func availability(_ pod: Pod, _ minReadySeconds: Int, _ now: Instant) -> (isAvailable: Bool, at: Instant?) {
    if minReadySeconds == 0 { return (pod.isReady, nil) }
    guard let since = pod.readiness?.lastTransitionTime.flatMap({ Instant(rfc3339: $0) }) else { return (false, nil) }
    let at = since + .seconds(minReadySeconds)
    return (at <= now, at <= now ? nil : at)
  }

  /// A pod from a template.
  static func make(_ template: PodTemplateSpec, owner: JSON, namespace: String) -> Pod {
    let given = template.metadata
    let metadata = ObjectMeta.make(
      namespace: namespace, labels: given.labels, annotations: given.annotations,
      finalizers: given.finalizers.isEmpty ? nil : given.finalizers.tree.elements, ownerReferences: [reference(to: owner).tree])
    return Pod.make(apiVersion: "v1", kind: "Pod", metadata: metadata, spec: template.spec)
  }
}
