import CoreObjects

/// A resource as an OpenAPI document describes it.
extension ServedResource {
  /// "api/v1" or "apis/apps/v1": the document of OpenAPI v3 that it belongs to.
  var documentName: String { (version.group.isEmpty ? "api/" : "apis/") + version.apiVersion }

  /// All that a document says of it, in one text.
  var documentText: String {
    let parts = definition.allSubresources.map { "\($0.name) \(typeName(of: $0) ?? "") \($0.verbs.joined(separator: ","))" }
    return "\(documentName) \(definition.kind) \(id.name) \(definition.isNamespaced ? "namespaced" : "") \(version.typeName) "
      + definition.verbs.joined(separator: ",") + " " + parts.joined(separator: " ")
      + (type?.structural.map { " " + $0.source.description } ?? "")
  }

  /// Qualified: "autoscaling.v1.Scale"; nil for log, exec and their like: they carry no object.
  func typeName(of subresource: Subresource) -> String? {
    switch subresource.kind {
    case definition.kind: subresource.name == "log" ? nil : version.typeName
    case "Scale": "autoscaling.v1.Scale"
    case "Eviction": "policy.v1.Eviction"
    case "Binding": "core.v1.Binding"
    case "TokenRequest": "authentication.v1.TokenRequest"
    default: nil
    }
  }
}
