/// The claim behind a generic ephemeral volume of a pod.
/// Source: k8s.io/component-helpers/storage/ephemeral, v0.36.
package struct EphemeralClaim: Sendable {
  package let name: String
  /// The volume's name in the pod.
  package let volume: String
  package let template: PersistentVolumeClaimTemplate

  /// nil: the volume is of another kind.
  package init?(_ volume: Volume, ofPod pod: String) {
    guard !volume.ephemeral.isAbsent else { return nil }
    self.volume = volume.name ?? ""
    name = EphemeralClaim.name(self.volume, ofPod: pod)
    template = volume.ephemeral.volumeClaimTemplate
  }

  package static func name(_ volume: String, ofPod pod: String) -> String { pod + "-" + volume }

  /// Why the claim of this name is not the pod's; nil: it is.
  package static func problem(_ claim: ObjectMeta, ofPod pod: String, uid: String) -> String? {
    if claim.ownerReferences.contains(where: { $0.controller == true && $0.uid == uid }) { return nil }
    let space = claim.namespace ?? ""
    return "PVC \(space)/\(claim.name ?? "") was not created for pod \(space)/\(pod) (pod is not owner)"
  }
}
