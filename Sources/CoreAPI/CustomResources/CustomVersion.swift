import CoreObjects

/// One version of a kind that a CustomResourceDefinition adds, ready for use.
final class CustomVersion: Sendable {
  struct Column: Sendable {
    let header: TableColumn
    let path: JSONPath?
  }

  let served: ServedVersion
  let isServed: Bool
  let schema: StructuralSchema
  let type: TypeSchema
  let columns: [Column]
  let hasStatus: Bool
  let hasScale: Bool
  /// For the Warning header of each request.
  let deprecation: String?
  let selectable: SelectableFields

  init(_ version: CustomResourceDefinitionVersion, group: String, kind: String) {
    let name = version.name ?? ""
    served = ServedVersion(group: group, version: name, typeName: "\(group)/\(name).\(kind)")
    isServed = version.served == true
    let schema = StructuralSchema(version.schema.openAPIV3Schema.tree, isRoot: true)
    self.schema = schema
    type = schema.rootType(kind, group: group, version: name)
    columns = CustomVersion.columns(version)
    hasStatus = version.subresources.tree[.status].isObject
    hasScale = !version.subresources.scale.isAbsent
    deprecation =
      version.deprecated == true ? version.deprecationWarning ?? "\(group)/\(name) \(kind) is deprecated" : nil
    var selectable: SelectableFields = [:]
    for field in version.selectableFields {
      guard let text = field.jsonPath, let keys = (try? JSONPath(text))?.members else { continue }
      selectable[String(text.drop { $0 == "." })] = { $0.value(at: keys) }
    }
    self.selectable = selectable
  }

  private static func columns(_ version: CustomResourceDefinitionVersion) -> [Column] {
    if version.additionalPrinterColumns.isEmpty {
      let age = TableColumn(name: "Age", type: "date")
      return [Column(header: age, path: try? JSONPath(".metadata.creationTimestamp"))]
    }
    return version.additionalPrinterColumns.map { column in
      let header = TableColumn(
        name: column.name ?? "", type: column.type ?? "string", format: column.format ?? "", priority: column.priority ?? 0,
        description: column.description ?? "")
      return Column(header: header, path: try? JSONPath(column.jsonPath ?? ""))
    }
  }

  /// Source: apiextensions-apiserver, pkg/registry/customresource/tableconvertor/tableconvertor.go, v1.36.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    columns.map { column in
      guard let value = column.path?.find(in: object).first else { return .null }
      switch (column.header.type, value) {
      case ("string", .string), ("integer", .int), ("number", .int), ("number", .double), ("boolean", .bool): return value
      case ("string", _): return .string(value.description)
      case ("integer", .double(let number)): return Int64(exactly: number.rounded(.towardZero)).map { .int($0) } ?? .null
      case ("date", .string(let text)):
        return Instant(rfc3339: text).map { .string(HumanDuration.text(now - $0)) } ?? "<invalid>"
      default: return .null
      }
    }
  }
}
