import CoreObjects

/// Kinds that somebody adds to the API. What is done of them here: their names and versions are judged; what they say of objects is
/// `CustomResources/`. Source: apiextensions-apiserver, pkg/registry/customresourcedefinition/strategy.go, v1.36.
struct CustomResourceDefinitionResource: Resource {
  let definition = ResourceDefinition(
    id: .customResourceDefinitions, kind: "CustomResourceDefinition", isNamespaced: false, shortNames: ["crd", "crds"],
    categories: ["api-extensions"], hasStatus: true, columns: [.name, TableColumn(name: "Created At", type: "date")])

  func setDefaults(_ object: inout JSON) {
    var definition = CustomResourceDefinition(tree: object)
    let kind = definition.spec.names.kind ?? ""
    if (definition.spec.names.singular ?? "").isEmpty { definition.spec.names.singular = kind.lowercased() }
    if (definition.spec.names.listKind ?? "").isEmpty, !kind.isEmpty { definition.spec.names.listKind = kind + "List" }
    if definition.spec.conversion.isAbsent { definition.spec.conversion.strategy = "None" }
    if !definition.spec.conversion.webhook.clientConfig.service.isAbsent,
      definition.spec.conversion.webhook.clientConfig.service.port == nil
    {
      definition.spec.conversion.webhook.clientConfig.service.port = 443
    }
    object = definition.tree
    normalizeSchemas(&object)
  }

  /// Schemas below fields that take something else too are read like the others.
  private func normalizeSchemas(_ object: inout JSON) {
    guard case .array(var versions) = object[.spec][.versions] else { return }
    for place in versions.indices where versions[place][.schema][.openAPIV3Schema].isObject {
      versions[place][.schema].put(.openAPIV3Schema, JSONSchemaTree.normalized(versions[place][.schema][.openAPIV3Schema]))
    }
    object[.spec].put(.versions, .array(versions))
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object.remove(.status)
    object[.metadata].put(.generation, 1)
    recordStored(&object)
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    object.put(.status, old[.status])
    keepGeneration(&object, old: old)
    recordStored(&object)
  }

  /// Every version in which objects were ever stored.
  private func recordStored(_ object: inout JSON) {
    var definition = CustomResourceDefinition(tree: object)
    guard let version = definition.spec.versions.first(where: { $0.storage == true })?.name else { return }
    let stored = definition.status.storedVersions.values
    if !stored.contains(version) { definition.status.storedVersions = List(stored + [version]) }
    object = definition.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { DefinitionRules.validate(object) }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    let (definition, before) = (CustomResourceDefinition(tree: object), CustomResourceDefinition(tree: old))
    var errors: [FieldError] = []
    func unchanging(_ path: FieldPath, _ new: String?, _ old: String?) {
      if new != old { errors.add(.invalid, path, value: new ?? "", "field is immutable") }
    }
    unchanging("spec.group", definition.spec.group, before.spec.group)
    unchanging("spec.names.plural", definition.spec.names.plural, before.spec.names.plural)
    if before.isEstablished {
      unchanging("spec.scope", definition.spec.scope, before.spec.scope)
      unchanging("spec.names.kind", definition.spec.names.kind, before.spec.names.kind)
    }
    return errors + storedVersions(definition)
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    storedVersions(CustomResourceDefinition(tree: object))
  }

  private func storedVersions(_ definition: CustomResourceDefinition) -> [FieldError] {
    let names = definition.spec.versions.compactMap(\.name)
    let storage = definition.spec.versions.first { $0.storage == true }?.name
    let stored = definition.status.storedVersions.values
    var errors: [FieldError] = []
    for (index, name) in stored.enumerated() where !names.contains(name) {
      errors.add(.invalid, FieldPath("status.storedVersions").index(index), value: name, "must stand in spec.versions")
    }
    if let storage, !stored.contains(storage) {
      errors.add(
        .invalid, "status.storedVersions", value: definition.status.storedVersions.tree,
        "must have the storage version \"\(storage)\"")
    }
    return errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), object[.metadata][.creationTimestamp]]
  }
}
