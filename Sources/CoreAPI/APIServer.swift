package import CoreObjects

/// The Kubernetes API as a value: authenticates, authorises, routes and encodes. Requests in, answers out; what they write goes
/// through the `Writer`. It never traps and never throws at its border: refusals are answers with a metav1.Status.
package struct APIServer: Sendable {
  /// As upstream's --max-request-body-bytes.
  static let bodyLimitBytes = 3 * 1024 * 1024

  package let configuration: APIConfiguration
  private let resources: [any Resource]
  /// Of the writer of the last request.
  private(set) var table: ResourceTable
  var discovery: DiscoveryDocuments
  var documents: OpenAPIDocuments

  package init(resources: [any Resource] = Resources.all, configuration: APIConfiguration) {
    self.resources = resources + ComputedResources.all
    table = ResourceTable(self.resources)
    self.configuration = configuration
    discovery = DiscoveryDocuments(table, serverAddress: configuration.serverAddress)
    documents = OpenAPIDocuments(table)
  }

  /// The writer of the resources that are served here.
  package func writer(random: RandomSource, store: Store = Store()) -> Writer {
    Writer(resources, configuration, random: random, store: store)
  }

  /// Where other servers may serve group versions: all that are not served here.
  package var aggregatedGroups: AggregatedGroups {
    AggregatedGroups(own: Set(table.groups.flatMap { group in group.versions.map { $0 + "." + group.name } }))
  }

  /// - Parameters:
  ///   - metrics: what metrics.k8s.io and its like are computed from
  ///   - aggregation: what other servers serve
  package mutating func handle(
    _ request: APIRequest, _ writer: inout Writer, metrics: MetricsWindow, aggregation: AggregatedGroups, at now: Instant
  ) -> APIResponse {
    do throws(APIError) {
      return try answer(request, &writer, metrics: metrics, aggregation: aggregation, at: now)
    } catch { return .refusal(error) }
  }

  /// As `handle`, for a host that does something about a refusal.
  package mutating func answer(
    _ request: APIRequest, _ writer: inout Writer, metrics: MetricsWindow, aggregation: AggregatedGroups, at now: Instant
  ) throws(APIError) -> APIResponse {
    adopt(writer.table)
    let query = try Query(request.query)
    let info = try RequestInfo(method: request.method, path: request.path, query: query)
    var user = try authenticate(request.credential, writer.store, at: now)
    if let wanted = request.impersonation { user = try impersonate(wanted, by: user, writer.roles) }
    try authorize(info, user, writer.roles)
    guard request.body.count <= APIServer.bodyLimitBytes else { throw .tooLarge(limitBytes: APIServer.bodyLimitBytes) }
    guard info.isResource else {
      let dynamic = DynamicGroups(metrics: metrics, aggregation: aggregation)
      return try answerNonResource(info, query, request, user, writer.store, dynamic)
    }
    let isElsewhere = aggregation.isElsewhere(group: info.group, version: info.version, writer.store)
    guard !isElsewhere, let served = table.find(group: info.group, version: info.version, name: info.resource) else {
      let dynamic = DynamicGroups(metrics: metrics, aggregation: aggregation)
      return try answerAggregated(info.group, info.version, info, query, request, user, writer.store, dynamic)
    }
    if info.subresource == "proxy" { return try answerProxy(info, request, served, writer.store) }
    let call = Call(
      request: request, info: info, query: query, accept: try Accept(request.accept, streams: info.verb == "watch"), user: user,
      now: now, served: served)
    try checkScope(call)
    let response = try route(call, &writer, metrics)
    guard let deprecation = served.definition.deprecation else { return response }
    return response.adding(APIServer.headers([deprecation]))
  }

  /// CustomResourceDefinitions have changed what is served.
  private mutating func adopt(_ other: ResourceTable) {
    if other === table { return }
    table = other
    discovery.serve(other)
    documents.serve(other)
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

  private func route(_ call: Call, _ writer: inout Writer, _ metrics: MetricsWindow) throws(APIError) -> APIResponse {
    if !call.served.definition.isPersisted { return try answerComputed(call, &writer, metrics) }
    if !call.info.subresource.isEmpty { return try answerSubresource(call, &writer) }
    let needsName = ["update", "patch"].contains(call.info.verb)
    guard call.served.definition.verbs.contains(call.info.verb), !needsName || !call.info.name.isEmpty else {
      throw .methodNotAllowed()
    }
    switch call.info.verb {
    case "get": return try get(call, writer.store)
    case "list": return try list(call, writer.store)
    case "watch": return try watch(call, writer.store)
    case "create":
      if !call.info.name.isEmpty { throw .methodNotAllowed() }
      return try create(call, &writer)
    case "update": return try update(call, .object, &writer)
    case "patch": return try patch(call, .object, &writer)
    case "delete": return try delete(call, &writer)
    case "deletecollection": return try deleteCollection(call, &writer)
    default: throw .methodNotAllowed()
    }
  }
}

/// What is answered from besides the store.
struct DynamicGroups: Sendable {
  let metrics: MetricsWindow
  let aggregation: AggregatedGroups
}
