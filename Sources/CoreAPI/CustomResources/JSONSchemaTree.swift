import CoreObjects

/// A JSONSchemaProps as JSON. Members that take a schema or something else (items, additionalProperties) have no type in Schema/, so
/// what is in them is read here.
enum JSONSchemaTree {
  /// How deep schemas may stand in one another; more is left as it is, and validation refuses it.
  static let depthLimit = 100

  /// Every schema below as its type wants it, without what a schema does not have.
  static func normalized(_ tree: JSON, depth: Int = 0) -> JSON {
    guard tree.isObject, depth < depthLimit, let type = Schema.shared.type("apiextensions.v1.JSONSchemaProps") else {
      return tree
    }
    var result = tree
    for key in [Key.items, .additionalProperties] where tree[key].isObject {
      if let decoded = try? Schema.shared.decode(tree[key], as: type).tree {
        result.put(key, normalized(decoded, depth: depth + 1))
      }
    }
    if tree[.properties].isObject {
      result.put(
        .properties,
        .object(tree[.properties].members.map { Member(key: $0.key, value: normalized($0.value, depth: depth + 1)) }))
    }
    for key in [Key.allOf, .anyOf, .oneOf] where tree[key].isArray {
      result.put(key, .array(tree[key].elements.map { normalized($0, depth: depth + 1) }))
    }
    if tree[.not].isObject { result.put(.not, normalized(tree[.not], depth: depth + 1)) }
    return result
  }
}
