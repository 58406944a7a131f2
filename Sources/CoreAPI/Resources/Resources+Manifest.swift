package import CoreObjects

extension Resources {
  /// The one that kubectl calls so: "Pod", "pods", "po".
  package static func definition(named word: String) -> ResourceDefinition? {
    all.lazy.map(\.definition).first { $0.names.contains(word.lowercased()) }
  }

  /// Where an object of a manifest is created: "/apis/apps/v1/namespaces/default/statefulsets"; nil for a kind that is not served.
  package static func collectionPath(of manifest: JSON) -> String? {
    guard let definition = definition(of: manifest), let version = manifest[.apiVersion].string else { return nil }
    let root = (version.contains("/") ? "/apis/" : "/api/") + version
    let namespace = manifest[.metadata][.namespace].string ?? "default"
    return root + (definition.isNamespaced ? "/namespaces/\(namespace)" : "") + "/" + definition.id.name
  }

  /// The one of an object's kind and version.
  package static func definition(of manifest: JSON) -> ResourceDefinition? {
    let kind = manifest[.kind].string ?? ""
    let version = manifest[.apiVersion].string ?? ""
    return all.lazy.map(\.definition).first { $0.kind == kind && $0.versions.contains { $0.apiVersion == version } }
  }
}
