package import CoreObjects

/// Gives a definition its names, establishes it, makes its group versions known, and takes its objects away with it.
/// Source: apiextensions-apiserver, pkg/controller/status, establish and finalizer, and kube-aggregator's
/// crdRegistrationController, v1.36.
package struct CustomResourceDefinitionController: Controller {
  package let name = "customresourcedefinition-controller"
  package var resources: Set<ResourceID>? { [.customResourceDefinitions, .apiServices] }
  package var followsCustomKinds: Bool { true }

  private static let automanaged = Key("kube-aggregator.kubernetes.io/automanaged")

  package init() {}

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .customResourceDefinitions:
      // A new one takes names, and gives none free.
      if change.kind == .added || (change.kind == .modified && change.previous?.tree[.spec] == change.object.tree[.spec]) {
        return [key]
      }
      // Another one may have waited for its names, and versions may be served no more.
      let group = change.object.tree[.spec][.group].string ?? ""
      let others = definitions(of: group, snapshot.store).map(\.key).filter { $0 != key }
      return [key] + others + registered(of: group, snapshot.store)
    case .apiServices:
      guard change.object.tree[.metadata][.labels][Self.automanaged].string == "true" else { return [] }
      let spec = change.object.tree[.spec]
      return definitions(of: spec[.group].string ?? "", snapshot.store).map(\.key) + (change.kind == .deleted ? [] : [key])
    default:
      // An object of a kind that is to go has gone.
      guard change.kind == .deleted,
        let definition = snapshot.store.get(.customResourceDefinitions, key.resource.description),
        definition.metadata.deletionTimestamp != nil
      else { return [] }
      return [definition.key]
    }
  }

  private func definitions(of group: String, _ store: Store) -> [StoredObject] {
    store.list(.customResourceDefinitions).filter { $0.tree[.spec][.group].string == group }
  }

  /// The APIServices that were made for a group here.
  private func registered(of group: String, _ store: Store) -> [ObjectKey] {
    store.list(.apiServices).filter {
      $0.tree[.spec][.group].string == group && $0.tree[.metadata][.labels][Self.automanaged].string == "true"
    }.map(\.key)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    if key.resource == .apiServices { return retire(key, snapshot.store) }
    guard let stored = snapshot.store.get(key) else { return Plan() }
    let definition = stored.view(CustomResourceDefinition.self)
    if definition.metadata.deletionTimestamp != nil { return remove(stored, definition, snapshot.store, now) }
    var plan = Plan()
    let names = AcceptedNames(definition, stored.key.name, snapshot.store)
    var status = definition.status
    status.acceptedNames = names.accepted
    var conditions = DefinitionConditions(status.conditions, now)
    conditions.set(
      "NamesAccepted", names.conflict == nil ? "True" : "False", names.conflict == nil ? "NoConflicts" : names.reason,
      names.conflict ?? "no conflicts found")
    if names.conflict == nil {
      conditions.set("Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
    } else if !definition.isEstablished {
      conditions.set("Established", "False", "NotAccepted", "not all names are accepted")
    }
    status.conditions = List(conditions.all)
    if status.tree != definition.status.tree {
      let merge = StatusPatch.from(definition.status.tree, to: status.tree)
      plan.changes.append(.patchStatus(of: key, with: merge))
    }
    if names.conflict == nil { plan.changes += register(definition, snapshot.store) }
    return plan
  }

  // MARK: APIServices

  /// One for each group version, so that it is found among those that others serve.
  private func register(_ definition: CustomResourceDefinition, _ store: Store) -> [Change] {
    let group = definition.spec.group ?? ""
    return definition.spec.versions.filter { $0.served == true }.compactMap { version in
      let name = "\(version.name ?? "").\(group)"
      if store.get(.apiServices, name) != nil { return nil }
      let tree: JSON = [
        "metadata": ["name": .string(name), "labels": .object([Member(key: Self.automanaged, value: "true")])],
        "spec": [
          "group": .string(group), "version": .string(version.name ?? ""), "groupPriorityMinimum": 1000, "versionPriority": 100,
        ],
      ]
      return Change(.create(.apiServices, namespace: "", tree: tree), tolerated: [.alreadyExists])
    }
  }

  /// One whose definitions are gone goes too.
  private func retire(_ key: ObjectKey, _ store: Store) -> Plan {
    guard let stored = store.get(key) else { return Plan() }
    let spec = stored.tree[.spec]
    let isServed = definitions(of: spec[.group].string ?? "", store).contains { stored in
      stored.view(CustomResourceDefinition.self).spec.versions.contains {
        $0.served == true && $0.name == spec[.version].string
      }
    }
    return isServed ? Plan() : Plan(changes: [.delete(stored, propagation: .background)])
  }

  // MARK: Going

  private func remove(
    _ stored: StoredObject, _ definition: CustomResourceDefinition, _ store: Store, _ now: Instant
  ) -> Plan {
    var plan = Plan()
    let group = definition.spec.group ?? ""
    guard definition.metadata.finalizers.values.contains(CustomResourceDefinition.cleanupFinalizer) else { return plan }
    let objects = store.list(ResourceID(group, definition.status.acceptedNames.plural ?? definition.spec.names.plural ?? ""))
    guard objects.isEmpty || !definition.isEstablished else {
      plan.changes += objects.filter { $0.metadata.deletionTimestamp == nil }.map { .delete($0, propagation: .background) }
      var conditions = DefinitionConditions(definition.status.conditions, now)
      conditions.set(
        "Terminating", "True", "InstanceDeletionInProgress", "objects of the kind are being deleted: \(objects.count) left")
      let all = List(conditions.all)
      if all.tree != definition.status.conditions.tree {
        plan.changes.append(.patchStatus(of: stored.key, with: ["conditions": all.tree]))
      }
      return plan
    }
    var tree = stored.tree
    let rest = definition.metadata.finalizers.values.filter { $0 != CustomResourceDefinition.cleanupFinalizer }
    tree[.metadata].put(.finalizers, rest.isEmpty ? .null : List(rest).tree)
    plan.changes.append(Change(.update(.customResourceDefinitions, tree: tree), tolerated: Change.untilGone))
    return plan
  }
}

/// The conditions of a definition, of which only some change.
struct DefinitionConditions {
  private(set) var all: [CustomResourceDefinitionCondition]
  private let now: Instant

  init(_ conditions: List<CustomResourceDefinitionCondition>, _ now: Instant) {
    all = Array(conditions)
    self.now = now
  }

  mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    let place = all.firstIndex { $0.type == type }
    let old = place.map { all[$0] }
    if old?.status == status, old?.reason == reason, old?.message == message { return }
    let condition = CustomResourceDefinitionCondition.make(
      type: type, status: status, reason: reason, message: message,
      lastTransitionTime: old?.status == status ? old?.lastTransitionTime : now.rfc3339)
    if let place { all[place] = condition } else { all.append(condition) }
  }
}
