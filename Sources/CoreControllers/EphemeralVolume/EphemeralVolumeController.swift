package import CoreObjects

/// Makes the claims of generic ephemeral volumes, which belong to their pod and go with it.
/// Source: pkg/controller/volume/ephemeral/controller.go, v1.36.
package struct EphemeralVolumeController: Controller {
  package let name = "ephemeral-volume-controller"
  package var resources: Set<ResourceID>? { [.pods, .persistentVolumeClaims] }

  package init() {}

  /// A new pod, and those that want a claim of the name of one that is gone.
  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    if key.resource == .pods {
      return change.kind == .added && !EphemeralVolumeController.claims(of: change.object).isEmpty ? [key] : []
    }
    guard change.kind == .deleted else { return [] }
    return snapshot.store.list(.pods, namespace: key.namespace).filter { pod in
      EphemeralVolumeController.claims(of: pod).contains { $0.name == key.name }
    }.map(\.key)
  }

  package func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    var plan = Plan()
    guard let pod = snapshot.store.get(key), pod.metadata.deletionTimestamp == nil else { return plan }
    for claim in EphemeralVolumeController.claims(of: pod) {
      func failure(_ text: String) -> EventDraft {
        pod.event(.warning, "FailedBinding", "ephemeral volume \(claim.volume): \(text)")
      }
      guard let present = snapshot.store.get(.persistentVolumeClaims, namespace: key.namespace, claim.name) else {
        plan.changes.append(
          Change(
            .create(.persistentVolumeClaims, namespace: key.namespace, tree: EphemeralVolumeController.tree(of: claim, pod)),
            failed: failure("create PVC \(claim.name): {error}"), tolerated: Change.untilThere))
        continue
      }
      if let problem = EphemeralClaim.problem(present.metadata, ofPod: key.name, uid: pod.uid) {
        plan.changes.append(Change(.nothing, succeeded: failure(problem)))
      }
    }
    return plan
  }

  private static func claims(of pod: StoredObject) -> [EphemeralClaim] {
    pod.view(Pod.self).spec.volumes.compactMap { EphemeralClaim($0, ofPod: pod.key.name) }
  }

  private static func tree(of claim: EphemeralClaim, _ pod: StoredObject) -> JSON {
    let owner: JSON = [
      "apiVersion": "v1", "kind": "Pod", "name": .string(pod.key.name), "uid": .string(pod.uid), "controller": true,
      "blockOwnerDeletion": true,
    ]
    let metadata: JSON = [
      "name": .string(claim.name), "namespace": .string(pod.key.namespace), "ownerReferences": [owner],
      "labels": claim.template.metadata.tree[.labels], "annotations": claim.template.metadata.tree[.annotations],
    ]
    return [
      "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata.withoutNulls, "spec": claim.template.spec.tree,
    ]
  }
}
