import CoreCEL
import CoreObjects

/// Whether a schema is structural: every value has a type, and what combinations say of a value stands outside of them too.
/// Source: apiextensions-apiserver, pkg/apiserver/schema/validation.go and pkg/apis/apiextensions/validation, v1.36.
struct SchemaRules {
  private static let errorLimit = 100
  /// What no schema of a CustomResourceDefinition may say.
  private static let refused = ["$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id", "$schema"]
  /// What a schema within a combination may not say: it describes the value, and that is done outside.
  private static let outside = [
    "title", "description", "default", "nullable", "additionalProperties", "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
    "x-kubernetes-validations",
  ]

  private var errors: [FieldError] = []

  static func validate(_ schema: JSON, at path: FieldPath) -> [FieldError] {
    var rules = SchemaRules()
    if schema[.type].string != "object" {
      let given = schema[.type].string ?? ""
      rules.errors.add(given.isEmpty ? .required : .invalid, path.child(.type), value: given, "must be object at the root")
    }
    rules.root(schema, path)
    rules.schema(schema, path, isRoot: true, depth: 0)
    rules.rootMetadata(schema[.properties][.metadata], path.child(.properties).key("metadata"))
    if rules.errors.isEmpty { rules.defaults(schema, path) }
    if rules.errors.isEmpty { rules.errors += ValidationsCheck.validate(schema, at: path) }
    return Array(rules.errors.prefix(errorLimit))
  }

  /// What only the root may not say.
  private mutating func root(_ tree: JSON, _ path: FieldPath) {
    if tree[.nullable].bool == true { errors.add(.forbidden, path.child(.nullable), "an object is never null") }
    if !tree[.additionalProperties].isNull {
      errors.add(.forbidden, path.child(.additionalProperties), "the members of an object are named")
    }
    for key in [Key.apiVersion, .kind] {
      let type = tree[.properties][key][.type]
      guard tree[.properties][key].isObject, type.string != "string" else { continue }
      errors.add(.invalid, path.child(.properties).key(key.name).child(.type), value: type, "must be string")
    }
  }

  /// Of the metadata a schema may only say what names are like.
  private mutating func rootMetadata(_ metadata: JSON, _ path: FieldPath) {
    guard metadata.isObject else { return }
    let known: Set<Key> = [.type, .properties, "description"]
    let isPlain =
      metadata.members.allSatisfy { known.contains($0.key) }
      && metadata[.properties].members.allSatisfy { $0.key == .name || $0.key == .generateName }
    if !isPlain { errors.add(.forbidden, path, "only name and generateName may be restricted; the rest is known") }
  }

  // MARK: One schema

  private mutating func schema(_ tree: JSON, _ path: FieldPath, isRoot: Bool = false, depth: Int) {
    guard errors.count < SchemaRules.errorLimit else { return }
    guard depth < JSONSchemaTree.depthLimit else {
      return errors.add(.forbidden, path, "schemas stand in one another too deeply")
    }
    type(tree, path, isRoot: isRoot)
    always(tree, path)
    extensions(tree, path)
    for member in tree[.properties].members {
      schema(member.value, path.child(.properties).key(member.key.name), depth: depth + 1)
    }
    if tree[.additionalProperties].isObject {
      schema(tree[.additionalProperties], path.child(.additionalProperties), depth: depth + 1)
    }
    if tree[.items].isObject { schema(tree[.items], path.child(.items), depth: depth + 1) }
    for (key, list) in [(Key.allOf, tree[.allOf]), (.anyOf, tree[.anyOf]), (.oneOf, tree[.oneOf])] {
      for (index, part) in list.elements.enumerated() { combined(part, tree, path.child(key).index(index), key, depth + 1) }
    }
    if tree[.not].isObject { combined(tree[.not], tree, path.child(.not), .not, depth + 1) }
  }

  private mutating func type(_ tree: JSON, _ path: FieldPath, isRoot: Bool) {
    let isIntOrString = tree["x-kubernetes-int-or-string"].bool == true
    let keepsUnknown = tree["x-kubernetes-preserve-unknown-fields"].bool == true
    if isIntOrString, keepsUnknown {
      errors.add(
        .invalid, path.child("x-kubernetes-preserve-unknown-fields"), value: true,
        "must be left out where x-kubernetes-int-or-string is true")
    }
    guard let type = tree[.type].string, !type.isEmpty else {
      if !isIntOrString, !keepsUnknown, !isRoot {
        errors.add(.required, path.child(.type), "every value of the schema has one")
      }
      return
    }
    if isIntOrString { errors.add(.forbidden, path.child(.type), "x-kubernetes-int-or-string says it") }
    let all = ["array", "boolean", "integer", "number", "object", "string"]
    if !all.contains(type) { errors.append(.notSupported(path.child(.type), value: type, supported: all)) }
    if type == "array", !tree[.items].isObject {
      errors.add(.required, path.child(.items), "says what the elements are")
    }
  }

