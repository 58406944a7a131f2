import CoreObjects

/// A structural schema as OpenAPI documents publish it. Source: apiextensions-apiserver, pkg/controller/openapi/builder, v1.36.
extension StructuralSchema {
  private static let metadataType = "meta.v1.ObjectMeta"

  /// The whole object.
  func published(_ type: TypeSchema, _ format: OpenAPIFormat, _ schemas: inout OpenAPISchemas) -> JSON {
    var tree = published(source, format, isObject: true, &schemas)
    tree.put(.type, "object")
    let kind: JSON = ["group": .string(type.group), "kind": .string(type.name), "version": .string(type.version)]
    tree.put("x-kubernetes-group-version-kind", [kind])
    return tree
  }

  /// - Parameter isObject: it is an object of the API, with what those have
  private func published(_ source: JSON, _ format: OpenAPIFormat, isObject: Bool, _ schemas: inout OpenAPISchemas) -> JSON {
    var tree = source
    if format == .v2 { StructuralSchema.reduce(&tree) }
    if tree[.properties].isObject {
      tree.put(
        .properties,
        .object(
          tree[.properties].members.map { member in
            Member(key: member.key, value: published(member.value, format, isObject: false, &schemas))
          }))
    }
    for key in [Key.items, .additionalProperties] where tree[key].isObject {
      tree.put(key, published(tree[key], format, isObject: false, &schemas))
    }
    let isPart = isObject || source["x-kubernetes-embedded-resource"].bool == true
    guard isPart, format == .v3 || !tree[.properties].isNull || isObject else { return tree }
    var properties = tree[.properties].isObject ? tree[.properties] : .object([])
    properties.put(
      .apiVersion, ["type": "string", "description": "Group and version that the object is written in."])
    properties.put(.kind, ["type": "string", "description": "Kind of the object."])
    if let metadata = schemas.reference(StructuralSchema.metadataType) {
      properties.put(.metadata, format == .v2 ? metadata : ["allOf": [metadata], "default": .object([])])
    }
    tree.put(.properties, properties)
    return tree
  }

  /// OpenAPI v2 cannot say all of it: what it would say wrongly is left out, so that clients which check by it refuse nothing.
  private static func reduce(_ tree: inout JSON) {
    for key in [Key.allOf, .anyOf, .oneOf, .not, .nullable] where !tree[key].isNull {
      if key == .nullable {
        for part in [Key.type, .items, .properties] { tree.remove(part) }
      }
      tree.remove(key)
    }
    if tree["x-kubernetes-int-or-string"].bool == true { tree.remove(.type) }
    if tree["x-kubernetes-preserve-unknown-fields"].bool == true {
      for key in [Key.properties, .items] { tree.remove(key) }
    }
    tree.remove("x-kubernetes-validations")
  }
}
