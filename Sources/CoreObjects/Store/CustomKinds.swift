/// The kinds that CustomResourceDefinitions in the store add, as far as controllers look at them: from an owner reference or a
/// scaleTargetRef to a resource.
package struct CustomKinds: Sendable {
  package struct Kind: Sendable, Equatable {
    package var group: String
    package var kind: String
    package var resource: ResourceID
    package var isNamespaced: Bool
    /// How a Scale of it is made; nil where it has none.
    package var scale: ScalePaths?
  }

  /// By the name of the definition, which is that of the resource with its group.
  private var kinds: [String: Kind] = [:]

  package init() {}

  package func find(group: some StringProtocol, kind: String) -> Kind? {
    kinds.isEmpty ? nil : kinds.values.first { $0.group == group && $0.kind == kind }
  }

  package func find(_ resource: ResourceID) -> Kind? { kinds.isEmpty ? nil : kinds[resource.description] }

  mutating func update(_ name: String, _ tree: JSON?) { kinds[name] = tree.flatMap(Kind.init) }
}

extension CustomKinds.Kind {
  /// Nil while the kind is not served.
  fileprivate init?(_ tree: JSON) {
    let definition = CustomResourceDefinition(tree: tree)
    guard definition.isEstablished, let names = Optional(definition.status.acceptedNames), let kind = names.kind, !kind.isEmpty
    else { return nil }
    self.kind = kind
    group = definition.spec.group ?? ""
    resource = ResourceID(group, names.plural ?? "")
    isNamespaced = definition.spec.scope == "Namespaced"
    scale = definition.spec.versions.first { $0.storage == true }.flatMap { ScalePaths($0.subresources.scale) }
  }
}

extension CustomResourceDefinition {
  /// What holds a definition that is to go until its objects have gone.
  package static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

  package var isEstablished: Bool { status.conditions.contains { $0.type == "Established" && $0.status == "True" } }
}

/// Where an object has what a Scale tells.
package struct ScalePaths: Sendable, Equatable {
  package var wanted: [Key] = [.spec, .replicas]
  package var present: [Key] = [.status, .replicas]
  /// A LabelSelector, or a text of one; nil: a Scale has none.
  package var selector: [Key]? = [.spec, .selector]

  package init() {}

  /// Nil where there is no scale.
  package init?(_ scale: CustomResourceSubresourceScale) {
    guard !scale.isAbsent, let wanted = scale.specReplicasPath, let present = scale.statusReplicasPath else { return nil }
    self.wanted = ScalePaths.keys(wanted)
    self.present = ScalePaths.keys(present)
    selector = scale.labelSelectorPath.map { ScalePaths.keys($0) }
  }

  /// ".spec.replicas" is spec and replicas.
  package static func keys(_ path: String) -> [Key] { path.split(separator: ".").map { Key(String($0)) } }
}

extension JSON {
  /// What stands at the end of a path of members.
  package func value(at path: [Key]) -> JSON { path.reduce(self) { $0[$1] } }

  /// Makes the objects on the way where they are missing.
  package mutating func put(_ value: JSON, at path: [Key]) {
    guard let first = path.first else {
      self = value
      return
    }
    if path.count == 1 { return put(first, value) }
    var inner = take(first)
    if !inner.isObject { inner = .object([]) }
    inner.put(value, at: Array(path.dropFirst()))
    put(first, inner)
  }
}

extension Store {
  package func scalePaths(of resource: ResourceID) -> ScalePaths { customKinds.find(resource)?.scale ?? ScalePaths() }
}