  /// What holds of every schema, combined or not.
  private mutating func always(_ tree: JSON, _ path: FieldPath) {
    for name in SchemaRules.refused where !tree[Key(name)].isNull {
      errors.add(.forbidden, path.child(name), "is not supported")
    }
    if tree["uniqueItems"].bool == true {
      errors.add(.forbidden, path.child("uniqueItems"), "takes too long; x-kubernetes-list-type: set says it")
    }
    if let text = tree[.pattern].string, !text.isEmpty {
      do throws(RegularExpressionError) { _ = try RegularExpression(text) } catch {
        errors.add(.invalid, path.child(.pattern), value: text, "must be a regular expression: \(error)")
      }
    }
    if tree[.items].isArray { errors.add(.forbidden, path.child(.items), "must be one schema, not a list") }
    if !tree[.additionalProperties].isNull, tree[.additionalProperties].bool != true, !tree[.properties].members.isEmpty {
      errors.add(.forbidden, path.child(.additionalProperties), "excludes properties")
    }
    if tree[.additionalProperties].bool == false {
      errors.add(.forbidden, path.child(.additionalProperties), "may not be false: unknown fields are dropped anyway")
    }
    for (index, name) in tree[.required].elements.enumerated() where (name.string ?? "").isEmpty {
      errors.add(.invalid, path.child(.required).index(index), value: name, "names a member")
    }
  }

  private mutating func extensions(_ tree: JSON, _ path: FieldPath) {
    let type = tree[.type].string ?? ""
    if tree["x-kubernetes-preserve-unknown-fields"].bool == false {
      errors.add(.invalid, path.child("x-kubernetes-preserve-unknown-fields"), value: false, "must be true or left out")
    }
    if tree["x-kubernetes-embedded-resource"].bool == true {
      if type != "object" {
        errors.add(.invalid, path.child("type"), value: type, "must be object where x-kubernetes-embedded-resource is true")
      }
      let keeps = tree["x-kubernetes-preserve-unknown-fields"].bool == true
      if tree[.properties].members.isEmpty, !keeps {
        errors.add(.required, path.child(.properties), "an embedded resource has properties or keeps unknown fields")
      }
    }
    list(tree, type, path)
    if let map = tree["x-kubernetes-map-type"].string {
      let place = path.child("x-kubernetes-map-type")
      if !["granular", "atomic"].contains(map) {
        errors.append(.notSupported(place, value: map, supported: ["atomic", "granular"]))
      }
      if type != "object" {
        errors.add(.invalid, path.child(.type), value: type, "must be object where x-kubernetes-map-type is set")
      }
    }
  }

  private mutating func list(_ tree: JSON, _ type: String, _ path: FieldPath) {
    let keys = tree["x-kubernetes-list-map-keys"]
    guard let list = tree["x-kubernetes-list-type"].string else {
      if !keys.elements.isEmpty {
        errors.add(.forbidden, path.child("x-kubernetes-list-map-keys"), "wants x-kubernetes-list-type to be map")
      }
      return
    }
    let place = path.child("x-kubernetes-list-type")
    let all = ["atomic", "map", "set"]
    if !all.contains(list) { errors.append(.notSupported(place, value: list, supported: all)) }
    if type != "array" {
      errors.add(.invalid, path.child(.type), value: type, "must be array where x-kubernetes-list-type is set")
    }
    let items = tree[.items]
    let keyPath = path.child("x-kubernetes-list-map-keys")
    if list == "map" {
      if keys.elements.isEmpty { errors.add(.required, keyPath, "must not be empty where x-kubernetes-list-type is map") }
      if items[.type].string != "object", items.isObject {
        errors.add(.invalid, path.child("items.type"), value: items[.type], "must be object where x-kubernetes-list-type is map")
      }
      for (index, key) in keys.elements.enumerated() { listKey(key.string ?? "", items, keyPath.index(index), path) }
      if Set(keys.elements.compactMap(\.string)).count < keys.elements.count {
        errors.add(.invalid, keyPath, value: keys, "must have no name twice")
      }
    } else if !keys.elements.isEmpty {
      errors.add(.forbidden, keyPath, "wants x-kubernetes-list-type to be map")
    }
    if list == "set", items.isObject {
      let isWhole = ["object", "array"].contains(items[.type].string ?? "")
      let isAtomic =
        items["x-kubernetes-map-type"].string == "atomic"
        || (items[.type].string == "array" && ["atomic", nil].contains(items["x-kubernetes-list-type"].string))
      if isWhole, !isAtomic {
        errors.add(.forbidden, path.child(.items), "elements of a set are scalars, or atomic lists or maps")
      }
      if items[.nullable].bool == true { errors.add(.forbidden, path.child("items.nullable"), "elements of a set are not null") }
    }
  }

