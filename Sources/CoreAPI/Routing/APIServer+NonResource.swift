import CoreObjects

/// Paths that are no resources: health, version, discovery, OpenAPI, metrics.
extension APIServer {
  mutating func answerNonResource(
    _ info: RequestInfo, _ query: Query, _ request: APIRequest, _ user: Caller, _ store: Store, _ dynamic: DynamicGroups
  ) throws(APIError) -> APIResponse {
    let segments = info.segments
    let isKnown = [
      "api", "apis", "healthz", "livez", "readyz", "version", "openapi", "metrics",
    ].contains(segments.first ?? "")
    if segments.count == 3, segments[0] == "apis", !dynamic.aggregation.own.contains("\(segments[2]).\(segments[1])") {
      return try answerAggregated(segments[1], segments[2], info, query, request, user, store, dynamic)
    }
    if isKnown, !["GET", "HEAD"].contains(request.method) { throw .methodNotAllowed() }
    switch segments.first {
    case nil:
      let paths = [
        "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version",
      ]
      return .json(["paths": .array(paths.map { .string($0) })])
    case "healthz", "livez", "readyz": return try health(segments, query)
    case "version" where segments.count == 1: return .json(configuration.version.tree)
    case "api", "apis":
      if let answer = discovery.answer(segments, try Accept(request.accept), dynamic.versions(store)) { return answer }
    case "openapi": return try openAPI(segments, request)
    case "metrics" where segments.count == 1:
      return .text(metricsText(store), contentType: "text/plain; version=0.0.4; charset=utf-8")
    default: break
    }
    throw .noSuchPath
  }

  /// The state machine answers, hence it is healthy; the names of the checks are those that people look for.
  private func health(_ segments: [String], _ query: Query) throws(APIError) -> APIResponse {
    let checks = segments[0] == "readyz" ? ["ping", "log", "etcd", "etcd-readiness", "informer-sync"] : ["ping", "log", "etcd"]
    if segments.count == 2 {
      guard checks.contains(segments[1]) else { throw .noSuchPath }
      return .text("ok")
    }
    guard segments.count == 1 else { throw .noSuchPath }
    guard query["verbose"] != nil else { return .text("ok") }
    return .text(checks.map { "[+]\($0) ok\n" }.joined() + "\(segments[0]) check passed\n")
  }

  /// Objects by resource, in the text format of Prometheus.
  private func metricsText(_ store: Store) -> String {
    var text = "# TYPE apiserver_resource_objects gauge\n"
    for resource in store.resources {
      text += "apiserver_resource_objects{group=\"\(resource.group)\",resource=\"\(resource.name)\"} \(store.count(resource))\n"
    }
    return text + "# TYPE apiserver_store_revision counter\napiserver_store_revision \(store.revision)\n"
  }
}
