import CoreObjects

/// A structural schema as server-side apply sees it: which members have owners of their own.
extension StructuralSchema {
  /// The type of the whole object, with the metadata that every kind has.
  func rootType(_ name: String, group: String, version: String) -> TypeSchema {
    let fixed = [FieldSchema(.apiVersion, .string), FieldSchema(.kind, .string), StructuralSchema.metadata]
    let others = properties.filter { !StructuralSchema.typeKeys.contains($0.key) }.map { $0.schema.field($0.key) }
    return TypeSchema(
      structural: self, name: name, group: group, version: version, fields: fixed + others, keepsOthers: preservesUnknown)
  }

  private static let metadata: FieldSchema = {
    guard let type = Schema.shared.type("meta.v1.ObjectMeta") else { preconditionFailure("Schema/ has no ObjectMeta") }
    return FieldSchema(.metadata, .object(type))
  }()

  private func field(_ key: Key) -> FieldSchema {
    let isSet = listType == "set"
    return FieldSchema(
      key, shape, listType: isSet ? "set" : nil, listKeys: listType == "map" ? listKeys : [], isAtomic: isAtomic,
      defaultValue: defaultValue)
  }

  private var shape: Shape {
    switch type {
    case .array: return .list(elements?.shape ?? .any)
    case .object, nil:
      if isAtomic || isIntOrString { return .any }
      if let values, properties.isEmpty { return .map(values.shape) }
      let keepsOthers = preservesUnknown || allowsAnyMember
      if properties.isEmpty, !isEmbedded { return keepsOthers || type == .object ? .deduced : .any }
      var fields = properties.map { $0.schema.field($0.key) }
      if isEmbedded {
        fields.removeAll { StructuralSchema.typeKeys.contains($0.key) }
        fields += [FieldSchema(.apiVersion, .string), FieldSchema(.kind, .string), StructuralSchema.metadata]
      }
      return .object(TypeSchema(fields: fields, keepsOthers: keepsOthers))
    default: return .any
    }
  }
}
