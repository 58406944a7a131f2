import CoreObjects

/// A kind that a CustomResourceDefinition adds, as one of its versions serves it. What the schema says of its objects is the type's
/// business, as with every kind. Source: apiextensions-apiserver, pkg/registry/customresource/strategy.go, v1.36.
struct CustomResource: Resource {
  let definition: ResourceDefinition
  /// All of the kind, the stored one first.
  private let versions: [CustomVersion]
  private let version: CustomVersion
  /// The revision at which the schema of the stored version became what it is.
  let schemaRevision: UInt64
  private let isLeaving: Bool

  /// - Parameters:
  ///   - versions: made of the same spec; the stored one first
  init(_ definition: CustomResourceDefinition, _ versions: [CustomVersion], schemaRevision: UInt64) {
    self.init(definition, versions, versions[0], schemaRevision)
  }

  private init(
    _ definition: CustomResourceDefinition, _ versions: [CustomVersion], _ version: CustomVersion, _ schemaRevision: UInt64
  ) {
    self.versions = versions
    self.version = version
    self.schemaRevision = schemaRevision
    isLeaving = definition.metadata.deletionTimestamp != nil
    let names = definition.status.acceptedNames
    let id = ResourceID(definition.spec.group ?? "", names.plural ?? "")
    var found = ResourceDefinition(id: id, kind: names.kind ?? "")
    found.singular = names.singular
    found.listKind = names.listKind
    found.served = versions.map(\.served)
    found.isNamespaced = definition.spec.scope == "Namespaced"
    found.shortNames = names.shortNames.values
    found.categories = names.categories.values
    found.hasStatus = version.hasStatus
    found.countsChanges = true
    if version.hasScale { found.subresources = [.scale] }
    found.columns = [.name] + version.columns.map(\.header)
    found.selectable = version.selectable
    found.deprecation = version.deprecation
    self.definition = found
    source = definition
  }

  private let source: CustomResourceDefinition

  func face(_ served: ServedVersion) -> any Resource {
    guard let other = versions.first(where: { $0.served == served }) else { return self }
    return CustomResource(source, versions, other, schemaRevision)
  }

  func isServed(_ served: ServedVersion) -> Bool { versions.first { $0.served == served }?.isServed == true }

  func type(_ served: ServedVersion) -> TypeSchema? { versions.first { $0.served == served }?.type }

  // MARK: Writes

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    if isLeaving { throw .methodNotAllowed() }
    if definition.hasStatus { object.remove(.status) }
    object[.metadata].put(.generation, 1)
  }

  /// Generation counts changes of all but the metadata, and but the status where it is written by itself.
  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    if definition.hasStatus { object.put(.status, old[.status]) }
    func counted(_ tree: JSON) -> JSON {
      var tree = tree
      tree.remove(.metadata)
      if definition.hasStatus { tree.remove(.status) }
      return tree
    }
    let generation = old[.metadata][.generation].int ?? 1
    object[.metadata].put(.generation, .int(Int64(counted(object) == counted(old) ? generation : generation + 1)))
  }

  /// A write of the status changes nothing else.
  func prepareForStatusUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) {
    var result = old
    result.put(.status, object[.status])
    result[.metadata].put(.managedFields, object[.metadata][.managedFields])
    object = result
  }

  // MARK: Reads

  func cells(_ object: JSON, at now: Instant) -> [JSON] { [object[.metadata][.name]] + version.cells(object, at: now) }

  /// The strategy None: another apiVersion, and what the other version's schema says.
  func convert(_ object: JSON, from: ServedVersion, to: ServedVersion) -> JSON {
    var converted = object
    converted.put(.apiVersion, .string(to.apiVersion))
    return renewed(converted, to)
  }

  /// As the version's schema wants it now: without what it does not know, with its defaults.
  func renewed(_ object: JSON, _ served: ServedVersion) -> JSON {
    guard let type = type(served), var tree = try? Schema.shared.decode(object, as: type).tree else { return object }
    Schema.shared.setDefaults(&tree, type)
    return tree
  }
}
