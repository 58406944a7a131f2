package import CoreAggregation
import CoreJSON
package import CoreMetrics
package import CoreStore
package import CoreTypes

/// The Kubernetes API as a value: requests in, answers out, changes of the store kept for the caller to take.
/// It never traps and never throws at its border: refusals are answers with a metav1.Status.
package struct APIServer: Sendable {
  /// As upstream's --max-request-body-bytes.
  static let bodyLimitBytes = 3 * 1024 * 1024

  package private(set) var store: Store
  package let configuration: APIConfiguration
  /// What metrics.k8s.io is computed from.
  package var metrics = MetricsWindow()
  /// What other servers serve.
  package var aggregation: AggregatedGroups
  let table: ResourceTable
  var random: RandomSource
  var roles = RoleIndex()
  var discovery: DiscoveryDocuments
  var documents: OpenAPIDocuments
  private var changes: [StoreChange] = []

  package init(resources: [any Resource], configuration: APIConfiguration, random: RandomSource, store: Store = Store()) {
    table = ResourceTable(resources + VirtualResources.all)
    aggregation = AggregatedGroups(own: Set(table.groups.flatMap { group in group.versions.map { $0 + "." + group.name } }))
    self.configuration = configuration
    self.random = random
    self.store = store
    discovery = DiscoveryDocuments(table, serverAddress: configuration.serverAddress)
    documents = OpenAPIDocuments(table)
    roles = RoleIndex(store)
  }

  /// Puts a store read from a journal in the place of the present one.
  package mutating func restore(_ store: Store) {
    self.store = store
    roles = RoleIndex(store)
  }

  /// What was written since the last call, in order: for the journal, the watches and the controllers.
  package mutating func takeChanges() -> [StoreChange] {
    guard !changes.isEmpty else { return [] }
    defer { changes.removeAll() }
    return changes
  }

  package mutating func handle(_ request: APIRequest, at now: Instant) -> APIResponse {
    do throws(APIError) { return try answer(request, at: now) } catch { return .refusal(error) }
  }

  private mutating func answer(_ request: APIRequest, at now: Instant) throws(APIError) -> APIResponse {
    let query = try Query(request.query)
    let info = try RequestInfo(method: request.method, path: request.path, query: query)
    var user = try authenticate(request.credential, at: now)
    if let wanted = request.impersonation { user = try impersonate(wanted, by: user) }
    try authorize(info, user)
    guard request.body.count <= APIServer.bodyLimitBytes else { throw .tooLarge(limitBytes: APIServer.bodyLimitBytes) }
    guard info.isResource else { return try answerNonResource(info, query, request, user) }
    guard let served = table.find(group: info.group, version: info.version, name: info.resource) else {
      return try answerElsewhere(info.group, info.version, info, query, request, user)
    }
    let call = Call(
      request: request, info: info, query: query, accept: try Accept(request.accept), user: user, now: now, served: served)
    try checkScope(call)
    return try route(call)
  }

  /// A namespaced resource is written in a namespace; one of the cluster has none.
  private func checkScope(_ call: Call) throws(APIError) {
    if call.info.hasMore { throw .noSuchResource }
    if call.served.definition.isNamespaced {
      let isWideRead = call.info.pathName.isEmpty && ["list", "watch", "deletecollection"].contains(call.info.verb)
      if call.info.namespace.isEmpty, !isWideRead {
        throw call.info.verb == "create" ? .methodNotAllowed() : .noSuchResource
      }
      if call.info.verb == "deletecollection", call.info.namespace.isEmpty { throw .methodNotAllowed() }
    } else if call.info.namespace != "", call.info.resource != "namespaces" {
      throw .noSuchResource
    }
  }

  private mutating func route(_ call: Call) throws(APIError) -> APIResponse {
    if !call.served.definition.isPersisted { return try answerVirtual(call) }
    if !call.info.subresource.isEmpty { return try answerSubresource(call) }
    let needsName = ["update", "patch"].contains(call.info.verb)
    guard call.served.definition.verbs.contains(call.info.verb), !needsName || !call.info.name.isEmpty else {
      throw .methodNotAllowed()
    }
    switch call.info.verb {
    case "get": return try get(call)
    case "list": return try list(call)
    case "watch": return try watch(call)
    case "create":
      if !call.info.name.isEmpty { throw .methodNotAllowed() }
      return try create(call)
    case "update": return try update(call)
    case "patch": return try patch(call)
    case "delete": return try delete(call)
    case "deletecollection": return try deleteCollection(call)
    default: throw .methodNotAllowed()
    }
  }

  // MARK: The only two ways to change the store

  mutating func put(_ key: ObjectKey, _ tree: consuming JSON) -> StoredObject {
    let change = store.put(key, tree)
    record(change)
    return change.object
  }

  mutating func remove(_ key: ObjectKey) -> StoredObject? {
    guard let change = store.remove(key) else { return nil }
    record(change)
    return change.object
  }

  private mutating func record(_ change: StoreChange) {
    changes.append(change)
    guard change.object.key.resource.group == RoleIndex.group else { return }
    roles.note(change)
    if change.object.key.resource == .clusterRoles { aggregateRoles(after: change) }
  }
}
