import CoreObjects

/// Paths that are no resources: health, version, discovery, OpenAPI, metrics.
extension APIServer {
  mutating func answerNonResource(
    _ info: RequestInfo, _ query: Query, _ request: APIRequest, _ user: Caller, _ store: Store, _ dynamic: DynamicGroups
  ) throws(APIError) -> APIResponse {
    let segments = info.segments
    let isKnown = [
      "api", "apis", "healthz", "livez", "readyz", "version", "openapi", "metrics", ".well-known", "openid",
    ].contains(segments.first ?? "")
    if segments.count == 3, segments[0] == "apis",
      table.resources(of: segments[1] + "/" + segments[2]) == nil
        || dynamic.aggregation.isElsewhere(group: segments[1], version: segments[2], store)
    {
      return try answerAggregated(segments[1], segments[2], info, query, request, user, store, dynamic)
    }
    if isKnown, !["GET", "HEAD"].contains(request.method) { throw .methodNotAllowed() }
    switch segments.first {
    case nil:
      let paths = [
        "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2",
        "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version",
      ]
      return .json(["paths": .array(paths.map { .string($0) })])
    case "healthz", "livez", "readyz": return try health(segments, query)
    case "version" where segments.count == 1: return .json(configuration.version.tree)
    case "api", "apis":
      if let answer = discovery.answer(segments, try Accept(request.accept), dynamic.versions(store)) { return answer }
    case ".well-known" where info.path == "/.well-known/openid-configuration": return .json(openIDConfiguration)
    case "openid" where info.path == "/openid/v1/jwks":
      let keys: JSON = ["keys": .array(configuration.publicKeys)]
      return .body(status: 200, contentType: "application/jwk-set+json", chunks: [keys.encoded()], headers: [])
    case "openapi": return try openAPI(segments, request)
    case "metrics" where segments.count == 1:
      return .text(metricsText(store), contentType: "text/plain; version=0.0.4; charset=utf-8")
    default: break
    }
    throw .noSuchPath
  }

  /// Where others find what tokens are checked with. Source: pkg/serviceaccount/openidmetadata.go, v1.36.
  private var openIDConfiguration: JSON {
    [
      "issuer": .string(configuration.issuer), "jwks_uri": .string("https://\(configuration.serverAddress)/openid/v1/jwks"),
      "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": .array(
        Set(configuration.publicKeys.compactMap { $0["alg"].string }).sorted().map { .string($0) }),
    ]
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
