import SchemaLanguage

/// The declarations themselves as literals, for CoreAPI: large array literals compile slowly, one text does not. Descriptions, the
/// longer half, stand apart, since few runs of the program read them: a line for each type, behind it one for each of its fields.
enum TextOutput {
  static func make(_ text: String, _ document: SchemaDocument) -> String {
    let rules = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("|") }.joined(separator: "\n")
    let descriptions = document.types.flatMap { [$0.docs] + $0.fields.map(\.docs) }
    return literal("schemaText", rules) + literal("schemaDescriptions", descriptions.joined(separator: "\n"))
  }

  private static func literal(_ name: String, _ text: String) -> String {
    "let \(name): StaticString = ###\"\"\"\n\(text)\n\"\"\"###\n"
  }
}
