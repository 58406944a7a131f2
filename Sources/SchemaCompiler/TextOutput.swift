/// The declarations themselves as literals, for CoreAPI: large array literals compile slowly, one text does not. Descriptions, the
/// longer half, stand only in the second one: few runs of the program read them.
enum TextOutput {
  static func make(_ text: String) -> String {
    let rules = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("|") }.joined(separator: "\n")
    return literal("schemaText", rules) + literal("describedSchemaText", text)
  }

  private static func literal(_ name: String, _ text: String) -> String {
    "let \(name): StaticString = ###\"\"\"\n\(text)\n\"\"\"###\n"
  }
}
