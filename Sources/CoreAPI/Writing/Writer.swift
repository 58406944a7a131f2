package import CoreObjects

/// The one way in which anything is written: clients, controllers, nodes and the server itself bring what they want as a
/// `WriteIntent`, and it goes through that intent's row of stages, in this order as far as they concern it:
///
/// decode (`Document+Decode`), metadata (`Writer+Metadata`), default and admit (`Writer+Admit`), prepare and judge (`Writer+Judge`),
/// escalate (`Writer+Escalate`), charge (`QuotaAdmission`), own (`FieldOwnership`), put (below).
///
/// A refusal is thrown before anything is written.
package struct Writer: Sendable {
  package private(set) var store: Store
  let configuration: APIConfiguration
  /// With the kinds that the store's CustomResourceDefinitions add.
  private(set) var table: ResourceTable
  private let resources: [any Resource]
  private var customResources: CustomResources
  private(set) var roles: RoleIndex
  private(set) var policies: AdmissionPolicies
  var random: RandomSource
  private var changes: [StoreChange] = []
  var idleApplies = IdleApplies()

  /// - Parameter resources: those that are there anyway
  init(_ resources: [any Resource], _ configuration: APIConfiguration, random: RandomSource, store: Store) {
    self.resources = resources
    customResources = CustomResources(store)
    table = ResourceTable(resources, custom: customResources.all)
    self.configuration = configuration
    self.random = random
    self.store = store
    roles = RoleIndex(store)
    policies = AdmissionPolicies(store)
  }

  @discardableResult
  package mutating func write(_ intent: consuming WriteIntent, by actor: Actor, at now: Instant) throws(APIError) -> Written {
    switch consume intent {
    case .create(let resource, let namespace, let document): try create(resource, namespace, document, actor, now)
    case .replace(let key, let document, let scope): try replace(key, document, scope, actor, now)
    case .apply(let key, let wanted): try apply(key, wanted, actor, now)
    case .status(let key, let status, let preconditions): try replaceStatus(key, status, preconditions, actor, now)
    case .scale(let key, let document): try scale(key, document, actor, now)
    case .finalize(let key, let document): try finalize(key, document, actor, now)
    case .bind(let pod, let uid, let node): try bind(pod, uid, node, actor, now)
    case .evict(let pod, let deletion): try evict(pod, deletion, actor, now)
    case .delete(let key, let deletion): try delete(key, deletion, actor, now)
    case .event(let event): try create(event, now)
    }
  }

  /// What was written since the last call, in order: for the journal, the watches and the controllers.
  package mutating func takeChanges() -> [StoreChange] {
    guard !changes.isEmpty else { return [] }
    defer { changes.removeAll() }
    return changes
  }

  // MARK: What rows begin with

  /// A draft of the resource as the actor speaks of it: a client in the version of its request.
  func draft(
    _ resource: ResourceID, namespace: String, _ scope: WriteScope = .object, by actor: Actor, at now: Instant
  ) throws(APIError) -> Draft {
    let served: ServedResource
    if case .client(let client) = actor, client.served.id == resource {
      served = client.served
    } else {
      guard let found = table.find(resource) else { throw .noSuchResource }
      served = found
    }
    return Draft(served: served, namespace: namespace, actor: actor, now: now, scope: scope)
  }

  /// A draft of a present object, as it is.
  func draft(
    of key: ObjectKey, _ scope: WriteScope = .object, by actor: Actor, at now: Instant
  ) throws(APIError) -> (Draft, StoredObject) {
    var draft = try draft(key.resource, namespace: key.namespace, scope, by: actor, at: now)
    let old = try find(key, &draft)
    draft.tree = old.tree
    return (draft, old)
  }

  /// Finds the present object that the draft is to replace.
  @discardableResult
  func find(_ key: ObjectKey, _ draft: inout Draft) throws(APIError) -> StoredObject {
    if let found = draft.old { return found }
    guard let object = store.get(key) else { throw .notFound(draft.served.requestID, key.name) }
    draft.old = object
    return object
  }

  // MARK: Put: the last stage of every row, and the only two ways to change the store

  /// Stores the draft, unless it is a dry run.
  mutating func put(_ draft: inout Draft) -> StoredObject {
    draft.actor.isDryRun ? draft.preview : put(draft.key, draft.takeTree())
  }

  mutating func put(_ key: ObjectKey, _ tree: consuming JSON) -> StoredObject {
    let change = store.put(key, tree)
    record(change)
    return change.object
  }

  mutating func remove(_ key: ObjectKey, as last: consuming JSON? = nil) -> StoredObject? {
    guard let change = store.remove(key, as: last) else { return nil }
    record(change)
    return change.object
  }

  private mutating func record(_ change: StoreChange) {
    changes.append(change)
    let resource = change.object.key.resource
    if resource == .services || resource == .ipAddresses { return keepAddresses(after: change) }
    if resource == .customResourceDefinitions, customResources.update(with: change) {
      table = ResourceTable(resources, custom: customResources.all)
    }
    if AdmissionPolicies.isPart(resource) { policies.update(with: change) }
    guard resource.group == RoleIndex.group else { return }
    roles.update(with: change)
    if change.object.key.resource == .clusterRoles { gatherRules(after: change) }
  }
}
