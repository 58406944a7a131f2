import SchemaLanguage

/// The declarations as literals, for CoreAPI: large array literals compile slowly, one text does not. Descriptions, the longer half,
/// stand apart, since few runs of the program read them.
enum TableOutput {
  static func make(_ text: String, _ document: SchemaDocument) throws(SchemaLanguageError) -> String {
    let numbers = Dictionary(uniqueKeysWithValues: document.vocabulary.enumerated().map { ($1, $0) })
    let table = try SchemaTable(document) { numbers[$0] }
    return literal("schemaTable", table.bytes) + literal("schemaDescriptions", table.descriptions)
      + "/// It changes whenever the declarations change.\nlet schemaHash: UInt64 = \(hash(text))\n"
  }

  private static func literal(_ name: String, _ bytes: [UInt8]) -> String {
    "let \(name): StaticString = ###\"\"\"\n\(String(decoding: bytes, as: UTF8.self))\n\"\"\"###\n"
  }

  /// FNV-1a.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
