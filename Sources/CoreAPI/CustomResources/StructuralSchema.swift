import CoreObjects

/// A structural schema, ready for use: what one version of a CustomResourceDefinition says of its objects. A tree of its own beside
/// `TypeSchema`: what it declares comes at run time, may forbid more than a type, and says what is kept of what it does not know.
/// Source: the schema's own rules, "Specifying a structural schema" in Kubernetes' documentation of custom resources.
final class StructuralSchema: Sendable {
  enum ValueType: String, Sendable { case object, array, string, integer, number, boolean }

  struct Property: Sendable {
    let key: Key
    let schema: StructuralSchema
  }

  /// Nil: any, where the rest does not say it.
  let type: ValueType?
  let properties: [Property]
  private let places: [Key: Int]
  /// Of the values of a map; of an object with `properties` nil.
  let values: StructuralSchema?
  /// Members that nothing describes are kept, as additionalProperties: true says.
  let allowsAnyMember: Bool
  let elements: StructuralSchema?
  let isNullable: Bool
  let preservesUnknown: Bool
  let isIntOrString: Bool
  /// An object of the API itself: it has apiVersion, kind and metadata whatever `properties` names.
  let isEmbedded: Bool
  let listType: String?
  let listKeys: [Key]
  let isAtomic: Bool
  let defaultValue: JSON?
  /// A default stands here or below.
  let hasDefaults: Bool
  let limits: ValueLimits
  /// The schema as it was given.
  let source: JSON
  /// Those of the whole object.
  let rules: RuleTree?

  /// - Parameters:
  ///   - source: a JSONSchemaProps
  ///   - isRoot: of a whole object
  init(_ source: JSON, isRoot: Bool = false) {
    self.source = source
    rules = isRoot ? RuleTree(root: source) : nil
    type = source[.type].string.flatMap { ValueType(rawValue: $0) }
    properties = source[.properties].members.map { Property(key: $0.key, schema: StructuralSchema($0.value)) }
    places = Dictionary(properties.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    let additional = source[.additionalProperties]
    values = additional.isObject ? StructuralSchema(additional) : nil
    allowsAnyMember = additional.bool == true
    let items = source[.items]
    elements = items.isObject ? StructuralSchema(items) : nil
    isNullable = source[.nullable].bool == true
    preservesUnknown = source["x-kubernetes-preserve-unknown-fields"].bool == true
    isIntOrString = source["x-kubernetes-int-or-string"].bool == true
    isEmbedded = source["x-kubernetes-embedded-resource"].bool == true
    listType = source["x-kubernetes-list-type"].string
    listKeys = source["x-kubernetes-list-map-keys"].elements.compactMap { $0.string.map { Key($0) } }
    isAtomic = source["x-kubernetes-map-type"].string == "atomic"
    let value = source[.default]
    defaultValue = value.isNull ? JSON?.none : value
    hasDefaults =
      defaultValue != nil || properties.contains { $0.schema.hasDefaults } || values?.hasDefaults == true
      || elements?.hasDefaults == true
    limits = ValueLimits(source)
  }

  func property(_ key: Key) -> StructuralSchema? { places[key].map { properties[$0].schema } }

  /// Of one member, named or not.
  func member(_ key: Key) -> StructuralSchema? { property(key) ?? values }

  /// What the server itself keeps of every object of the API.
  static let typeKeys: [Key] = [.apiVersion, .kind, .metadata]

  /// null says no more than nothing here.
  static func isSilent(_ value: JSON, _ schema: StructuralSchema) -> Bool { value.isNull && !schema.isNullable }
}
