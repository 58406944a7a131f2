import CoreControllers
import CoreObjects

/// Claims, volumes and classes in one line each.
extension World {
  mutating func addClass(
    _ name: String, provisioner: String = "wavetank.dev/local", waits: Bool = true, more: String = "", annotations: String = "{}"
  ) throws {
    let mode = waits ? "WaitForFirstConsumer" : "Immediate"
    try add(
      .storageClasses,
      """
      {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"\(name)","annotations":\(annotations)},
       "provisioner":"\(provisioner)","reclaimPolicy":"Delete",\(more)"volumeBindingMode":"\(mode)"}
      """)
  }

  mutating func addClaim(
    _ name: String, size: String = "300Mi", type: String? = "standard", mode: String = "ReadWriteOnce", spec: String = ""
  ) throws {
    let type = type.map { #""storageClassName":"\#($0)","# } ?? ""
    try add(
      .persistentVolumeClaims,
      """
      {"apiVersion":"v1","kind":"PersistentVolumeClaim",
       "metadata":{"name":"\(name)","finalizers":["kubernetes.io/pvc-protection"]},
       "spec":{\(type)\(spec)"accessModes":["\(mode)"],"resources":{"requests":{"storage":"\(size)"}}},
       "status":{"phase":"Pending"}}
      """)
  }

  /// - Parameter node: where it is, for a local volume
  mutating func addVolume(
    _ name: String, size: String = "1Gi", type: String = "manual", policy: String = "Retain", node: String? = nil,
    mode: String = "ReadWriteOnce", labels: String = "{}", spec: String = ""
  ) throws {
    let affinity = node.map {
      #""nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"In","values":["\#($0)"]}]}]}},"#
    }
    try add(
      .persistentVolumes,
      """
      {"apiVersion":"v1","kind":"PersistentVolume",
       "metadata":{"name":"\(name)","labels":\(labels),"finalizers":["kubernetes.io/pv-protection"]},
       "spec":{"capacity":{"storage":"\(size)"},"accessModes":["\(mode)"],"storageClassName":"\(type)",\(affinity ?? "")\(spec)
       "persistentVolumeReclaimPolicy":"\(policy)","hostPath":{"path":"/x"}},"status":{"phase":"Pending"}}
      """)
  }

  mutating func addConsumer(_ name: String, claims: String..., spec: String = "", priority: Int? = nil) throws {
    let volumes = claims.map { #"{"name":"\#($0)","persistentVolumeClaim":{"claimName":"\#($0)"}}"# }.joined(separator: ",")
    try addPod(name, priority: priority, spec: spec + #""volumes":[\#(volumes)],"#)
  }

  func claim(_ name: String) -> PersistentVolumeClaim {
    get(.persistentVolumeClaims, name, as: PersistentVolumeClaim.self) ?? PersistentVolumeClaim(tree: .null)
  }
  func volume(_ name: String) -> PersistentVolume {
    get(.persistentVolumes, name, as: PersistentVolume.self) ?? PersistentVolume(tree: .null)
  }
  /// "phase volume"
  func state(ofClaim name: String) -> String { "\(claim(name).status.phase ?? "-") \(claim(name).spec.volumeName ?? "-")" }
}
