import CoreJSON
import CoreStore
import CoreTypes

/// The identity of one pod of a set: name, labels, volumes. Source: stateful_set_utils.go, v1.36.
enum StatefulPod {
  static let revisionLabel = "controller-revision-hash"

  /// The ordinal in "SET-N", nil for other names.
  static func ordinal(_ name: String, of set: String) -> Int? {
    guard name.hasPrefix(set + "-") else { return nil }
    let digits = name.dropFirst(set.count + 1)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits == "0" || digits.first != "0" else {
      return nil
    }
    return Int(digits)
  }

  static func make(_ stored: StoredObject, template: PodTemplateSpec, ordinal: Int, revision: String) -> Pod {
    let set = stored.view(StatefulSet.self)
    var pod = OwnedPods.make(template, owner: stored.tree, namespace: stored.key.namespace)
    let name = "\(stored.key.name)-\(ordinal)"
    pod.metadata.name = name
    pod.metadata.labels[revisionLabel] = revision
    pod.metadata.labels["statefulset.kubernetes.io/pod-name"] = name
    pod.metadata.labels["apps.kubernetes.io/pod-index"] = String(ordinal)
    pod.spec.hostname = name
    if let service = set.spec.serviceName, !service.isEmpty { pod.spec.subdomain = service }
    for claim in set.spec.volumeClaimTemplates {
      let volumeName = claim.metadata.name ?? ""
      var volume = Volume()
      volume.name = volumeName
      volume.persistentVolumeClaim.claimName = "\(volumeName)-\(name)"
      pod.spec.volumes.removeAll { $0.name == volumeName }
      pod.spec.volumes.append(volume)
    }
    return pod
  }

  /// Claims that the pod wants and that are not there; and those whose owners differ from the retention policy.
  static func claims(_ stored: StoredObject, ordinal: Int, pod: StoredObject?, isCondemned: Bool, _ store: Store) -> [Change] {
    let set = stored.view(StatefulSet.self)
    var changes: [Change] = []
    for template in set.spec.volumeClaimTemplates {
      let name = "\(template.metadata.name ?? "")-\(stored.key.name)-\(ordinal)"
      let owners = owners(set, stored, pod: pod, isCondemned: isCondemned)
      if let present = store.get(.persistentVolumeClaims, namespace: stored.key.namespace, name) {
        let ours: Set<String> = [stored.uid, pod?.uid ?? ""]
        let others = present.metadata.ownerReferences.filter { !ours.contains($0.uid ?? "") && $0.kind != "Pod" }
        let wanted = List(others + owners)
        if present.metadata.ownerReferences.map({ $0.uid ?? "" }) == wanted.map({ $0.uid ?? "" }) { continue }
        var tree = present.tree
        tree[.metadata].put(.ownerReferences, wanted.isEmpty ? .null : wanted.tree)
        changes.append(Change(.update(.persistentVolumeClaims, tree: tree), tolerated: ["NotFound"]))
        continue
      }
      if isCondemned { continue }
      var claim = PersistentVolumeClaim(tree: template.tree)
      claim.apiVersion = "v1"
      claim.kind = "PersistentVolumeClaim"
      claim.metadata.name = name
      claim.metadata.namespace = stored.key.namespace
      for (key, value) in set.spec.selector.matchLabels.sorted { claim.metadata.labels[key] = value }
      if !owners.isEmpty { claim.metadata.ownerReferences = List(owners) }
      changes.append(
        Change(
          .create(.persistentVolumeClaims, namespace: stored.key.namespace, tree: claim.tree),
          failed: EventDraft(
            .warning, reason: "FailedCreate", message: "create Claim \(name) failed: {error}", about: stored.tree),
          tolerated: ["AlreadyExists"]))
    }
    return changes
  }

  /// whenDeleted Delete: the set owns the claim; whenScaled Delete: a condemned pod does.
  private static func owners(_ set: StatefulSet, _ stored: StoredObject, pod: StoredObject?, isCondemned: Bool)
    -> [OwnerReference]
  {
    let policy = set.spec.persistentVolumeClaimRetentionPolicy
    var reference = OwnerReference()
    if isCondemned, policy.whenScaled == "Delete", let pod {
      reference = OwnedPods.reference(to: pod.tree)
    } else if policy.whenDeleted == "Delete" {
      reference = OwnedPods.reference(to: stored.tree)
    } else {
      return []
    }
    reference.controller = nil
    reference.blockOwnerDeletion = nil
    return [reference]
  }
}
