import CoreJSON
import CoreStore
import CoreTypes

/// What a pod's claims mean for its place: bound volumes that live on certain nodes, and claims that wait for a node.
struct VolumeNeeds {
  /// Why the pod cannot be placed at all.
  var problem: String?
  /// Claims of classes that bind once a consumer has a node.
  var unbound: [ObjectKey] = []
  /// A claim has its node and waits for its volume.
  var isProvisioning = false
  private var affinities: [NodeSelector] = []

  init(_ pod: Pod, namespace: String, _ store: Store) {
    for volume in pod.spec.volumes {
      guard let name = volume.persistentVolumeClaim.claimName else { continue }
      guard let stored = store.get(.persistentVolumeClaims, namespace: namespace, name) else {
        problem = "persistentvolumeclaim \"\(name)\" not found"
        return
      }
      let claim = stored.view(PersistentVolumeClaim.self)
      if claim.metadata.deletionTimestamp != nil {
        problem = "persistentvolumeclaim \"\(name)\" is being deleted"
        return
      }
      if let bound = claim.spec.volumeName, !bound.isEmpty {
        guard let volume = store.get(.persistentVolumes, bound)?.view(PersistentVolume.self) else {
          problem = "persistentvolume \"\(bound)\" of claim \"\(name)\" not found"
          return
        }
        if claim.status.phase != "Bound" { isProvisioning = true }
        if !volume.spec.nodeAffinity.required.isAbsent { affinities.append(volume.spec.nodeAffinity.required) }
      } else if let node = claim.metadata.annotations["volume.kubernetes.io/selected-node"], !node.isEmpty {
        isProvisioning = true
        affinities.append(
          NodeSelector(tree: [
            "nodeSelectorTerms": [["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]]
          ]))
      } else {
        let type = claim.spec.storageClassName.flatMap { store.get(.storageClasses, $0)?.view(StorageClass.self) }
        if type?.volumeBindingMode == "WaitForFirstConsumer" {
          unbound.append(stored.key)
        } else {
          problem = "pod has unbound immediate PersistentVolumeClaims"
        }
      }
    }
  }

  func fit(_ name: String, _ node: Node) -> Bool { affinities.allSatisfy { NodeAffinityMatch.matches($0, node, name) } }
}
