import CoreObjects

/// Each write has a higher revision than the one before it.
struct RevisionsRise: Check {
  let name = "revisions rise"
  private var last: UInt64 = 0

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    defer { last = facts.revision }
    return facts.revision > last ? nil : "\(change.object.key) was written with revision \(facts.revision) after \(last)"
  }
}

/// No object outlives its owners, and the collector takes nothing whose owner lives.
struct OwnersLive: Check {
  let name = "what is owned lives as long as its owner"

  func settled(_ facts: Facts) -> String? {
    let all = facts.all
    let uids = Set(all.map(\.uid))
    for object in all {
      for owner in object.metadata.ownerReferences where !uids.contains(owner.uid ?? "") {
        return "\(object.key) is left behind by \(owner.kind ?? "") \(owner.name ?? "")"
      }
    }
    return nil
  }
}

/// A deletion that was asked for comes to its end. A claim may wait for the pod that uses it, and a volume for its claim.
struct NothingLeaves: Check {
  let name = "deletions come to an end"

  func settled(_ facts: Facts) -> String? {
    let used = Set(
      facts.list(.pods).flatMap { pod in
        pod.view(Pod.self).spec.volumes.compactMap { $0.persistentVolumeClaim.claimName }.map { pod.key.namespace + "/" + $0 }
      })
    let claims = Set(facts.list(.persistentVolumeClaims).map(\.uid))
    for object in facts.all where object.metadata.deletionTimestamp != nil {
      if object.key.resource == .persistentVolumeClaims, used.contains(object.key.namespace + "/" + object.key.name) { continue }
      if object.key.resource == .persistentVolumes,
        let uid = object.view(PersistentVolume.self).spec.claimRef.uid, claims.contains(uid)
      {
        continue
      }
      return "\(object.key) is still being deleted"
    }
    return nil
  }
}
