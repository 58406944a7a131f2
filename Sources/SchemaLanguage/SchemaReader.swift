/// Reads the schema language (see `SchemaDocument`), one or several files after one another.
package struct SchemaReader {
  private var document = SchemaDocument()
  private var current: (package: String, path: String, group: String, version: String)?
  private var line = 0

  package static func read(_ text: String) throws(SchemaLanguageError) -> SchemaDocument {
    var reader = SchemaReader()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      reader.line += 1
      try reader.take(line)
    }
    return reader.document
  }

  private mutating func take(_ raw: Substring) throws(SchemaLanguageError) {
    let indented = raw.first == " "
    let text = raw.drop { $0 == " " }
    if text.isEmpty || text.first == "#" { return }
    if text.first == "|" { return try takeDocs(text.dropFirst().drop { $0 == " " }, ofField: indented) }
    let words = text.split(separator: " ").map(String.init)
    if indented { return try takeField(words) }
    switch words[0] {
    case "package": try takePackage(words)
    case "words": document.words += words.dropFirst()
    case "type": try takeType(words)
    default: throw error("'\(words[0])' begins no declaration")
    }
  }

  private func error(_ message: String) -> SchemaLanguageError { SchemaLanguageError(line: line, message: message) }

  private mutating func takeDocs(_ text: Substring, ofField: Bool) throws(SchemaLanguageError) {
    guard !document.types.isEmpty else { throw error("a description before any type") }
    let last = document.types.count - 1
    func joined(_ before: String) -> String { before.isEmpty ? String(text) : before + " " + text }
    if ofField {
      guard !document.types[last].fields.isEmpty else { throw error("a field's description before any field") }
      let field = document.types[last].fields.count - 1
      document.types[last].fields[field].docs = joined(document.types[last].fields[field].docs)
    } else {
      document.types[last].docs = joined(document.types[last].docs)
    }
  }

  private mutating func takePackage(_ words: [String]) throws(SchemaLanguageError) {
    guard words.count == 5, let path = value(words[2], "path"), let group = value(words[3], "group"),
      let version = value(words[4], "version")
    else { throw error("package wants NAME path= group= version=") }
    current = (words[1], path, group == "\"\"" ? "" : group, version)
  }

  private func value(_ word: String, _ name: String) -> String? {
    word.hasPrefix(name + "=") ? String(word.dropFirst(name.count + 1)) : nil
  }

  private mutating func takeType(_ words: [String]) throws(SchemaLanguageError) {
    guard let current, words.count > 1 else { throw error("a type wants a name and a package before it") }
    var type = SchemaType(
      package: current.package, path: current.path, group: current.group, version: current.version, name: words[1],
      swiftName: words[1])
    for word in words.dropFirst(2) {
      if word == "kind" {
        type.isKind = true
      } else if let map = value(word, "map") {
        type.mapType = map
      } else if let name = value(word, "swift") {
        type.swiftName = name
      } else {
        throw error("unknown attribute '\(word)' of type \(type.name)")
      }
    }
    document.types.append(type)
  }

  private mutating func takeField(_ words: [String]) throws(SchemaLanguageError) {
    guard !document.types.isEmpty, words.count > 1 else { throw error("a field wants a type before it, a name and a type") }
    var field = SchemaField(name: words[0], type: try type(words[1]))
    for word in words.dropFirst(2) { try takeAttribute(word, &field) }
    document.types[document.types.count - 1].fields.append(field)
  }

  private func takeAttribute(_ word: String, _ field: inout SchemaField) throws(SchemaLanguageError) {
    if word == "required" {
      field.isRequired = true
    } else if word == "immutable" {
      field.isImmutable = true
    } else if let text = value(word, "default") {
      field.defaultText = text
    } else if let text = value(word, "min"), let number = Int64(text) {
      field.minimum = number
    } else if let text = value(word, "max"), let number = Int64(text) {
      field.maximum = number
    } else if let text = value(word, "enum") {
      field.enumeration = text.split(separator: "|").map(String.init)
    } else if let text = value(word, "list") {
      field.listType = text
    } else if let text = value(word, "keys") {
      field.listKeys = text.split(separator: ",").map(String.init)
      field.listType = "map"
    } else if let text = value(word, "mergeKey") {
      field.mergeKey = text
    } else if let text = value(word, "strategy") {
      field.strategies = text.split(separator: ",").map(String.init)
    } else if let text = value(word, "map") {
      field.mapType = text
    } else {
      throw error("unknown attribute '\(word)' of field \(field.name)")
    }
  }

  private func type(_ word: String) throws(SchemaLanguageError) -> FieldType {
    if word.hasPrefix("["), word.hasSuffix("]") { return .list(try type(String(word.dropFirst().dropLast()))) }
    if word.hasPrefix("{"), word.hasSuffix("}") { return .map(try type(String(word.dropFirst().dropLast()))) }
    switch word {
    case "string": return .string
    case "bytes": return .bytes
    case "time": return .time
    case "microTime": return .microTime
    case "quantity": return .quantity
    case "int32": return .int32
    case "int64": return .int64
    case "double": return .double
    case "bool": return .bool
    case "intOrString": return .intOrString
    case "any": return .any
    default:
      guard let current else { throw error("a field before any package") }
      return .reference(word.contains(".") ? word : current.package + "." + word)
    }
  }
}