  private mutating func listKey(_ key: String, _ items: JSON, _ path: FieldPath, _ list: FieldPath) {
    let schema = items[.properties][Key(key)]
    guard schema.isObject else {
      return errors.add(.invalid, path, value: key, "must be the name of a property of the elements")
    }
    let place = list.child("items.properties").key(key)
    if ["object", "array"].contains(schema[.type].string ?? "") {
      errors.add(.invalid, place.child(.type), value: schema[.type], "the keys of a list are scalars")
    }
    if schema[.nullable].bool == true { errors.add(.forbidden, place.child(.nullable), "the keys of a list are not null") }
    if !items[.required].elements.contains(.string(key)), schema[.default].isNull {
      errors.add(.required, place.child(.default), "a key of a list is required, or has a default")
    }
  }

  // MARK: Combinations

  /// - Parameter whole: the schema outside, which has what this one speaks of
  private mutating func combined(_ tree: JSON, _ whole: JSON, _ path: FieldPath, _ key: Key, _ depth: Int) {
    guard errors.count < SchemaRules.errorLimit, depth < JSONSchemaTree.depthLimit else { return }
    always(tree, path)
    // anyOf and allOf may say that it is an integer or a text; nothing else has a type inside.
    let isIntOrString = whole["x-kubernetes-int-or-string"].bool == true
    if let type = tree[.type].string, !type.isEmpty, !isIntOrString {
      errors.add(.forbidden, path.child(.type), "must stand outside of the combination alone")
    }
    for name in SchemaRules.outside where !tree[Key(name)].isNull {
      errors.add(.forbidden, path.child(name), "must stand outside of the combination alone")
    }
    for member in tree[.properties].members {
      let outer = whole[.properties][member.key]
      let place = path.child(.properties).key(member.key.name)
      if !outer.isObject, !whole[.additionalProperties].isObject {
        errors.add(.required, place, "must stand in properties outside of the combination too")
        continue
      }
      combined(member.value, outer.isObject ? outer : whole[.additionalProperties], place, key, depth + 1)
    }
    if tree[.items].isObject {
      if whole[.items].isObject {
        combined(tree[.items], whole[.items], path.child(.items), key, depth + 1)
      } else {
        errors.add(.required, path.child(.items), "must stand outside of the combination too")
      }
    }
    for inner in [Key.allOf, .anyOf, .oneOf] {
      for (index, part) in tree[inner].elements.enumerated() {
        combined(part, whole, path.child(inner).index(index), inner, depth + 1)
      }
    }
    if tree[.not].isObject { combined(tree[.not], whole, path.child(.not), .not, depth + 1) }
  }

  // MARK: Defaults

  /// A default is a value as the schema itself wants it.
  private mutating func defaults(_ tree: JSON, _ path: FieldPath) {
    if !tree[.default].isNull {
      let schema = StructuralSchema(tree)
      var value = tree[.default]
      var pruning = Pruning()
      let place = path.child(.default)
      if let pruned = try? pruning.value(value, schema), pruned != value {
        errors.add(.invalid, place, value: value, "has fields that the schema does not know")
      }
      schema.setDefaults(&value)
      var validation = StructuralValidation(at: place)
      validation.value(value, schema)
      errors += validation.errors
    }
    for member in tree[.properties].members { defaults(member.value, path.child(.properties).key(member.key.name)) }
    if tree[.additionalProperties].isObject { defaults(tree[.additionalProperties], path.child(.additionalProperties)) }
    if tree[.items].isObject { defaults(tree[.items], path.child(.items)) }
  }
}
