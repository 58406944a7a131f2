import CYAML
package import CoreObjects

/// Why a text is not YAML that a manifest can be made of. Lines count from 1.
package struct YAMLError: Error, CustomStringConvertible {
  package var line: Int
  package var message: String
  package init(line: Int, message: String) {
    self.line = line
    self.message = message
  }
  package var description: String { "line \(line): \(message)" }
}

/// Reads YAML documents into JSON trees, with libyaml.
package struct YAMLReader {
  static let depthLimit = 128
  /// Aliases may stand for this many values in all: without a limit a page of them makes a billion.
  static let aliasLimit = 100_000
  private var parser = yaml_parser_t()
  /// What anchors of the document name, with the number of values in each.
  private var anchors: [String: (value: JSON, count: Int)] = [:]
  private var aliased = 0
  private let keepsDuplicates: Bool
  /// The line of each field, by its path ("spec.load[0].metric"); nil where nobody asks.
  private var lines: [String: Int]?
  private var path = ""
  /// The lines of the elements of lists right below the document.
  private var elements: [Int] = []

  private init(keepsDuplicates: Bool) { self.keepsDuplicates = keepsDuplicates }

  /// The documents of a text, empty ones left out.
  /// - Parameter keepsDuplicates: a key that stands in a mapping twice stays there twice; otherwise it is refused
  package static func documents(_ text: String, keepsDuplicates: Bool = false) throws(YAMLError) -> [JSON] {
    try located(text, keepsDuplicates: keepsDuplicates).map(\.value)
  }

  /// A document with the line of its first value, from 1, and those of the elements of lists right below it ("items").
  package typealias Located = (value: JSON, line: Int, elements: [Int])

  package static func located(_ text: String, keepsDuplicates: Bool = false) throws(YAMLError) -> [Located] {
    var lines: [String: Int]?
    return try located(text, keepsDuplicates: keepsDuplicates, &lines)
  }

  private static func located(
    _ text: String, keepsDuplicates: Bool, _ lines: inout [String: Int]?
  ) throws(YAMLError) -> [Located] {
    var reader = YAMLReader(keepsDuplicates: keepsDuplicates)
    reader.lines = lines
    guard yaml_parser_initialize(&reader.parser) == 1 else { throw YAMLError(line: 0, message: "no memory for the YAML parser") }
    defer { yaml_parser_delete(&reader.parser) }
    let bytes = Array(text.utf8)
    var outcome: Result<[Located], YAMLError> = .success([])
    bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(&reader.parser, buffer.baseAddress, buffer.count)
      do throws(YAMLError) { outcome = .success(try reader.all()) } catch { outcome = .failure(error) }
    }
    lines = reader.lines
    return try outcome.get()
  }

  /// The only document of a text, with the line of each of its fields by its path: "spec.load[0].metric".
  /// - Parameter hint: said where there is more than one document
  /// - Throws: also where there is none, or more than one.
  package static func single(_ text: String, hint: String = "") throws(YAMLError) -> (value: JSON, lines: [String: Int]) {
    var lines: [String: Int]? = [:]
    let documents = try located(text, keepsDuplicates: false, &lines)
    guard documents.count == 1 else {
      throw YAMLError(
        line: documents.count > 1 ? documents[1].line : 1,
        message: documents.isEmpty ? "there is nothing in it" : "there is more than one document in it" + hint)
    }
    return (documents[0].value, lines ?? [:])
  }

  private mutating func all() throws(YAMLError) -> [Located] {
    var documents: [Located] = []
    while true {
      var event = try next()
      defer { yaml_event_delete(&event) }
      switch event.type {
      case YAML_STREAM_END_EVENT: return documents
      case YAML_DOCUMENT_START_EVENT:
        anchors = [:]
        elements = []
        var first = try next()
        defer { yaml_event_delete(&first) }
        let value = try value(of: first, 0)
        if !value.isNull { documents.append((value, Int(first.start_mark.line) + 1, elements)) }
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
    let value = try content(of: event, depth)
    let anchor: UnsafeMutablePointer<yaml_char_t>? =
      switch event.type {
      case YAML_SCALAR_EVENT: event.data.scalar.anchor
      case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.anchor
      case YAML_MAPPING_START_EVENT: event.data.mapping_start.anchor
      default: nil
      }
    if let anchor { anchors[String(cString: anchor)] = (value, YAMLReader.count(value)) }
    return value
  }

  private static func count(_ value: JSON) -> Int {
    value.elements.reduce(1) { $0 + count($1) } + value.members.reduce(0) { $0 + count($1.value) }
  }

  private mutating func content(of event: yaml_event_t, _ depth: Int) throws(YAMLError) -> JSON {
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
        if depth == 1 { self.elements.append(Int(item.start_mark.line) + 1) }
        let outer = lines == nil ? path : enter("", "[\(elements.count)]", item)
        elements.append(try value(of: item, depth + 1))
        path = outer
      }
    case YAML_MAPPING_START_EVENT:
      var object: JSON = .object([])
      var written = Set<Key>()
      while true {
        var key = try next()
        defer { yaml_event_delete(&key) }
        if key.type == YAML_MAPPING_END_EVENT { return object }
        guard key.type == YAML_SCALAR_EVENT else {
          let hint =
            key.type == YAML_MAPPING_START_EVENT ? "; a template with {{ }} has to be rendered first, as by helm template" : ""
          throw YAMLError(line: Int(key.start_mark.line) + 1, message: "a key that is no text" + hint)
        }
        let text = YAMLReader.text(key)
        let isText = YAMLReader.isText(key)
        let keyLine = Int(key.start_mark.line) + 1
        let outer = enter(".", text, key)
        let value = try value(depth + 1)
        path = outer
        if !isText, text == "<<" {
          try YAMLReader.merge(value, into: &object, line)
        } else if let name = isText ? text : YAMLScalar.key(text) {
          let key = Key(name)
          // What was merged in is replaced without a word.
          if written.insert(key).inserted {
            object.members.removeAll { $0.key == key }
          } else if !keepsDuplicates {
            throw YAMLError(line: keyLine, message: "the key \"\(name)\" is already in this mapping")
          }
          object.members.append(Member(key: key, value: value))
        } else {
          throw YAMLError(line: line, message: "a key that is no text")
        }
      }
    case YAML_ALIAS_EVENT:
      let name = String(cString: event.data.alias.anchor)
      guard let (value, count) = anchors[name] else { throw YAMLError(line: line, message: "there is no anchor \(name)") }
      aliased += count
      guard aliased <= YAMLReader.aliasLimit else {
        throw YAMLError(line: line, message: "aliases stand for more than \(YAMLReader.aliasLimit) values")
      }
      return value
    default: return .null
    }
  }

  /// Notes where a field stands, if somebody asks.
  /// - Returns: the path that was left
  private mutating func enter(_ before: String, _ step: String, _ event: yaml_event_t) -> String {
    let outer = path
    if lines != nil {
      if !path.isEmpty { path += before }
      path += step
      lines![path] = Int(event.start_mark.line) + 1
    }
    return outer
  }

  /// Lays a mapping, or each of a list of them from the last to the first, over what stood before it.
  private static func merge(_ value: JSON, into object: inout JSON, _ line: Int) throws(YAMLError) {
    let mappings = value.isArray ? value.elements.reversed() : [value]
    for mapping in mappings {
      guard mapping.isObject else { throw YAMLError(line: line, message: "<< takes a mapping or a list of mappings") }
      for member in mapping.members {
        object.members.removeAll { $0.key == member.key }
        object.members.append(member)
      }
    }
  }

  private static func text(_ event: yaml_event_t) -> String {
    let scalar = event.data.scalar
    return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }

  /// Plain scalars by their form; quoted ones, and those that are marked as texts, are texts.
  private static func isText(_ event: yaml_event_t) -> Bool {
    let scalar = event.data.scalar
    guard let tag = scalar.tag.map({ String(cString: $0) }) else { return scalar.style != YAML_PLAIN_SCALAR_STYLE }
    return tag == "!" || tag == "tag:yaml.org,2002:str"
  }

  private static func scalar(_ event: yaml_event_t) -> JSON {
    isText(event) ? .string(text(event)) : YAMLScalar.value(text(event))
  }
}
