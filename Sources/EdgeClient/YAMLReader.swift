import CYAML
package import CoreObjects

/// Why a text is not YAML that a manifest can be made of. Lines count from 1.
package struct YAMLError: Error, CustomStringConvertible {
  package var line: Int
  package var message: String
  package var description: String { "line \(line): \(message)" }
}

/// Reads YAML 1.1 documents into JSON trees, with libyaml. Aliases are refused: they can grow without bound.
package struct YAMLReader {
  static let depthLimit = 128
  private var parser = yaml_parser_t()

  /// The documents of a text, empty ones left out.
  package static func documents(_ text: String) throws(YAMLError) -> [JSON] {
    var reader = YAMLReader()
    guard yaml_parser_initialize(&reader.parser) == 1 else { throw YAMLError(line: 0, message: "no memory for the YAML parser") }
    defer { yaml_parser_delete(&reader.parser) }
    let bytes = Array(text.utf8)
    var outcome: Result<[JSON], YAMLError> = .success([])
    bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(&reader.parser, buffer.baseAddress, buffer.count)
      do throws(YAMLError) { outcome = .success(try reader.all()) } catch { outcome = .failure(error) }
    }
    return try outcome.get()
  }

  private mutating func all() throws(YAMLError) -> [JSON] {
    var documents: [JSON] = []
    while true {
      var event = try next()
      defer { yaml_event_delete(&event) }
      switch event.type {
      case YAML_STREAM_END_EVENT: return documents
      case YAML_DOCUMENT_START_EVENT:
        let value = try value(0)
        if !value.isNull { documents.append(value) }
      default: continue
      }
    }
  }

  private mutating func next() throws(YAMLError) -> yaml_event_t {
    var event = yaml_event_t()
    guard yaml_parser_parse(&parser, &event) == 1 else {
      let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
      throw YAMLError(line: Int(parser.problem_mark.line) + 1, message: problem)
    }
    return event
  }

  private mutating func value(_ depth: Int) throws(YAMLError) -> JSON {
    var event = try next()
    defer { yaml_event_delete(&event) }
    return try value(of: event, depth)
  }

  private mutating func value(of event: yaml_event_t, _ depth: Int) throws(YAMLError) -> JSON {
    let line = Int(event.start_mark.line) + 1
    if depth > YAMLReader.depthLimit {
      throw YAMLError(line: line, message: "nested more than \(YAMLReader.depthLimit) levels deep")
    }
    switch event.type {
    case YAML_SCALAR_EVENT: return YAMLReader.scalar(event)
    case YAML_SEQUENCE_START_EVENT:
      var elements: [JSON] = []
      while true {
        var item = try next()
        defer { yaml_event_delete(&item) }
        if item.type == YAML_SEQUENCE_END_EVENT { return .array(elements) }
        elements.append(try value(of: item, depth + 1))
      }
    case YAML_MAPPING_START_EVENT:
      var object: JSON = .object([])
      while true {
        var key = try next()
        defer { yaml_event_delete(&key) }
        if key.type == YAML_MAPPING_END_EVENT { return object }
        guard key.type == YAML_SCALAR_EVENT else { throw YAMLError(line: line, message: "a key that is no text") }
        object.put(Key(YAMLReader.text(key)), try value(depth + 1))
      }
    case YAML_ALIAS_EVENT: throw YAMLError(line: line, message: "aliases are not read")
    default: return .null
    }
  }

  private static func text(_ event: yaml_event_t) -> String {
    let scalar = event.data.scalar
    return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }

  /// Plain scalars by their form, as sigs.k8s.io/yaml reads them; quoted ones are texts.
  private static func scalar(_ event: yaml_event_t) -> JSON {
    let text = text(event)
    guard event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE else { return .string(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    if let number = Int64(text) { return .int(number) }
    if let first = text.first, first.isNumber || first == "-" || first == ".", let number = Double(text), number.isFinite {
      return .double(number)
    }
    return .string(text)
  }
}
