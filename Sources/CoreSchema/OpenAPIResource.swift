/// A resource as an OpenAPI document describes it.
package struct OpenAPIResource: Sendable, Equatable {
  package struct Subresource: Sendable, Equatable {
    package var name: String
    /// Qualified: "autoscaling.v1.Scale"; nil where it carries no object (log, exec).
    package var typeName: String?
    package var verbs: [String]
    package init(_ name: String, typeName: String?, verbs: [String]) {
      self.name = name
      self.typeName = typeName
      self.verbs = verbs
    }
  }

  package var group: String
  package var version: String
  package var kind: String
  package var plural: String
  package var isNamespaced: Bool
  /// Qualified: "apps.v1.StatefulSet".
  package var typeName: String
  package var verbs: [String]
  package var subresources: [Subresource]

  package init(
    group: String, version: String, kind: String, plural: String, isNamespaced: Bool, typeName: String, verbs: [String],
    subresources: [Subresource] = []
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
    self.typeName = typeName
    self.verbs = verbs
    self.subresources = subresources
  }

  /// All that is known of it, in one text.
  var text: String {
    let parts = subresources.map { "\($0.name) \($0.typeName ?? "") \($0.verbs.joined(separator: ","))" }
    return "\(documentName) \(kind) \(plural) \(isNamespaced ? "namespaced" : "") \(typeName) "
      + verbs.joined(separator: ",") + " " + parts.joined(separator: " ")
  }

  /// "api/v1" or "apis/apps/v1": the document of OpenAPI v3 that it belongs to.
  package var documentName: String { group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)" }
}
