package import CoreObjects

/// Deletes what has lost its owners; carries out foreground deletion and orphaning.
/// Source: pkg/controller/garbagecollector, v1.36.
package struct GarbageCollector: Controller {
  package let name = "generic-garbage-collector"

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    if change.kind == .deleted {
      let dependants =
        OwnerLookup.isOwner(change.object.key.resource, snapshot.store)
        ? snapshot.store.owned(by: change.object.uid).map(\.key) : []
      return dependants + owners(of: change.object.metadata, change.object.key.namespace, snapshot.store).going
    }
    if let previous = change.previous {
      // Status changes of a pod make no difference here.
      if Self.isSame(previous.tree[.metadata], change.object.tree[.metadata]) { return [] }
    } else if Self.isFree(change.object) {
      return []
    }
    let metadata = change.object.metadata
    var keys: [ObjectKey] = []
    // An owner that is let go of may have waited for this.
    if let previous = change.previous?.metadata, previous.ownerReferences != metadata.ownerReferences {
      keys += owners(of: previous, change.object.key.namespace, snapshot.store).going
    }
    let owners = owners(of: metadata, change.object.key.namespace, snapshot.store)
    // While all are there to stay nothing is to be done; one that goes leads here by itself.
    if owners.isAnyGone || !owners.going.isEmpty { keys.append(change.object.key) }
    keys += owners.going
    if metadata.deletionTimestamp != nil {
      let finalizers = metadata.finalizers.values
      if finalizers.contains("foregroundDeletion") || finalizers.contains("orphan"), !keys.contains(change.object.key) {
        keys.append(change.object.key)
      }
    }
    return keys
  }

  /// It has no owner, no finalizer and no wish to go, as most events.
  private static func isFree(_ object: StoredObject) -> Bool {
    let metadata = object.tree[.metadata]
    return metadata[.ownerReferences].isNull && metadata[.finalizers].isNull && metadata[.deletionTimestamp].isNull
  }

  /// Finalizers make a difference once the object is to go.
  private static func isSame(_ old: JSON, _ new: JSON) -> Bool {
    let deletion = new[.deletionTimestamp]
    return old[.deletionTimestamp] == deletion && old[.ownerReferences] == new[.ownerReferences]
      && (deletion.isNull || old[.finalizers] == new[.finalizers])
  }

  /// Whether an owner is gone, and those that are about to go: they may wait in foreground deletion for this dependant.
  private func owners(of metadata: ObjectMeta, _ namespace: String, _ store: Store) -> (isAnyGone: Bool, going: [ObjectKey]) {
    var isAnyGone = false
    var going: [ObjectKey] = []
    for element in metadata.tree[.ownerReferences].elements {
      let reference = OwnerReference(tree: element)
      if let owner = OwnerLookup.find(reference, namespace: namespace, store) {
        if !owner.tree[.metadata][.deletionTimestamp].isNull { going.append(owner.key) }
      } else if !OwnerLookup.isBeyondReach(reference, from: namespace, store) {
        isAnyGone = true
      }
    }
    return (isAnyGone, going)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key) else { return Plan() }
    let metadata = stored.metadata
    if metadata.deletionTimestamp != nil {
      let finalizers = metadata.finalizers.values
      if finalizers.contains("orphan") { return orphan(stored, snapshot.store) }
      if finalizers.contains("foregroundDeletion") { return foreground(stored, snapshot.store) }
      return Plan()
    }
    return collect(stored, metadata, snapshot.store)
  }

  /// An object whose owners are gone or wait for it. Source: attemptToDeleteItem, garbagecollector.go, v1.36.
  private func collect(_ stored: StoredObject, _ metadata: ObjectMeta, _ store: Store) -> Plan {
    if metadata.ownerReferences.isEmpty { return Plan() }
    var solid: [OwnerReference] = []
    var isAwaited = false
    var gone = 0
    var plan = Plan()
    for reference in metadata.ownerReferences {
      // An owner of an unknown kind counts as present. So does an owner in a namespace for an object
      // without one, which cannot be looked up.
      if OwnerLookup.isBeyondReach(reference, from: stored.key.namespace, store) {
        solid.append(reference)
        continue
      }
      guard let owner = OwnerLookup.find(reference, namespace: stored.key.namespace, store) else {
        if OwnerLookup.isElsewhere(reference, than: stored.key.namespace, store) {
          plan.changes.append(GarbageCollector.warn(stored, reference))
        }
        gone += 1
        continue
      }
      if GarbageCollector.isAwaiting(owner.metadata) {
        isAwaited = true
        gone += 1
      } else {
        solid.append(reference)
      }
    }
    if !solid.isEmpty {
      if gone == 0 { return Plan() }
      plan.changes.append(.update(stored, owners: solid))
      return plan
    }
    let dependants = store.owned(by: stored.uid)
    let finalizers = metadata.finalizers.values
    var propagation: Change.Propagation = .background
    if isAwaited, !dependants.isEmpty {
      // An awaited object with dependants of its own waits for them in turn, unless they wait for it in a circle.
      if dependants.contains(where: { GarbageCollector.isAwaiting($0.metadata) }) {
        plan.changes += GarbageCollector.unblock(stored, metadata)
      }
      propagation = .foreground
    } else if finalizers.contains("orphan") {
      propagation = .orphan
    } else if finalizers.contains("foregroundDeletion") {
      propagation = .foreground
    }
    plan.changes.append(.delete(stored, propagation: propagation))
    return plan
  }

  /// Source: reportInvalidNamespaceOwnerRef, graph_builder.go, v1.36.
  private static func warn(_ stored: StoredObject, _ reference: OwnerReference) -> Change {
    let owner = "\(reference.apiVersion ?? "")/\(reference.kind ?? "") \(reference.name ?? "")"
    let message = "the owner \(owner) (\(reference.uid ?? "")) is not in namespace \"\(stored.key.namespace)\": it does not count"
    return .event(.warning, "OwnerRefInvalidNamespace", message, about: stored)
  }

  /// Whether an object is on its way out and waits for its dependants.
  private static func isAwaiting(_ metadata: ObjectMeta) -> Bool {
    metadata.deletionTimestamp != nil && metadata.finalizers.values.contains("foregroundDeletion")
  }

  /// Owners that wait for each other would wait for ever: this one no longer holds up its own.
  private static func unblock(_ stored: StoredObject, _ metadata: ObjectMeta) -> [Change] {
    guard metadata.ownerReferences.contains(where: { $0.blockOwnerDeletion == true }) else { return [] }
    let references = metadata.ownerReferences.map { reference in
      var reference = reference
      if reference.blockOwnerDeletion == true { reference.blockOwnerDeletion = false }
      return reference
    }
    return [.update(stored, owners: references)]
  }

  private static func blocking(_ owner: StoredObject, _ store: Store) -> [StoredObject] {
    store.owned(by: owner.uid).filter { dependant in
      dependant.metadata.ownerReferences.contains { $0.uid == owner.uid && $0.blockOwnerDeletion == true }
    }
  }

  /// The dependants go first; the object follows once none that blocks it is left.
  private func foreground(_ stored: StoredObject, _ store: Store) -> Plan {
    var plan = Plan()
    for dependant in store.owned(by: stored.uid) where dependant.metadata.deletionTimestamp == nil {
      plan.changes += collect(dependant, dependant.metadata, store).changes
    }
    if GarbageCollector.blocking(stored, store).isEmpty { plan.changes += release(stored, "foregroundDeletion").changes }
    return plan
  }

  /// The dependants are let go of, then the object goes.
  private func orphan(_ stored: StoredObject, _ store: Store) -> Plan {
    var plan = Plan()
    for dependant in store.owned(by: stored.uid) {
      plan.changes.append(.update(dependant, owners: dependant.metadata.ownerReferences.filter { $0.uid != stored.uid }))
    }
    plan.changes += release(stored, "orphan").changes
    return plan
  }

  private func release(_ stored: StoredObject, _ finalizer: String) -> Plan {
    var tree = stored.tree
    let rest = stored.metadata.finalizers.values.filter { $0 != finalizer }
    tree[.metadata].put(.finalizers, rest.isEmpty ? .null : List(rest).tree)
    return Plan(changes: [Change(.update(stored.key.resource, tree: tree), tolerated: Change.untilGone)])
  }
}
