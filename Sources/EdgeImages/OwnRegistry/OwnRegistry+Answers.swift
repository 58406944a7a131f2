import CoreObjects
package import EdgeHTTP

extension OwnRegistry {
  /// How it is served: its uploads are read as they come.
  /// - Parameter collect: called when something has gone that blobs may have been kept for.
  package func server(collect: @escaping @Sendable () -> Void) -> HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration(tls: nil) { request in await self.answer(request, collect) }
    configuration.limits.bodyBytes = 4 << 20
    configuration.limits.connections = 500
    configuration.limits.bodySilence = .seconds(60)
    configuration.streams = { $0.contains("/blobs/uploads") }
    configuration.refusal = { .registry(.init(status: $0.status, code: "UNKNOWN", message: $0.message)) }
    return configuration
  }

  func answer(_ request: HTTPRequest, _ collect: @Sendable () -> Void) async -> HTTPResponse {
    do throws(OwnRegistryError) {
      guard let route = try RegistryRoute(request.path) else {
        return .registry(.init(status: 404, code: "UNSUPPORTED", message: "there is no such path"))
      }
      return try await answer(route, request, collect)
    } catch {
      var answer = HTTPResponse.registry(.init(status: error.status, code: error.code, message: error.message))
      if case .rangeInvalid(let count) = error { answer.headers.append("range", "0-\(max(0, count - 1))") }
      return answer
    }
  }

  private func answer(
    _ route: RegistryRoute, _ request: HTTPRequest, _ collect: @Sendable () -> Void
  ) async throws(OwnRegistryError) -> HTTPResponse {
    switch (request.method, route) {
    case (.get, .root), (.head, .root): return .registry(200, JSON.object([]))
    case (.get, .catalog): return try page(names, "repositories", request, [:])
    case (.get, .tags(let name)): return try page(try tags(name), "tags", request, ["name": .string(name)])
    case (.get, .referrers(let name, let digest)): return try referrers(name, digest, request)
    case (.get, .manifest(let name, let reference)), (.head, .manifest(let name, let reference)):
      let found = try manifest(name, reference)
      return .registry(
        200, ["content-type": found.mediaType, "docker-content-digest": found.digest, "etag": "\"\(found.digest)\""], found.bytes)
    case (.put, .manifest(let name, let reference)): return try put(request, name, reference)
    case (.delete, .manifest(let name, let reference)):
      try delete(name, reference)
      collect()
      return .registry(202)
    case (.get, .blob(_, let digest)), (.head, .blob(_, let digest)): return try deliver(digest, request)
    case (.delete, .blob): throw .unsupported("blobs go with the last manifest that names them")
    case (.post, .uploads(let name)): return try await begin(name, request)
    case (_, .upload(let name, let upload)): return try await goOn(name, upload, request)
    default: throw .unsupported("\(request.method.rawValue) does not go with this path")
    }
  }

  /// As many names as are wanted, after the one that is named.
  private func page(_ names: [String], _ key: String, _ request: HTTPRequest, _ more: JSON) throws(OwnRegistryError)
    -> HTTPResponse
  {
    let last = RegistryRoute.field("last", of: request.query) ?? ""
    let rest = names.filter { $0 > last }
    var count = rest.count
    if let text = RegistryRoute.field("n", of: request.query) {
      guard let wanted = Int(text), wanted >= 0 else { throw .pageInvalid(text) }
      count = wanted
    }
    let page = Array(rest.prefix(count))
    var tree = more
    tree[Key(key)] = .array(page.map { .string($0) })
    var answer = HTTPResponse.registry(200, tree)
    if count > 0, let next = page.last, page.count < rest.count {
      answer.headers.append(
        "link", "<\(request.path)?n=\(count)&last=\(PercentText.encodeQuery(next))>; rel=\"next\"")
    }
    return answer
  }

  private func referrers(_ name: String, _ digest: String, _ request: HTTPRequest) throws(OwnRegistryError) -> HTTPResponse {
    guard Digest.isValid(digest) else { throw .digestInvalid("\"\(digest)\" is no sha256 digest") }
    let type = RegistryRoute.field("artifactType", of: request.query)
    var headers: HTTPHeaders = ["content-type": ImageManifest.index]
    if type != nil { headers.append("oci-filters-applied", "artifactType") }
    return .registry(200, headers, referrers(name, digest, artifactType: type).encoded())
  }

  private func put(_ request: HTTPRequest, _ name: String, _ reference: String) throws(OwnRegistryError) -> HTTPResponse {
    let type = request.headers["content-type"].map { String($0.prefix { $0 != ";" }) } ?? ""
    let (digest, subject) = try put(request.body, mediaType: type, name, reference)
    var headers: HTTPHeaders = ["location": "/v2/\(name)/manifests/\(digest)", "docker-content-digest": digest]
    if let subject { headers.append("oci-subject", subject) }
    return .registry(201, headers)
  }
}

extension HTTPResponse {
  /// In the form of the specification's errors.
  struct RegistryProblem {
    var status: Int
    var code: String
    var message: String
  }

  static func registry(_ problem: RegistryProblem) -> HTTPResponse {
    registry(problem.status, ["errors": [["code": .string(problem.code), "message": .string(problem.message)]]])
  }

  static func registry(_ status: Int, _ tree: JSON) -> HTTPResponse {
    registry(status, ["content-type": "application/json"], tree.encoded())
  }

  static func registry(_ status: Int, _ headers: HTTPHeaders = [:], _ body: [UInt8] = []) -> HTTPResponse {
    var headers = headers
    headers.append("docker-distribution-api-version", "registry/2.0")
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }
}
