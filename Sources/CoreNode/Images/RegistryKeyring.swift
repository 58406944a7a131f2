package import CoreObjects

/// Credentials by the registries, or parts of them, that they are for. Source: pkg/credentialprovider/keyring.go, v1.36.
package struct RegistryKeyring: Sendable, Equatable {
  /// What is no docker configuration.
  package struct Problem: Error, Equatable {
    package let reason: String
  }

  private struct Entry: Sendable, Equatable {
    /// "registry.example:5000/team"
    var key: String
    var credential: RegistryCredential
  }

  /// Those of longer keys first; those of one key as they came.
  private var entries: [Entry] = []

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  /// Adds the entries of a docker configuration: {"auths": {…}}, or what is in there alone.
  package mutating func add(_ configuration: JSON, from source: RegistryCredential.Source? = nil) throws(Problem) {
    let auths = configuration["auths"].isObject ? configuration["auths"] : configuration
    guard auths.isObject else { throw Problem(reason: "it is no docker configuration") }
    for member in auths.members where member.value.isObject {
      guard var credential = try RegistryCredential(member.value), let key = RegistryKeyring.key(member.key.name) else {
        continue
      }
      credential.source = source
      entries.append(Entry(key: key, credential: credential))
    }
    let all = entries.enumerated().sorted { ($1.element.key, $0.offset) < ($0.element.key, $1.offset) }
    entries = all.map(\.element)
  }

  /// "https://index.docker.io/v1/" is the key "index.docker.io".
  private static func key(_ place: String) -> String? {
    var rest = Substring(place)
    for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
    let host = rest.prefix { $0 != "/" }
    if host.isEmpty { return nil }
    var path = rest.dropFirst(host.count).prefix { $0 != "?" && $0 != "#" }
    if path.hasPrefix("/v1/") || path.hasPrefix("/v2/") { path = path.dropFirst(3) }
    return path == "/" ? String(host) : String(host + path)
  }

  /// What may be shown for "docker.io/library/app", in the order in which it is tried.
  package func credentials(for repository: String) -> [RegistryCredential] {
    let found = entries.filter { RegistryKeyring.matches($0.key, repository) }
    if !found.isEmpty { return found.map(\.credential) }
    guard repository.hasPrefix("docker.io/") else { return [] }
    return entries.filter { $0.key == "index.docker.io" }.map(\.credential)
  }

  /// Hosts have as many parts, each of which matches, the same port or none, and the path begins alike.
  static func matches(_ key: String, _ repository: String) -> Bool {
    let (wanted, given) = (Place(key), Place(repository))
    guard wanted.port == given.port, wanted.parts.count == given.parts.count, given.path.hasPrefix(wanted.path) else {
      return false
    }
    return zip(wanted.parts, given.parts).allSatisfy { Glob.matches(Array($0.utf8)[...], Array($1.utf8)[...]) }
  }

  private struct Place {
    let parts: [Substring]
    let port: Substring
    let path: Substring

    init(_ text: String) {
      let host = text.prefix { $0 != "/" }
      path = text.dropFirst(host.count)
      let name = host.prefix { $0 != ":" }
      port = host.dropFirst(name.count + 1)
      parts = name.split(separator: ".", omittingEmptySubsequences: false)
    }
  }
}

/// `*`, `?` and `[a-z]` as shells know them, in the part of a host's name.
enum Glob {
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    switch first {
    case UInt8(ascii: "*"):
      return (text.startIndex...text.endIndex).contains { matches(pattern.dropFirst(), text[$0...]) }
    case UInt8(ascii: "?"): return !text.isEmpty && matches(pattern.dropFirst(), text.dropFirst())
    case UInt8(ascii: "["):
      guard let byte = text.first, let end = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")) else { return false }
      return isIn(pattern[(pattern.startIndex + 1)..<end], byte) && matches(pattern[(end + 1)...], text.dropFirst())
    default: return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
    }
  }

  /// "a-z0" or "^a-z"
  private static func isIn(_ set: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
    var rest = set
    let isNegated = rest.first == UInt8(ascii: "^")
    if isNegated { rest = rest.dropFirst() }
    var isFound = false
    while let low = rest.popFirst() {
      var high = low
      if rest.first == UInt8(ascii: "-"), rest.count > 1 {
        rest = rest.dropFirst()
        high = rest.removeFirst()
      }
      if low <= byte, byte <= high { isFound = true }
    }
    return isFound != isNegated
  }
}
