import CoreObjects

extension StoredObject {
  fileprivate var claim: PersistentVolumeClaim { view(PersistentVolumeClaim.self) }
  fileprivate var volume: PersistentVolume { view(PersistentVolume.self) }
  fileprivate var isBindingComplete: Bool { metadata.annotations["pv.kubernetes.io/bind-completed"] != nil }
  fileprivate var claimNames: [String] { view(Pod.self).spec.volumes.compactMap(\.persistentVolumeClaim.claimName) }
}

extension Facts {
  fileprivate func users(of claim: StoredObject) -> [StoredObject] {
    list(.pods, namespace: claim.key.namespace).filter { $0.claimNames.contains(claim.key.name) }
  }
}

/// Claim and volume name each other, and nobody else.
struct ClaimsAndVolumesAreCouples: Check {
  let name = "a bound claim has a volume that belongs to it alone"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .persistentVolumeClaims || change.object.key.resource == .persistentVolumes else {
      return nil
    }
    for stored in facts.list(.persistentVolumeClaims) where stored.claim.status.phase == "Bound" {
      let name = stored.claim.spec.volumeName ?? ""
      guard let volume = facts.get(.persistentVolumes, name) else {
        return "\(stored.key.name) is bound to \(name), which is not there"
      }
      if volume.volume.spec.claimRef.uid != stored.uid {
        return "\(stored.key.name) is bound to \(name), which belongs to another claim"
      }
    }
    return nil
  }
}

/// What is used is not taken away: claims from pods, volumes from claims.
struct WhatIsUsedStays: Check {
  let name = "a claim that a pod uses stays, and so does the volume of a claim"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.kind == .deleted else { return nil }
    switch change.object.key.resource {
    case .persistentVolumeClaims:
      let user = facts.users(of: change.object).map(PodFacts.init).first { !$0.node.isEmpty && !$0.isOver }
      return user.map { "\(change.object.key.name) is gone, and \($0.name) uses it" }
    case .persistentVolumes:
      let uid = change.object.volume.spec.claimRef.uid ?? ""
      let owner = facts.list(.persistentVolumeClaims).first {
        $0.uid == uid && $0.claim.spec.volumeName == change.object.key.name
      }
      return owner.map { "\(change.object.key.name) is gone, and belongs to \($0.key.name)" }
    default: return nil
    }
  }
}

/// A volume goes by itself only after its claim, and only where its policy says so.
struct ReclaimPoliciesAreKept: Check {
  let name = "volumes go or stay as their policy says"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    guard object.key.resource == .persistentVolumes, !facts.isUsers, let previous = change.previous,
      previous.metadata.deletionTimestamp == nil, change.kind == .deleted || object.metadata.deletionTimestamp != nil
    else { return nil }
    let spec = previous.volume.spec
    if spec.persistentVolumeReclaimPolicy != "Delete" { return "\(object.key.name) is deleted, and its policy is Retain" }
    let claim = facts.list(.persistentVolumeClaims).first { $0.uid == spec.claimRef.uid }
    return claim.map { "\(object.key.name) is deleted, and its claim \($0.key.name) is there" }
  }

  func settled(_ facts: Facts) -> String? {
    let uids = Set(facts.list(.persistentVolumeClaims).map(\.uid))
    let left = facts.list(.persistentVolumes).first {
      $0.volume.spec.persistentVolumeReclaimPolicy == "Delete" && !uids.contains($0.volume.spec.claimRef.uid ?? "")
    }
    return left.map { "\($0.key.name) is to be deleted after its claim, and is there" }
  }
}

/// A class that waits for the first consumer does so.
struct FirstConsumersAreWaitedFor: Check {
  let name = "a claim whose class waits is bound once a pod uses it"
  /// UIDs of claims that some pod has used.
  private var used: Set<String> = []

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    let object = change.object
    if object.key.resource == .pods {
      for name in object.claimNames {
        if let claim = facts.get(.persistentVolumeClaims, namespace: "default", name) { used.insert(claim.uid) }
      }
    }
    guard object.key.resource == .persistentVolumeClaims, change.kind != .deleted else { return nil }
    if !facts.users(of: object).isEmpty { used.insert(object.uid) }
    guard object.isBindingComplete, change.previous?.isBindingComplete == false,
      (change.previous?.claim.spec.volumeName ?? "").isEmpty,
      let type = facts.get(.storageClasses, object.claim.spec.storageClassName ?? "")?.view(StorageClass.self),
      type.volumeBindingMode == "WaitForFirstConsumer", !used.contains(object.uid)
    else { return nil }
    return "\(object.key.name) is bound, and no pod has ever used it"
  }
}

/// At rest claims have what there is for them.
struct ClaimsAtRest: Check {
  let name = "at rest no claim waits in vain, and no pod for a claim that could be bound"

  func settled(_ facts: Facts) -> String? {
    for stored in facts.list(.persistentVolumeClaims) { if let text = waits(stored, facts) { return text } }
    for pod in facts.list(.pods).map(PodFacts.init) where pod.node.isEmpty && !pod.isOver && !pod.isLeaving {
      let claims = pod.object.claimNames.map { facts.get(.persistentVolumeClaims, namespace: "default", $0) }
      let isServed = claims.allSatisfy { claim in
        guard let claim, claim.metadata.deletionTimestamp == nil, (claim.claim.spec.volumeName ?? "").isEmpty else {
          return false
        }
        return ["standard", "now"].contains(claim.claim.spec.storageClassName)
      }
      if isServed { return "\(pod.name) waits for claims that could be bound" }
    }
    return nil
  }

  private func waits(_ stored: StoredObject, _ facts: Facts) -> String? {
    let claim = stored.claim
    func size(_ text: String?) -> Quantity { text.flatMap { Quantity($0) } ?? Quantity(value: 0) }
    let asked = size(claim.spec.resources.requests["storage"])
    if claim.status.phase == "Bound" {
      guard claim.spec.storageClassName == "now", stored.metadata.deletionTimestamp == nil else { return nil }
      return size(claim.status.capacity["storage"]) < asked ? "\(stored.key.name) has not grown" : nil
    }
    guard (claim.spec.volumeName ?? "").isEmpty else { return nil }
    switch claim.spec.storageClassName {
    case "now": return "\(stored.key.name) is \(claim.status.phase ?? "-"), and its class makes volumes at once"
    case "shelf":
      let free = facts.list(.persistentVolumes).first {
        $0.volume.status.phase == "Available" && $0.volume.spec.storageClassName == "shelf"
          && $0.metadata.deletionTimestamp == nil
          && size($0.volume.spec.capacity["storage"]) >= asked
      }
      return free.map { "\(stored.key.name) waits, and \($0.key.name) is free" }
    default: return nil
    }
  }
}
