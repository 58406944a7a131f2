import CoreObjects

/// The claims behind one pod's storage. They outlive the pod; the retention policy acts through their owner references only.
/// Source: pkg/controller/statefulset/stateful_set_utils.go and stateful_pod_control.go, v1.36.
struct StatefulClaims {
  let stored: StoredObject
  let store: Store
  private let set: StatefulSet

  init(_ stored: StoredObject, _ store: Store) {
    self.stored = stored
    self.store = store
    set = stored.view(StatefulSet.self)
  }

  static func name(_ template: PersistentVolumeClaim, of set: String, _ ordinal: Int) -> String {
    "\(template.metadata.name ?? "")-\(set)-\(ordinal)"
  }

  /// Whether a claim of this name belongs to a pod of the set.
  static func isClaim(_ name: String, of stored: StoredObject) -> Bool {
    stored.view(StatefulSet.self).spec.volumeClaimTemplates.contains { template in
      StatefulPod.ordinal(name, of: "\(template.metadata.name ?? "")-\(stored.key.name)") != nil
    }
  }

  private func present(_ template: PersistentVolumeClaim, _ ordinal: Int) -> StoredObject? {
    store.get(
      .persistentVolumeClaims, namespace: stored.key.namespace, StatefulClaims.name(template, of: stored.key.name, ordinal))
  }

  /// A claim that a new pod must not use, for it goes with the pod before: being deleted, or owned by that pod.
  func leaving(_ ordinal: Int) -> StoredObject? {
    let isScaledAway = set.spec.persistentVolumeClaimRetentionPolicy.whenScaled == "Delete"
    let pod = "\(stored.key.name)-\(ordinal)"
    for template in set.spec.volumeClaimTemplates {
      guard let claim = present(template, ordinal) else { continue }
      if claim.metadata.deletionTimestamp != nil { return claim }
      if isScaledAway, claim.metadata.ownerReferences.contains(where: { $0.kind == "Pod" && $0.name == pod }) { return claim }
    }
    return nil
  }

  /// The claims that are not there yet.
  func missing(_ ordinal: Int) -> [Change] {
    set.spec.volumeClaimTemplates.compactMap { template in
      if present(template, ordinal) != nil { return nil }
      let name = StatefulClaims.name(template, of: stored.key.name, ordinal)
      var claim = PersistentVolumeClaim(tree: template.tree)
      claim.apiVersion = "v1"
      claim.kind = "PersistentVolumeClaim"
      claim.metadata.name = name
      claim.metadata.namespace = stored.key.namespace
      for (key, value) in set.spec.selector.matchLabels.sorted { claim.metadata.labels[key] = value }
      let owners = owners(pod: nil, isCondemned: false)
      if !owners.isEmpty { claim.metadata.ownerReferences = List(owners) }
      return Change(
        .create(.persistentVolumeClaims, namespace: stored.key.namespace, tree: claim.tree),
        failed: stored.event(.warning, "FailedCreate", "create Claim \(name) failed: {error}"),
        tolerated: Change.untilThere)
    }
  }

  /// Gives the claims of a pod the owners that the policy wants. Claims that an earlier set or pod of the same name
  /// owns, or that another controller manages, are left alone.
  func retention(of pod: StoredObject, _ ordinal: Int, isCondemned: Bool) -> [Change] {
    set.spec.volumeClaimTemplates.compactMap { template in
      guard let claim = present(template, ordinal) else { return nil }
      let references = Array(claim.metadata.ownerReferences)
      let isStale = references.contains {
        ($0.kind == "StatefulSet" && $0.name == stored.key.name && $0.uid != stored.uid)
          || ($0.kind == "Pod" && $0.name == pod.key.name && $0.uid != pod.uid)
      }
      if isStale { return nil }
      let others = references.filter { $0.uid != stored.uid && $0.uid != pod.uid }
      let isManaged = others.contains { $0.controller == true }
      let wanted = isManaged ? others : others + owners(pod: pod, isCondemned: isCondemned)
      return references == wanted ? nil : .update(claim, owners: wanted)
    }
  }

  /// whenScaled Delete: a condemned pod takes its claim along; whenDeleted Delete: the set does.
  private func owners(pod: StoredObject?, isCondemned: Bool) -> [OwnerReference] {
    let policy = set.spec.persistentVolumeClaimRetentionPolicy
    if isCondemned, policy.whenScaled == "Delete", let pod {
      var reference = OwnedPods.reference(to: pod.tree)
      reference.apiVersion = "v1"
      reference.kind = "Pod"
      return [reference]
    }
    return policy.whenDeleted == "Delete" ? [OwnedPods.reference(to: stored.tree)] : []
  }
}
