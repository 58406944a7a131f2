import CoreNode
package import CoreObjects
import EdgeHTTP
import EdgeLinux

/// Where images of a registry are asked for.
struct RegistryEndpoint: Sendable, Equatable {
  var origin: HTTPOrigin
  /// What comes before "/v2/" in its paths.
  var path = ""
  /// The registry that it stands for; nil: it is that registry.
  var mirrored: String?

  /// - Parameter place: a host, perhaps with a port.
  init(isTLS: Bool, _ place: String) {
    let parts = place.split(separator: ":")
    origin = HTTPOrigin(isTLS: isTLS, host: String(parts[0]), port: parts.count > 1 ? UInt16(parts[1]) : nil)
  }

  init(mirror url: HTTPURL, of registry: String) {
    origin = url.origin
    mirrored = registry
    path = String(url.target.prefix { $0 != "?" })
    while path.hasSuffix("/") { path.removeLast() }
    if path.hasSuffix("/v2") { path.removeLast(3) }
  }
}

/// What the machine knows of registries: a file as k3s and k3d have it (`mirrors`, `configs`), or one of docker's (`auths`).
package struct RegistryConfiguration: Sendable {
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  private var mirrors: [String: [RegistryEndpoint]] = [:]
  /// By host, or host and port.
  private var credentials: [String: RegistryCredential] = [:]
  private(set) var contexts: [String: TLSContext] = [:]
  private(set) var keyring = RegistryKeyring()

  package init() {}

  /// - Throws: at the first thing that is not understood.
  package init(_ tree: JSON) throws(Problem) {
    guard tree.isObject else { throw Problem(description: "it is no map of mirrors, configs or auths") }
    let isDocker = tree["auths"].isObject
    for member in tree.members {
      switch member.key.name {
      case "mirrors": try readMirrors(member.value)
      case "configs":
        for host in try RegistryConfiguration.members(member.value, "configs") { try readHost(host.key.name, host.value) }
      case "auths": break
      // The rest of docker's own file is docker's.
      case let other where !isDocker: throw Problem(description: "\"\(other)\" is not known; mirrors, configs and auths are")
      default: break
      }
    }
    do throws(RegistryKeyring.Problem) { if isDocker { try keyring.add(tree) } } catch {
      throw Problem(description: error.reason)
    }
  }

  private static func members(_ tree: JSON, _ name: String) throws(Problem) -> [Member] {
    guard tree.isObject || tree.isNull else { throw Problem(description: "\"\(name)\" is no map") }
    return tree.members
  }

  private mutating func readMirrors(_ tree: JSON) throws(Problem) {
    for mirror in try RegistryConfiguration.members(tree, "mirrors") {
      let registry = mirror.key.name
      var endpoints: [RegistryEndpoint] = []
      for member in try RegistryConfiguration.members(mirror.value, registry) {
        guard member.key.name == "endpoint", member.value.isArray else {
          throw Problem(description: "mirrors: \(registry): \"\(member.key.name)\" is not known; a list \"endpoint\" is")
        }
        for text in member.value.elements {
          guard let text = text.string, let url = try? HTTPURL(text) else {
            throw Problem(
              description: "mirrors: \(registry): \(String(decoding: text.encoded(), as: UTF8.self)) is no http or https URL")
          }
          endpoints.append(RegistryEndpoint(mirror: url, of: registry))
        }
      }
      mirrors[registry] = endpoints
    }
  }

  private mutating func readHost(_ host: String, _ tree: JSON) throws(Problem) {
    for member in try RegistryConfiguration.members(tree, host) {
      switch member.key.name {
      case "auth":
        do throws(RegistryKeyring.Problem) { credentials[host] = try RegistryCredential(member.value) } catch {
          throw Problem(description: "configs: \(host): \(error.reason)")
        }
      case "tls": contexts[host] = try RegistryConfiguration.context(member.value, host)
      case let other: throw Problem(description: "configs: \(host): \"\(other)\" is not known; auth and tls are")
      }
    }
  }

  private static func context(_ tree: JSON, _ host: String) throws(Problem) -> TLSContext {
    func read(_ key: Key) throws(Problem) -> [UInt8]? {
      guard let path = tree[key].string, !path.isEmpty else { return nil }
      do throws(SystemError) { return try Files.read(path, limit: 1 << 20) } catch {
        throw Problem(description: "configs: \(host): \(path): \(error.reason)")
      }
    }
    let known = ["ca_file", "cert_file", "key_file", "insecure_skip_verify"]
    if let other = tree.members.first(where: { !known.contains($0.key.name) }) {
      throw Problem(
        description: "configs: \(host): tls: \"\(other.key.name)\" is not known; \(known.joined(separator: ", ")) are")
    }
    let (certificate, key) = (try read("cert_file"), try read("key_file"))
    guard (certificate == nil) == (key == nil) else {
      throw Problem(description: "configs: \(host): cert_file and key_file go together")
    }
    var identity: Identity?
    if let certificate, let key { identity = Identity(certificatePEM: certificate, keyPEM: key) }
    let authorities = try read("ca_file") ?? []
    do throws(CertificateError) {
      return try TLSContext(
        clientTrusting: authorities, identity: identity, isVerifying: tree["insecure_skip_verify"].bool != true)
    } catch { throw Problem(description: "configs: \(host): tls: \(error)") }
  }

  /// Where images of a registry are asked for, in this order: its mirrors, then itself.
  func endpoints(of registry: String) -> [RegistryEndpoint] {
    // As docker does: a registry on this machine needs no certificate.
    let isLocal = registry.hasPrefix("127.") || registry == "localhost" || registry.hasPrefix("localhost:")
    let own = RegistryEndpoint(isTLS: !isLocal, registry == "docker.io" ? "registry-1.docker.io" : registry)
    let mirrors = mirrors[registry] ?? mirrors["*"] ?? []
    return mirrors.map { mirror in
      var mirror = mirror
      mirror.mirrored = registry
      return mirror
    } + [own]
  }

  /// What the configuration has for one of them.
  func credential(for endpoint: RegistryEndpoint, registry: String) -> RegistryCredential? {
    names(of: endpoint.origin, registry: endpoint.mirrored == nil ? registry : nil).lazy.compactMap { credentials[$0] }.first
  }

  /// How a host may be called there.
  func names(of origin: HTTPOrigin, registry: String? = nil) -> [String] {
    [origin.description] + (origin.port == (origin.isTLS ? 443 : 80) ? [origin.host] : []) + (registry.map { [$0] } ?? [])
  }
}
