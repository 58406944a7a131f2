import SchemaLanguage

/// `schemaVocabulary` and one constant a name, for CoreObjects.
enum KeysOutput {
  static func make(_ document: SchemaDocument) -> String {
    let names = document.vocabulary
    var out = "let schemaVocabulary: StaticString = #\"\(names.joined(separator: " "))\"#\n\nextension Key {\n"
    for (id, name) in names.enumerated() where name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) && name != "init" {
      out += "  @inlinable package static var `\(name)`: Key { .known(\(id)) }\n"
    }
    return out + "}\n"
  }
}
