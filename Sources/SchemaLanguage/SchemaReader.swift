/// Reads the schema language (see `SchemaDocument`), one or several files after one another.
///
/// Works on bytes: characters are slow to walk through, and the schema is long.
package struct SchemaReader {
  private typealias Word = Slice<UnsafeBufferPointer<UInt8>>

  private var document = SchemaDocument()
  private var current: (package: String, path: String, group: String, version: String)?
  private var line = 0

  package static func read(_ text: String) throws(SchemaLanguageError) -> SchemaDocument {
    var text = text
    var result: Result<SchemaDocument, SchemaLanguageError> = .success(SchemaDocument())
    text.withUTF8 { bytes in
      do throws(SchemaLanguageError) { result = .success(try read(bytes)) } catch { result = .failure(error) }
    }
    return try result.get()
  }

  package static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(SchemaLanguageError) -> SchemaDocument {
    var reader = SchemaReader()
    var start = 0
    var words: [Word] = []
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      reader.line += 1
      try reader.readLine(bytes[start..<end], &words)
      start = end + 1
    }
    return reader.document
  }

  private mutating func readLine(_ line: Word, _ words: inout [Word]) throws(SchemaLanguageError) {
    let indented = line.first == 0x20
    let text = line.drop { $0 == 0x20 }
    if text.isEmpty || text.first == UInt8(ascii: "#") { return }
    if text.first == UInt8(ascii: "|") { return try readDocs(text.dropFirst().drop { $0 == 0x20 }, ofField: indented) }
    SchemaReader.split(text, &words)
    if text.first == UInt8(ascii: "!") { return try readLimit(words.dropFirst()) }
    if indented { return try readField(words) }
    switch words[0] {
    case "package": try readPackage(words)
    case "words": document.words += words.dropFirst().map(string)
    case "type": try readType(words)
    default: throw error("'\(string(words[0]))' begins no declaration")
    }
  }

  private static func split(_ text: Word, _ words: inout [Word]) {
    words.removeAll(keepingCapacity: true)
    var start = text.startIndex
    let end = text.endIndex
    var i = start
    while i < end {
      if text.base[i] == 0x20 {
        if i > start { words.append(text[start..<i]) }
        start = i + 1
      }
      i += 1
    }
    if start < end { words.append(text[start..<end]) }
  }

  private mutating func readLimit(_ words: ArraySlice<Word>) throws(SchemaLanguageError) {
    guard let field = document.types.last?.fields.indices.last else { throw error("a limit before any field") }
    var limit = FieldLimit()
    let values = words.first.flatMap { $0.first == UInt8(ascii: "=") ? $0.dropFirst() : nil }
    if let values { limit.values = list(values, UInt8(ascii: "|")) }
    limit.text = words.dropFirst(values == nil ? 0 : 1).map(string).joined(separator: " ")
    guard !limit.text.isEmpty else { throw error("a limit says what is done instead") }
    document.types[document.types.count - 1].fields[field].attributes.limit = limit
  }

  private func string(_ word: Word) -> String { String(decoding: word, as: UTF8.self) }

  private func error(_ message: String) -> SchemaLanguageError { SchemaLanguageError(line: line, message: message) }

  private mutating func readDocs(_ text: Word, ofField: Bool) throws(SchemaLanguageError) {
    guard !document.types.isEmpty else { throw error("a description before any type") }
    let last = document.types.count - 1
    if ofField {
      guard !document.types[last].fields.isEmpty else { throw error("a field's description before any field") }
      let field = document.types[last].fields.count - 1
      SchemaReader.append(text, to: &document.types[last].fields[field].docs)
    } else {
      SchemaReader.append(text, to: &document.types[last].docs)
    }
  }

  /// Not a method: it would hold a copy of the document while it changes it, and every line would copy all types.
  private static func append(_ text: Word, to docs: inout String) {
    if !docs.isEmpty { docs += " " }
    docs += String(decoding: text, as: UTF8.self)
  }

  private mutating func readPackage(_ words: [Word]) throws(SchemaLanguageError) {
    guard words.count == 5, let path = value(words[2], "path"), let group = value(words[3], "group"),
      let version = value(words[4], "version")
    else { throw error("package wants NAME path= group= version=") }
    current = (string(words[1]), path, group == "\"\"" ? "" : group, version)
  }

  private func value(_ word: Word, _ name: StaticString) -> String? {
    let count = name.utf8CodeUnitCount
    guard word.count > count, word[word.startIndex + count] == UInt8(ascii: "="), word.prefix(count) == name else { return nil }
    return string(word.dropFirst(count + 1))
  }

  private mutating func readType(_ words: [Word]) throws(SchemaLanguageError) {
    guard let current, words.count > 1 else { throw error("a type wants a name and a package before it") }
    let name = string(words[1])
    var type = SchemaType(
      package: current.package, path: current.path, group: current.group, version: current.version, name: name, swiftName: name)
    for word in words.dropFirst(2) {
      if word == "kind" {
        type.isKind = true
      } else if let map = value(word, "map") {
        type.mapType = map
      } else if let name = value(word, "swift") {
        type.swiftName = name
      } else if let fields = value(word, "make") {
        type.made = fields.split(separator: ",").map(String.init)
      } else {
        throw error("unknown attribute '\(string(word))' of type \(type.name)")
      }
    }
    document.types.append(type)
  }

  private mutating func readField(_ words: [Word]) throws(SchemaLanguageError) {
    guard !document.types.isEmpty, words.count > 1 else { throw error("a field wants a type before it, a name and a type") }
    var field = SchemaField(name: string(words[0]), type: try type(words[1]))
    for word in words.dropFirst(2) { try readAttribute(word, &field) }
    document.types[document.types.count - 1].fields.append(consume field)
  }

  private func readAttribute(_ word: Word, _ field: inout SchemaField) throws(SchemaLanguageError) {
    switch word {
    case "required": field.attributes.marks.insert(.required)
    case "immutable": field.attributes.marks.insert(.immutable)
    case "repeats": field.attributes.marks.insert(.repeats)
    case "unchecked": field.attributes.marks.insert(.unchecked)
    case "nonempty": field.attributes.marks.insert(.nonempty)
    case "stored": field.attributes.marks.insert(.stored)
    case _ where word.first == UInt8(ascii: "#"):
      let isAlwaysWritten = word.last == UInt8(ascii: "!")
      if isAlwaysWritten { field.attributes.marks.insert(.alwaysWritten) }
      field.attributes.protobuf = try protobuf(word.dropFirst().dropLast(isAlwaysWritten ? 1 : 0))
    default: try readValue(word, &field)
    }
  }

  /// "3", "2.1" or "3?".
  private func protobuf(_ word: Word) throws(SchemaLanguageError) -> ProtobufNumber {
    var result = ProtobufNumber()
    var number: UInt32 = 0
    for byte in word {
      switch byte {
      case 0x30...0x39: number = number * 10 + UInt32(byte - 0x30)
      case UInt8(ascii: "."):
        result.path |= number << UInt32(8 * result.depth)
        result.depth += 1
        number = 0
      case UInt8(ascii: "?"): result.isOptional = true
      default: throw error("'#\(string(word))' is no field number")
      }
      guard number < 256, result.depth < ProtobufNumber.deepest else { throw error("'#\(string(word))' is out of range") }
    }
    guard number > 0 else { throw error("'#\(string(word))' is no field number") }
    result.path |= number << UInt32(8 * result.depth)
    result.depth += 1
    return result
  }

  private func readValue(_ word: Word, _ field: inout SchemaField) throws(SchemaLanguageError) {
    guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { throw unknown(word, of: field) }
    let value = word[(equals + 1)...]
    switch word[..<equals] {
    case "default": field.attributes.defaultText = string(value)
    case "min": field.attributes.minimum = try integer(value, word, field)
    case "max": field.attributes.maximum = try integer(value, word, field)
    case "enum":
      let texts = list(value, UInt8(ascii: "|"))
      field.attributes.enumeration = texts.map { String($0.map { $0 == "_" ? " " : $0 }) }
    case "list": field.attributes.listType = string(value)
    case "keys":
      field.attributes.listKeys = list(value, UInt8(ascii: ","))
      field.attributes.listType = "map"
    case "mergeKey": field.attributes.mergeKey = string(value)
    case "strategy": field.attributes.strategies = list(value, UInt8(ascii: ","))
    case "map": field.attributes.mapType = string(value)
    case "immutable":
      guard string(value) == "forbidden" else { throw unknown(word, of: field) }
      field.attributes.marks.formUnion([.immutable, .forbidsChange])
    case "gate":
      field.attributes.gate = string(value)
      field.attributes.limit = FieldLimit(text: "dropped: its feature gate \(string(value)) is off in v1.36")
    default: throw unknown(word, of: field)
    }
  }

  private func unknown(_ word: Word, of field: SchemaField) -> SchemaLanguageError {
    error("unknown attribute '\(string(word))' of field \(field.name)")
  }

  private func integer(_ value: Word, _ word: Word, _ field: SchemaField) throws(SchemaLanguageError) -> Int64 {
    guard let number = Int64(string(value)) else { throw unknown(word, of: field) }
    return number
  }

  /// The parts between the separators; empty ones are left out.
  private func list(_ value: Word, _ separator: UInt8) -> [String] { value.split(separator: separator).map(string) }

  private func type(_ word: Word) throws(SchemaLanguageError) -> FieldType {
    if word.first == UInt8(ascii: "["), word.last == UInt8(ascii: "]") { return .list(try type(word.dropFirst().dropLast())) }
    if word.first == UInt8(ascii: "{"), word.last == UInt8(ascii: "}") { return .map(try type(word.dropFirst().dropLast())) }
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
      return .reference(word.contains(UInt8(ascii: ".")) ? string(word) : current.package + "." + string(word))
    }
  }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
  fileprivate static func == (word: Self, text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    for i in 0..<word.count where word[word.startIndex + i] != text.utf8Start[i] { return false }
    return true
  }

  fileprivate static func ~= (text: StaticString, word: Self) -> Bool { word == text }
}
