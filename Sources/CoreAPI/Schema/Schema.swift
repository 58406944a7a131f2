import CoreObjects
package import SchemaLanguage

/// Every type that the API knows, declared once in Schema/*.schema. Decoding, defaults, validation, strategic merge, server-side
/// apply and the OpenAPI documents all follow from it.
package final class Schema: Sendable {
  /// Sorted by qualified name.
  package let types: [TypeSchema]

  package static let shared = Schema.ofThisProgram()

  /// The declarations are checked when the program is compiled.
  private static func ofThisProgram() -> Schema {
    do throws(SchemaLanguageError) {
      return try Schema(schemaTable.utf8Start, descriptions: schemaDescriptions.utf8Start)
    } catch { preconditionFailure("Schema/: \(error)") }
  }

  /// Of declarations that are not this program's. They are never freed.
  ///
  /// - Throws: where a field's type is not declared, its name not in the vocabulary, or a default is no JSON (line 0).
  package convenience init(_ document: SchemaDocument) throws(SchemaLanguageError) {
    let table = try SchemaTable(document) { name in if case .known(let id) = Key(name) { Int(id) } else { nil } }
    try self.init(Schema.kept(table.bytes), descriptions: Schema.kept(table.descriptions))
  }

  private static func kept(_ bytes: [UInt8]) -> UnsafePointer<UInt8> {
    let kept = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    kept.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(kept)
  }

  /// - Parameters: What `SchemaTable` writes; both live as long as the schema.
  private init(_ table: UnsafePointer<UInt8>, descriptions: UnsafePointer<UInt8>) throws(SchemaLanguageError) {
    var reader = SchemaTableReader(table, descriptions: descriptions)
    let types = (0..<reader.number()).map { _ in TypeSchema() }
    for type in types { try type.read(&reader, among: types) }
    self.types = types
  }

  /// By qualified name: "apps.v1.StatefulSet".
  package func type(_ qualifiedName: String) -> TypeSchema? {
    var (low, high) = (0, types.count)
    while low < high {
      let middle = (low + high) / 2
      if types[middle].qualifiedName < qualifiedName { low = middle + 1 } else { high = middle }
    }
    return low < types.count && types[low].qualifiedName == qualifiedName ? types[low] : nil
  }
}
