import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeLinux
import Synchronization

/// Asks one registry about one repository, with one credential or none, by the OCI distribution specification 1.1.
final class RegistrySession: Sendable {
  private static let documentLimit = 4 << 20
  private static let manifests = [
    ImageManifest.index, ImageManifest.image,
    "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
  ].joined(separator: ", ")

  private let connections: RegistryConnections
  private let endpoint: RegistryEndpoint
  private let reference: ImageReference
  private let credential: RegistryCredential?
  private let patience: PullPatience
  /// What the registry is shown since it asked for it.
  private let authorization = Mutex<String?>(nil)
  private let hasAnswered = Mutex(false)

  init(
    _ connections: RegistryConnections, _ endpoint: RegistryEndpoint, _ reference: ImageReference,
    _ credential: RegistryCredential?, _ patience: PullPatience
  ) {
    self.connections = connections
    self.endpoint = endpoint
    self.reference = reference
    self.credential = credential
    self.patience = patience
  }

  /// As images are named after it: without the port that everybody expects.
  private var host: String {
    let origin = endpoint.origin
    return endpoint.mirrored == nil && origin.port == (origin.isTLS ? 443 : 80) ? origin.host : origin.description
  }
  private var asWhom: String { credential.map { "with \($0)" } ?? "anonymously" }

  /// A manifest or a configuration.
  /// - Parameter path: "manifests/latest", "blobs/sha256:…"
  func document(_ path: String, digest: String?) async throws(RegistryFailure) -> [UInt8] {
    let sink = Collector(limit: RegistrySession.documentLimit)
    do {
      try await within(patience.document, orThrow: RegistryFailure.wrong("\(host) did not give \(path) in time")) {
        try await self.fetch(path, sink)
      }
    } catch { throw failure(error) }
    let bytes = sink.bytes
    if let digest, Digest.of(bytes) != digest { throw .wrong("what \(host) gave for \(digest) has another digest") }
    return bytes
  }

  /// A layer; whoever takes the file in compares the digest.
  func save(_ path: String, to sink: Collector) async throws(RegistryFailure) {
    do { try await fetch(path, sink) } catch { throw failure(error) }
  }

  private func failure(_ error: any Error) -> RegistryFailure {
    RegistryFailure(error, hasAnswered: hasAnswered.withLock { $0 })
  }

  /// Asks again where a registry fails in passing, for the rest of what has come already.
  private func fetch(_ path: String, _ sink: Collector) async throws {
    var delay = patience.delay
    for attempt in 1... {
      do { return try await ask(path, sink) } catch {
        guard !Task.isCancelled, case .passing(let reason, let seconds) = failure(error), attempt < patience.attempts else {
          throw error
        }
        if let seconds, seconds > patience.longestDelaySeconds {
          throw RegistryFailure.passing("\(reason); it wants \(seconds) s without being asked", seconds: seconds)
        }
        try await Task.sleep(for: seconds.map { .seconds($0) } ?? delay)
        delay *= 2
      }
    }
  }

  /// Once, authorised where the registry wants that, and from wherever it sends on to.
  private func ask(_ path: String, _ sink: Collector) async throws {
    var (origin, target) = (endpoint.origin, endpoint.path + "/v2/" + reference.repository + "/" + path)
    // As containerd does: a mirror of several registries is told which one is meant.
    if let mirrored = endpoint.mirrored { target += "?ns=" + PercentText.encodeQuery(mirrored) }
    var (isAuthorized, redirects) = (false, 0)
    while true {
      let head = try await exchange(origin, target, path, sink)
      hasAnswered.withLock { $0 = true }
      switch head.status {
      case 200, 206: return
      case 301, 302, 303, 307, 308:
        redirects += 1
        guard redirects <= patience.redirects else { throw RegistryFailure.wrong("\(host) sends on and on") }
        guard let location = head.headers["location"] else { throw RegistryFailure.wrong("\(origin) sends on to nowhere") }
        if location.hasPrefix("/") {
          target = location
        } else {
          let url = try HTTPURL(location)
          (origin, target) = (url.origin, url.target)
        }
      case 401 where origin == endpoint.origin && !isAuthorized:
        isAuthorized = true
        let shown = try await authorize(RegistryChallenge.all(head.headers.values("www-authenticate")))
        authorization.withLock { $0 = shown }
      case 401, 403:
        throw RegistryFailure.refused("\(host) does not give it \(asWhom), or there is no such image")
      case 404: throw RegistryFailure.wrong("\(host) has no such image or tag")
      case 429:
        throw RegistryFailure.passing("\(host) has had too many requests from here", seconds: RegistrySession.wait(head.headers))
      case 408, 500...599:
        throw RegistryFailure.passing(
          "\(origin) answered with status \(head.status)", seconds: RegistrySession.wait(head.headers))
      default: throw RegistryFailure.wrong("\(origin) answered with status \(head.status)")
      }
    }
  }

