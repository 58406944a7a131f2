import CoreObjects
import EdgeHTTP
import EdgeLinux
import Glibc

/// Fetches one image by the OCI distribution specification 1.1 (which is Docker's registry API 2), anonymously.
struct RegistryPull: Sendable {
  /// Manifests and configurations are never larger.
  private static let documentLimit = 4 << 20
  private static let redirectLimit = 5
  private static let manifests = [
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
  ].joined(separator: ", ")

  private let client: HTTPClient
  private let reference: ImageReference
  private let scratch: String
  private let origin: HTTPOrigin
  private var token: String?

  init(_ client: HTTPClient, _ reference: ImageReference, _ scratch: String) {
    self.client = client
    self.reference = reference
    self.scratch = scratch
    let parts = reference.registry.split(separator: ":")
    let host = reference.registry == "docker.io" ? "registry-1.docker.io" : String(parts[0])
    // As docker does: a registry on this machine needs no certificate.
    let isLocal = host == "localhost" || host.hasPrefix("127.")
    origin = HTTPOrigin(isTLS: !isLocal, host: host, port: parts.count > 1 ? UInt16(parts[1]) : nil)
  }

  private func failed(_ reason: String) -> ImageError { .pullFailed(reference.description, reason: reason) }

  mutating func run() async throws -> OfferedImage {
    var manifest = try await document("manifests/" + (reference.digest ?? reference.tag ?? "latest"), reference.digest)
    if manifest["manifests"].elements.first != nil {
      let choice = manifest["manifests"].elements.first { entry in
        let platform = entry["platform"]
        return platform["os"].string == "linux" && platform["architecture"].string == ImageArchive.architecture
      }
      guard let digest = choice?["digest"].string else { throw failed("it is not made for linux/\(ImageArchive.architecture)") }
      manifest = try await document("manifests/" + digest, digest)
    }
    guard let configDigest = manifest["config"]["digest"].string else { throw failed("its manifest names no configuration") }
    let configuration = try await whole("blobs/" + configDigest, configDigest)
    var layers: [OfferedLayer] = []
    for (index, layer) in manifest["layers"].elements.enumerated() {
      guard let digest = layer["digest"].string else { throw failed("a layer of its manifest has no digest") }
      let file = scratch + "/layer-\(index)"
      try await save("blobs/" + digest, to: file, limit: layer["size"].int ?? Int.max)
      layers.append(OfferedLayer(file: file, digest: digest))
    }
    return OfferedImage(configuration: configuration, layers: layers, names: [])
  }

  private mutating func document(_ path: String, _ digest: String?) async throws -> JSON {
    try JSONParser.parse(try await whole(path, digest))
  }

  private mutating func whole(_ path: String, _ digest: String?) async throws -> [UInt8] {
    let collected = Collector(limit: RegistryPull.documentLimit)
    try await fetch(path) { try collected.add($0) }
    let bytes = collected.bytes
    if let digest, Digest.of(bytes) != digest { throw failed("what came for \(digest) is something else") }
    return bytes
  }

  /// The image store compares the digest when it takes the file in.
  private mutating func save(_ path: String, to file: String, limit: Int) async throws {
    let descriptor = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    let collected = Collector(limit: limit, file: descriptor)
    try await fetch(path) { try collected.add($0) }
  }

  /// Asks with a token where the registry wants one, and follows where it sends on.
  private mutating func fetch(_ path: String, _ receive: @escaping @Sendable ([UInt8]) throws -> Void) async throws {
    var place = (origin: origin, target: "/v2/" + reference.repository + "/" + path)
    var hasAskedForToken = false
    for _ in 0...RegistryPull.redirectLimit {
      var headers: HTTPHeaders = [
        "accept": path.hasPrefix("manifests/") ? RegistryPull.manifests : "*/*", "user-agent": "wavetank",
      ]
      // The token is the registry's, not of those it sends on to.
      if place.origin == origin, let token { headers.append("authorization", "Bearer " + token) }
      let head = try await client.stream(HTTPClientRequest(.get, place.target, headers: headers), to: place.origin) {
        head, bytes in
        if head.status == 200 { try receive(bytes) }
      }
      switch head.status {
      case 200: return
      case 301, 302, 303, 307, 308:
        guard let location = head.headers["location"] else { throw failed("\(place.origin) sends on to nowhere") }
        if location.hasPrefix("/") {
          place.target = location
        } else {
          let url = try HTTPURL(location)
          place = (url.origin, url.target)
        }
      case 401 where !hasAskedForToken:
        hasAskedForToken = true
        token = try await authorise(head.headers["www-authenticate"] ?? "")
      case 401, 403: throw failed("\(origin.host) does not let anonymous clients have it, or there is no such image")
      case 404: throw failed("\(origin.host) has no such image or tag")
      case 429: throw failed("\(origin.host) has had too many requests from here; it is asked again later")
      case let status: throw failed("\(place.origin) answered with status \(status)")
      }
    }
    throw failed("\(origin.host) sends on and on")
  }

  /// Source: the token authentication of the registry API: `Bearer realm="…",service="…",scope="…"`.
  private func authorise(_ challenge: String) async throws -> String {
    guard challenge.lowercased().hasPrefix("bearer ") else { throw failed("\(origin.host) wants a login") }
    var fields: [String: String] = [:]
    for part in challenge.dropFirst(7).split(separator: "\"", omittingEmptySubsequences: false).chunks() {
      fields[String(part.0.filter { $0 != "," && $0 != " " && $0 != "=" })] = String(part.1)
    }
    guard let realm = fields["realm"] else { throw failed("\(origin.host) does not say where its tokens are") }
    let url = try HTTPURL(realm)
    var query: [String] = []
    for name in ["service", "scope"] { if let value = fields[name] { query.append(name + "=" + PercentText.encodeQuery(value)) } }
    let target = url.target + (url.target.contains("?") ? "&" : "?") + query.joined(separator: "&")
    let answer = try await client.send(
      HTTPClientRequest(.get, target, headers: ["accept": "application/json"]), to: url.origin,
      bodyLimit: RegistryPull.documentLimit)
    let tree = try? JSONParser.parse(answer.body)
    guard answer.status == 200, let token = tree?["token"].string ?? tree?["access_token"].string else {
      throw failed("\(url.origin) gave no token (status \(answer.status))")
    }
    return token
  }
}

extension [Substring] {
  /// Names and values by turns: what is outside and inside of quotation marks.
  fileprivate func chunks() -> [(Substring, Substring)] {
    stride(from: 0, to: count - 1, by: 2).map { (self[$0], self[$0 + 1]) }
  }
}
