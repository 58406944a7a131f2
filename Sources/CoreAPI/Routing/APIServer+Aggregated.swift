import CoreObjects

/// Group versions that other servers serve. Source: k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go, v1.36.
extension APIServer {
  /// What is below /apis/GROUP/VERSION of a version that is not in the table; authorised already.
  func answerAggregated(
    _ group: String, _ version: String, _ info: RequestInfo, _ query: Query, _ request: APIRequest, _ user: Caller,
    _ store: Store, _ dynamic: DynamicGroups
  ) throws(APIError) -> APIResponse {
    guard let stored = dynamic.aggregation.service(group: group, version: version, store) else {
      guard dynamic.servesMetrics(group, version, store) else {
        throw table.resources(of: group.isEmpty ? version : group + "/" + version) == nil ? .noSuchPath : .noSuchResource
      }
      return try answerMetrics(info, query, request, store, dynamic)
    }
    let segments = info.segments
    if segments.contains(where: { $0 == "." || $0 == ".." || $0.contains("/") }) {
      // The other server might read them as another path than the one that was authorised.
      throw .badRequest("a path of \(group)/\(version) may have no segment that is \".\" or \"..\" or holds a slash")
    }
    let backend: ServiceBackend
    do throws(ServiceBackend.Missing) { backend = try ServiceBackend(stored, store) } catch {
      throw .unavailable(stored.key.name, error.reason, error.message)
    }
    if case .failed(let message) = dynamic.aggregation.answer(of: backend) {
      throw .unavailable(stored.key.name, "FailedDiscoveryCheck", message)
    }
    let path = "/" + segments.map { PercentText.encode($0) }.joined(separator: "/")
    let isWatch = query.flag("watch") ?? false
    return .proxy(
      ProxyRequest(
        server: .backend(backend), target: request.query.isEmpty ? path : path + "?" + request.query,
        headers: identity(of: user), isWatch: isWatch))
  }

  /// Source: SetAuthProxyHeaders, k8s.io/client-go/transport/round_trippers.go, v0.36.
  private func identity(of user: Caller) -> [APIResponse.Header] {
    var headers = [APIResponse.Header("X-Remote-User", user.name)]
    if !user.uid.isEmpty { headers.append(.init("X-Remote-Uid", user.uid)) }
    headers += user.groups.map { .init("X-Remote-Group", $0) }
    for name in user.extra.keys.sorted() {
      let header = "X-Remote-Extra-" + PercentText.encodeHeaderName(name)
      headers += (user.extra[name] ?? []).map { .init(header, $0) }
    }
    return headers
  }

}

extension DynamicGroups {
  /// The versions that are not in the table, for discovery.
  func versions(_ store: Store) -> [DynamicVersion] {
    let others = aggregation.services(store).map { stored in
      let spec = stored.view(APIService.self).spec
      return DynamicVersion(
        group: spec.group ?? "", version: spec.version ?? "", groupPriority: spec.groupPriorityMinimum ?? 0,
        versionPriority: spec.versionPriority ?? 0, resources: aggregation.resources(of: stored.key.name) ?? [],
        isCurrent: aggregation.condition(stored, store)?.isTrue ?? false)
    }
    return others + metricVersions(store)
  }
}

extension APIError {
  static func unavailable(_ apiService: String, _ reason: String, _ message: String) -> APIError {
    unavailable(
      "the server is currently unable to handle the request: APIService \(apiService) is not available: \(reason): \(message)")
  }
}
