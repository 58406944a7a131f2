/// The declarations themselves as one literal, for CoreAPI: large array literals compile slowly, one text does not.
enum TextOutput {
  static func make(_ text: String) -> String { "let schemaText: StaticString = ###\"\"\"\n\(text)\n\"\"\"###\n" }
}