  private static func wait(_ headers: HTTPHeaders) -> Int? { headers["retry-after"].flatMap { Int($0) }.map { max(0, $0) } }

  private func exchange(_ origin: HTTPOrigin, _ target: String, _ path: String, _ sink: Collector) async throws
    -> HTTPResponseHead
  {
    var headers: HTTPHeaders = [
      "accept": path.hasPrefix("manifests/") ? RegistrySession.manifests : "*/*", "user-agent": "wavetank",
    ]
    // What is shown is for the registry, not for those that it sends on to.
    if origin == endpoint.origin, let shown = authorization.withLock({ $0 }) { headers.append("authorization", shown) }
    let start = sink.count
    if start > 0 { headers.append("range", "bytes=\(start)-") }
    let isBegun = Mutex(false)
    let client = connections.client(for: origin, registry: origin == endpoint.origin ? endpointRegistry : nil)
    return try await client.stream(HTTPClientRequest(.get, target, headers: headers), to: origin) { head, bytes in
      guard head.status == 200 || head.status == 206 else { return }
      let isFirst = isBegun.withLock { isBegun in
        defer { isBegun = true }
        return !isBegun
      }
      if isFirst, head.status == 206, head.headers["content-range"]?.hasPrefix("bytes \(start)-") != true {
        throw RegistryFailure.wrong("\(origin) gave another part than the one that was asked for")
      }
      if isFirst, head.status == 200, start > 0 { try sink.restart() }
      try sink.add(bytes)
    }
  }

  private var endpointRegistry: String? { endpoint.mirrored == nil ? reference.registry : nil }

  /// - Returns: the field `authorization` of further requests
  private func authorize(_ challenges: [RegistryChallenge]) async throws -> String {
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
      if let credential, !credential.registryToken.isEmpty { return "Bearer " + credential.registryToken }
      return "Bearer " + (try await token(bearer))
    }
    guard challenges.contains(where: { $0.scheme == "basic" }) else {
      throw RegistryFailure.refused("\(host) does not say how it wants to be shown who asks")
    }
    guard let credential, !credential.user.isEmpty || !credential.password.isEmpty else {
      throw RegistryFailure.refused("\(host) wants a login")
    }
    return RegistrySession.basic(credential)
  }

  private static func basic(_ credential: RegistryCredential) -> String {
    "Basic " + Base64.encode(Array((credential.user + ":" + credential.password).utf8))
  }

  /// Source: the distribution project's token authentication, and its OAuth 2.0 form for identity tokens.
  private func token(_ challenge: RegistryChallenge) async throws -> String {
    guard let realm = challenge.parameters["realm"] else {
      throw RegistryFailure.wrong("\(host) does not say where its tokens are")
    }
    let url = try HTTPURL(realm)
    if credential != nil, endpoint.origin.isTLS, !url.origin.isTLS {
      throw RegistryFailure.wrong("\(host) wants a password to be sent unencrypted, to \(realm)")
    }
    var fields = [("scope", challenge.parameters["scope"] ?? "repository:\(reference.repository):pull")]
    if let service = challenge.parameters["service"] { fields.insert(("service", service), at: 0) }
    var request = HTTPClientRequest(.get, url.target, headers: ["accept": "application/json", "user-agent": "wavetank"])
    let form = { (fields: [(String, String)]) in
      fields.map { $0 + "=" + PercentText.encodeQuery($1) }.joined(separator: "&")
    }
    if let credential, !credential.identityToken.isEmpty {
      fields += [("grant_type", "refresh_token"), ("client_id", "wavetank"), ("refresh_token", credential.identityToken)]
      request.method = .post
      request.headers.append("content-type", "application/x-www-form-urlencoded")
      request.body = Array(form(fields).utf8)
    } else {
      request.target += (url.target.contains("?") ? "&" : "?") + form(fields)
      if let credential { request.headers.append("authorization", RegistrySession.basic(credential)) }
    }
    let answer = try await connections.client(for: url.origin).send(
      request, to: url.origin, bodyLimit: RegistrySession.documentLimit, within: patience.document)
    switch answer.status {
    case 200: break
    case 408, 429, 500...599:
      throw RegistryFailure.passing(
        "\(url.origin) gave no token (status \(answer.status))", seconds: RegistrySession.wait(answer.headers))
    default: throw RegistryFailure.refused("\(url.origin) gave no token \(asWhom) (status \(answer.status))")
    }
    let tree = try? JSONParser.parse(answer.body)
    guard let token = tree?["token"].string ?? tree?["access_token"].string, !token.isEmpty else {
      throw RegistryFailure.wrong("\(url.origin) gave no token")
    }
    return token
  }
}
