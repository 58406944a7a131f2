import CoreObjects
package import SchemaLanguage

/// Every type that the API knows, declared once in Schema/*.schema. Decoding, defaults, validation, strategic merge, server-side
/// apply and the OpenAPI documents all follow from it.
package final class Schema: Sendable {
  /// Sorted by qualified name.
  package let types: [TypeSchema]
  private let byName: [String: TypeSchema]
  private let declared: [TypeSchema]

  package static let shared = Schema.ofThisProgram()

  /// The declarations are checked when the program is compiled.
  private static func ofThisProgram() -> Schema {
    do throws(SchemaLanguageError) {
      let bytes = UnsafeBufferPointer(start: schemaText.utf8Start, count: schemaText.utf8CodeUnitCount)
      let schema = try Schema(SchemaReader.read(bytes))
      schema.describe()
      return schema
    } catch { preconditionFailure("Schema/: \(error)") }
  }

  /// - Throws: where a field's type is not declared or a default is no JSON (line 0).
  package init(_ document: SchemaDocument) throws(SchemaLanguageError) {
    var byName: [String: TypeSchema] = [:]
    var types: [TypeSchema] = []
    for declaration in document.types {
      let type = TypeSchema(declaration)
      if byName.updateValue(type, forKey: type.qualifiedName) != nil {
        throw SchemaLanguageError(line: 0, message: "\(type.qualifiedName) is declared twice")
      }
      types.append(type)
    }
    for type in types {
      type.setFields(try Schema.fields(of: type, byName))
    }
    declared = types
    self.types = types.sorted { $0.qualifiedName < $1.qualifiedName }
    self.byName = byName
    markWalks()
  }

  /// Descriptions stand in the order of the declarations.
  private func describe() {
    var line = 0
    for type in declared {
      type.description = line
      line += 1 + type.fields.count
    }
  }

  /// By qualified name: "apps.v1.StatefulSet".
  package func type(_ qualifiedName: String) -> TypeSchema? { byName[qualifiedName] }

  /// In their place: a copy of each costs more than all the rest.
  private static func fields(of type: TypeSchema, _ byName: [String: TypeSchema]) throws(SchemaLanguageError) -> [FieldSchema] {
    try type.declaration.fields.withUnsafeBufferPointer { (declared) throws(SchemaLanguageError) in
      var fields: [FieldSchema] = []
      fields.reserveCapacity(declared.count)
      for index in declared.indices {
        do throws(SchemaLanguageError) { fields.append(try field(declared[index], byName)) } catch {
          throw SchemaLanguageError(line: 0, message: "\(type.qualifiedName).\(declared[index].name): \(error.message)")
        }
      }
      return fields
    }
  }

  private static func field(_ field: SchemaField, _ byName: [String: TypeSchema]) throws(SchemaLanguageError) -> FieldSchema {
    guard case .known = Key(field.name) else {
      throw SchemaLanguageError(line: 0, message: "the name is not in this program's vocabulary")
    }
    return FieldSchema(field, shape: try shape(field.type, byName), defaultValue: try defaultValue(field))
  }

  private static func shape(
    _ type: FieldType, _ byName: [String: TypeSchema]
  ) throws(SchemaLanguageError) -> Shape {
    switch type {
    case .string: return .string
    case .bytes: return .bytes
    case .time: return .time
    case .microTime: return .microTime
    case .quantity: return .quantity
    case .int32: return .int32
    case .int64: return .int64
    case .double: return .double
    case .bool: return .bool
    case .intOrString: return .intOrString
    case .any: return .any
    case .list(let element): return .list(try shape(element, byName))
    case .map(let element): return .map(try shape(element, byName))
    case .reference(let name):
      guard let type = byName[name] else { throw SchemaLanguageError(line: 0, message: "no type \(name)") }
      return .object(type)
    }
  }

  private static func defaultValue(_ field: SchemaField) throws(SchemaLanguageError) -> JSON? {
    guard let text = field.defaultText else { return nil }
    do throws(JSONError) { return try JSONParser.parse(text) } catch {
      throw SchemaLanguageError(line: 0, message: "default=\(text): \(error)")
    }
  }

  /// Marks for each walk the types that it has to come to: those with something to do, and those above them.
  private func markWalks() {
    let below = types.map { $0.fields.compactMap(\.shape.elementType) }
    var changed = true
    while changed {
      changed = false
      for (type, below) in zip(types, below) {
        let walks = below.reduce(type.walks) { $0.union($1.walks) }
        if walks == type.walks { continue }
        type.walks = walks
        changed = true
      }
    }
  }
}
