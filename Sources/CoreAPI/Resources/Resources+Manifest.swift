package import CoreObjects

extension Resources {
  /// The one that kubectl calls so: "Pod", "pods", "po".
  package static func definition(named word: String) -> ResourceDefinition? {
    all.lazy.map(\.definition).first { $0.names.contains(word.lowercased()) }
  }

  /// Where an object of a manifest is created: "/apis/apps/v1/namespaces/default/statefulsets"; nil for a kind that is not served.
  package static func collectionPath(of manifest: JSON) -> String? {
    let kind = manifest[.kind].string ?? ""
    let version = manifest[.apiVersion].string ?? ""
    let resource = all.first { $0.definition.kind == kind && $0.definition.versions.contains { $0.apiVersion == version } }
    guard let resource else { return nil }
    let root = (version.contains("/") ? "/apis/" : "/api/") + version
    let namespace = manifest[.metadata][.namespace].string ?? "default"
    return root + (resource.definition.isNamespaced ? "/namespaces/\(namespace)" : "") + "/" + resource.definition.id.name
  }
}
