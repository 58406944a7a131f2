import CoreObjects
import EdgeHTTP

/// What a path of the OCI distribution specification 1.1 asks about.
enum RegistryRoute: Equatable {
  case root
  case catalog
  case tags(String)
  /// By tag or digest.
  case manifest(String, String)
  case blob(String, String)
  case uploads(String)
  case upload(String, String)
  case referrers(String, String)

  /// nil: there is no such path.
  init?(_ path: String) throws(OwnRegistryError) {
    guard let decoded = RegistryRoute.decode(path) else { return nil }
    if decoded == "/v2" || decoded == "/v2/" {
      self = .root
      return
    }
    guard decoded.hasPrefix("/v2/") else { return nil }
    var parts = decoded.dropFirst(4).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts == ["_catalog"] {
      self = .catalog
      return
    }
    guard parts.count >= 3, let last = parts.popLast(), let kind = parts.popLast() else { return nil }
    func name() throws(OwnRegistryError) -> String {
      let name = parts.joined(separator: "/")
      // The grammar is that of references; a host before it makes of a first part with a dot a part like the others.
      guard let reference = try? ImageReference("localhost/" + name), reference.repository == name, reference.digest == nil else {
        throw .nameInvalid(name)
      }
      return name
    }
    switch kind {
    case "tags" where last == "list": self = .tags(try name())
    case "manifests": self = .manifest(try name(), last)
    case "referrers": self = .referrers(try name(), last)
    case "blobs" where last == "uploads":
      // "…/blobs/uploads" without its last slash.
      self = .uploads(try name())
    case "blobs": self = .blob(try name(), last)
    case "uploads" where parts.last == "blobs":
      parts.removeLast()
      self = last.isEmpty ? .uploads(try name()) : .upload(try name(), last)
    default: return nil
    }
  }

  private static func decode(_ text: String) -> String? {
    Array(text.utf8).withUnsafeBufferPointer { PercentText.decode($0, plusIsSpace: false) }
  }

  /// A field of a query.
  static func field(_ name: String, of query: String) -> String? {
    for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
      return Array(pair.dropFirst(name.count + 1).utf8).withUnsafeBufferPointer { PercentText.decode($0, plusIsSpace: true) }
    }
    return nil
  }
}
