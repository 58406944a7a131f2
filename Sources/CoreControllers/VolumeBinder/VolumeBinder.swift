package import CoreObjects

/// Binds claims to volumes, makes volumes of our own class, and lets go of both.
/// Source: pkg/controller/volume/persistentvolume, expand and the protection controllers, v1.36.
package struct VolumeBinder: Controller {
  /// The provisioner of the class `standard`: a directory on the node.
  package static let provisioner = "wavetank.dev/local"
  /// Of classes whose volumes somebody makes by hand.
  static let noProvisioner = "kubernetes.io/no-provisioner"
  package let name = "persistentvolume-binder"
  package var resources: Set<ResourceID>? { [.persistentVolumeClaims, .persistentVolumes, .storageClasses, .pods] }

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .persistentVolumeClaims:
      let names = [change.previous, change.object].compactMap { $0?.view(PersistentVolumeClaim.self).spec.volumeName }
      var keys = change.kind == .deleted ? [] : [key]
      for name in names where !name.isEmpty && !keys.contains(where: { $0.name == name && $0.resource == .persistentVolumes }) {
        keys.append(ObjectKey(.persistentVolumes, name))
      }
      return keys
    case .persistentVolumes:
      let volume = change.object.view(PersistentVolume.self)
      var keys = [key]
      if let name = volume.spec.claimRef.name {
        keys.append(ObjectKey(.persistentVolumeClaims, namespace: volume.spec.claimRef.namespace ?? "", name))
      } else if volume.status.phase == "Available" {
        keys += unbound(snapshot)
      }
      return keys
    case .storageClasses: return unbound(snapshot)
    case .pods:
      let pod = change.object.view(Pod.self)
      return change.kind == .deleted || pod.isOver ? ClusterUsage.claims(of: pod) : []
    default: return []
    }
  }

  private func unbound(_ snapshot: Snapshot) -> [ObjectKey] {
    snapshot.store.list(.persistentVolumeClaims).filter {
      $0.metadata.annotations["pv.kubernetes.io/bind-completed"] == nil
    }.map(\.key)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    return key.resource == .persistentVolumes
      ? VolumeSync(stored, snapshot.store, now).plan() : ClaimSync(stored, snapshot.store).plan()
  }

  /// Takes a finalizer away, so that a deleted object can go.
  static func unprotect(_ stored: StoredObject, _ finalizer: String) -> Plan {
    let finalizers = stored.metadata.finalizers.values
    guard finalizers.contains(finalizer) else { return Plan() }
    var tree = stored.tree
    tree[.metadata].put(.finalizers, .array(finalizers.filter { $0 != finalizer }.map { .string($0) }))
    return Plan(changes: [Change(.update(stored.key.resource, tree: tree))])
  }
}
