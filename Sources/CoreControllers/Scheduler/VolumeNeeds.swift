import CoreObjects

/// What a pod's claims mean for its place: bound volumes that live on certain nodes, and claims that wait for a node.
/// Source: pkg/scheduler/framework/plugins/volumebinding and volumerestrictions, v1.36.
struct VolumeNeeds {
  /// A claim that is bound once its first consumer has a node.
  private struct Unbound {
    var stored: StoredObject
    var type: StorageClass
    /// Volumes that fit, the smallest first.
    var candidates: [StoredObject]
  }
  /// Why the pod cannot be placed at all.
  var problem: String?
  /// Claims that one pod at a time may use.
  var exclusive: [ObjectKey] = []
  /// A claim has its node and waits for its volume.
  private var isProvisioning = false
  private var unbound: [Unbound] = []
  private var affinities: [NodeSelector] = []

  /// Every claim has its volume: nothing is in the way of binding the pod.
  var isBound: Bool { unbound.isEmpty && !isProvisioning }

  init(_ pod: Pod, namespace: String, _ store: Store) {
    let ephemeral = pod.spec.volumes.compactMap { EphemeralClaim($0, ofPod: pod.metadata.name ?? "")?.name }
    for key in ClusterUsage.claims(of: pod) {
      let isEphemeral = ephemeral.contains(key.name)
      guard let stored = store.get(key) else {
        problem =
          isEphemeral
          ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \"\(key.name)\""
          : "persistentvolumeclaim \"\(key.name)\" not found"
        return
      }
      if isEphemeral,
        let other = EphemeralClaim.problem(stored.metadata, ofPod: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "")
      {
        problem = other
        return
      }
      let claim = stored.view(PersistentVolumeClaim.self)
      if claim.metadata.deletionTimestamp != nil {
        problem = "persistentvolumeclaim \"\(key.name)\" is being deleted"
        return
      }
      if claim.spec.accessModes.values.contains("ReadWriteOncePod") { exclusive.append(key) }
      if let bound = claim.spec.volumeName, !bound.isEmpty {
        guard let volume = store.get(.persistentVolumes, bound)?.view(PersistentVolume.self) else {
          problem = "persistentvolumeclaim \"\(key.name)\" bound to non-existent persistentvolume \"\(bound)\""
          return
        }
        if claim.status.phase != "Bound" { isProvisioning = true }
        follow(volume)
      } else if let problem = wait(for: stored, claim, store) {
        self.problem = problem
        return
      }
    }
    // The smallest first, so that a small claim does not take what only a large one can use.
    unbound.sort { VolumeMatch.wanted($0.stored) < VolumeMatch.wanted($1.stored) }
  }

  private mutating func follow(_ volume: PersistentVolume) {
    if !volume.spec.nodeAffinity.required.isAbsent { affinities.append(volume.spec.nodeAffinity.required) }
  }

  private mutating func wait(for stored: StoredObject, _ claim: PersistentVolumeClaim, _ store: Store) -> String? {
    let type = claim.spec.storageClassName.flatMap { store.get(.storageClasses, $0)?.view(StorageClass.self) }
    guard let type, type.volumeBindingMode == "WaitForFirstConsumer" else {
      return "pod has unbound immediate PersistentVolumeClaims"
    }
    if let reserved = VolumeMatch.reserved(for: stored, store) {
      isProvisioning = true
      follow(reserved.view(PersistentVolume.self))
    } else if let node = claim.metadata.annotations["volume.kubernetes.io/selected-node"], !node.isEmpty {
      isProvisioning = true
      affinities.append(
        NodeSelector(tree: [
          "nodeSelectorTerms": [["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]]
        ]))
    } else {
      unbound.append(Unbound(stored: stored, type: type, candidates: VolumeMatch.candidates(for: stored, store)))
    }
    return nil
  }

  func refusal(on node: NodeShape) -> Refusal? {
    if affinities.isEmpty, unbound.isEmpty { return nil }
    if !affinities.allSatisfy({ NodeAffinityMatch.matches($0, node.node, node.name) }) {
      return Refusal("node(s) didn't match PersistentVolume's node affinity")
    }
    if unbound.isEmpty || choices(on: node) != nil { return nil }
    return Refusal("node(s) didn't find available persistent volumes to bind")
  }

  /// A volume for each unbound claim, or nil for one that is to be made; nil if a claim can have neither.
  private func choices(on node: NodeShape) -> [StoredObject?]? {
    var taken: Set<String> = []
    var choices: [StoredObject?] = []
    for claim in unbound {
      let found = claim.candidates.first { candidate in
        let affinity = candidate.view(PersistentVolume.self).spec.nodeAffinity.required
        return !taken.contains(candidate.key.name)
          && (affinity.isAbsent || NodeAffinityMatch.matches(affinity, node.node, node.name))
      }
      if let found {
        taken.insert(found.key.name)
      } else if !VolumeNeeds.provisions(claim.type, on: node) {
        return nil
      }
      choices.append(found)
    }
    return choices
  }

  private static func provisions(_ type: StorageClass, on node: NodeShape) -> Bool {
    guard type.provisioner != VolumeBinder.noProvisioner else { return false }
    return type.allowedTopologies.isEmpty
      || type.allowedTopologies.contains { term in
        term.matchLabelExpressions.allSatisfy { expression in
          node.labels[expression.key ?? ""].map { expression.values.values.contains($0) } ?? false
        }
      }
  }

  /// Volumes are reserved for their claims, and claims without one learn the node; the pod is bound once all are bound.
  func bindings(on node: NodeShape) -> [Change] {
    zip(unbound, choices(on: node) ?? []).map { claim, volume in
      if let volume { return VolumeMatch.reserve(volume, for: claim.stored) }
      let annotations: JSON = ["volume.kubernetes.io/selected-node": .string(node.name)]
      return Change(.patch(claim.stored.key, subresource: "", merge: ["metadata": ["annotations": annotations]]))
    }
  }
}
