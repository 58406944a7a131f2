import CoreObjects
import Foundation
import SchemaLanguage
import Testing

/// The files in Schema/, read as the build reads them.
private enum DeclaredSchema {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func read() throws -> SchemaDocument {
    let folder = root.appending(path: "Schema")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".schema") }.sorted()
    let texts = try names.map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    return try SchemaReader.read(texts.joined(separator: "\n"))
  }

  /// Without this project's own kinds.
  static func upstream() throws -> SchemaDocument {
    var document = try read()
    document.types.removeAll { $0.package.hasPrefix("wavetank.") }
    return document
  }
}

/// What a v1.36 API server says of its types: "TYPE kind map=…" and under it a line for each field.
private struct RecordedSchema {
  struct RecordedType {
    var attributes: [Substring]
    /// "FIELD TYPE required list=… …"
    var fields: [String] = []
    /// Of the fields whose values are published.
    var enumerations: [String: [String]] = [:]
  }
  private(set) var types: [String: RecordedType] = [:]

  init() throws {
    let file = DeclaredSchema.root.appending(path: "Tests/Recordings/schema-v1.36.txt")
    var name = ""
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      var words = line.split(separator: " ")
      if !line.hasPrefix(" ") {
        name = String(words.removeFirst())
        types[name] = RecordedType(attributes: words)
        continue
      }
      if let values = words.last, values.hasPrefix("enum=") {
        types[name]?.enumerations[String(words[0])] = values.dropFirst(5).split(separator: ",").map(String.init)
        words.removeLast()
      }
      types[name]?.fields.append(words.joined(separator: " "))
    }
  }

  func type(_ type: SchemaType) throws -> RecordedType {
    try #require(types[type.openAPIName], "upstream has no type \(type.openAPIName)")
  }
}

extension SchemaType {
  fileprivate var openAPIName: String { path + "." + name }
}

extension SchemaField {
  /// As the recording has it; `paths` are the OpenAPI prefixes of the packages.
  fileprivate func line(_ paths: [String: String]) -> String {
    let parts = [
      ("list", attributes.listType ?? ""), ("keys", attributes.listKeys.joined(separator: ",")),
      ("mergeKey", attributes.mergeKey ?? ""),
      ("strategy", attributes.strategies.joined(separator: ",")), ("map", attributes.mapType ?? ""),
    ]
    return "\(name) \(SchemaField.text(type, paths))" + (attributes.isRequired ? " required" : "")
      + parts.filter { !$0.1.isEmpty }.map { " \($0.0)=\($0.1)" }.joined()
  }

  private static func text(_ type: FieldType, _ paths: [String: String]) -> String {
    switch type {
    case .reference(let name):
      let dot = name.lastIndex(of: ".") ?? name.startIndex
      return (paths[String(name[..<dot])] ?? "?") + name[dot...]
    case .list(let element): return "[" + text(element, paths) + "]"
    case .map(let element): return "{" + text(element, paths) + "}"
    default: return "\(type)"
    }
  }
}

@Suite("Schema/*.schema beside a v1.36 API server")
struct SchemaFactsTests {
  /// The types of metrics.k8s.io come from metrics-server, which is no part of the recorded API server.
  private static let unrecordedPackages: Set = ["metrics.v1beta1", "metrics.v1"]
  /// Upstream registers these in every group, so that any path may carry them; here they belong to none.
  private static let kindsOfEveryGroup: Set = ["DeleteOptions", "WatchEvent"]

  /// What may be a schema or something else, and JSON of any kind, is `any` here: `JSONSchemaTree` reads what is in it.
  private static func withoutUnions(_ field: String) -> String {
    let package = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
    let unions = ["JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray", "JSON"].map { package + $0 }
    return field.components(separatedBy: " ").map { word in
      let bare = word.trimmingCharacters(in: CharacterSet(charactersIn: "[]{}"))
      return unions.contains(bare) ? word.replacing(bare, with: "any") : word
    }.joined(separator: " ")
  }

  @Test("every type has upstream's fields, with upstream's types, required flags, list types, keys and merge rules")
  func fields() throws {
    let document = try DeclaredSchema.upstream()
    let recorded = try RecordedSchema()
    let paths = Dictionary(document.types.map { ($0.package, $0.path) }, uniquingKeysWith: { first, _ in first })
    for type in document.types where !Self.unrecordedPackages.contains(type.package) {
      let theirs = try recorded.type(type).fields.map(Self.withoutUnions)
      let ours = type.fields.map { $0.line(paths) }
      #expect(Set(ours).subtracting(theirs).sorted() == [], "\(type.qualifiedName): only here")
      #expect(Set(theirs).subtracting(ours).sorted() == [], "\(type.qualifiedName): only upstream")
    }
  }

  @Test("of every field is stored what upstream stores when it is empty, and it has upstream's number in protobuf")
  func zeros() throws {
    let file = DeclaredSchema.root.appending(path: "Tests/Recordings/zeros-v1.36.txt")
    var recorded: [String: [String: String]] = [:]
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      let fields = words.dropFirst().map { $0.split(separator: ":") }
      recorded[String(words[0])] = Dictionary(uniqueKeysWithValues: fields.map { (String($0[0]), "\($0[1]) \($0[2])") })
    }
    var compared = 0
    for type in try DeclaredSchema.upstream().types {
      let theirs = recorded[type.openAPIName] ?? [:]
      for field in type.fields {
        guard let expected = theirs[field.name] else { continue }
        let numbers = field.protobuf.map { number in (0..<number.depth).map { Int(number.path >> UInt32(8 * $0)) & 255 } } ?? []
        let isOptional = field.protobuf?.isOptional ?? false
        // Which of the two empty values a list or a map has is its type's business.
        let isCompound = if case .list = field.type { true } else if case .map = field.type { true } else { false }
        // Bytes and anything are null when they are empty, however that is called.
        let isNull = field.type == .bytes || field.type == .any
        let wanted = isNull && expected.hasPrefix("n") ? "w" + expected.dropFirst() : expected
        let rule = field.isAlwaysWritten ? (isOptional || isCompound ? "n" : "w") : isOptional ? "k" : "d"
        // A kind's own apiVersion and kind are told beside its message.
        let number = numbers.last.map(String.init) ?? String(expected.dropFirst(2))
        #expect("\(rule) \(number)" == wanted, "\(type.qualifiedName).\(field.name)")
        compared += 1
      }
    }
    print("empty fields and protobuf numbers: \(compared) fields agree with v1.36.2")
    #expect(compared > 1700)
  }

  @Test("the features that fields wait for are off in v1.36")
  func gates() throws {
    let file = DeclaredSchema.root.appending(path: "Tests/Recordings/gates-v1.36.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
    let off = Set(lines.filter { $0[1] == "off" }.map { String($0[0]) })
    let named = Set(try DeclaredSchema.read().types.flatMap(\.fields).compactMap(\.gate))
    #expect(named.count > 4 && named.subtracting(off) == [])
  }

  @Test("every type is a kind and atomic exactly where upstream's is")
  func types() throws {
    let recorded = try RecordedSchema()
    for type in try DeclaredSchema.upstream().types where !Self.unrecordedPackages.contains(type.package) {
      let attributes = try recorded.type(type).attributes
      #expect(type.mapType.map { "map=" + $0 } == attributes.first { $0 != "kind" }.map(String.init), "\(type.qualifiedName)")
      if Self.kindsOfEveryGroup.contains(type.name) { continue }
      #expect(type.isKind == attributes.contains("kind"), "\(type.qualifiedName)")
    }
  }

  /// The empty string is always allowed here, it counts as unset. For some fields whose values its validation restricts, upstream
  /// publishes no enumeration: those are declared here in addition.
  @Test("where upstream publishes the allowed values of a field, they are the same here")
  func enumerations() throws {
    let recorded = try RecordedSchema()
    var compared = 0
    for type in try DeclaredSchema.upstream().types {
      for field in type.fields {
        guard let published = recorded.types[type.openAPIName]?.enumerations[field.name] else { continue }
        compared += 1
        #expect(field.enumeration == published, "\(type.qualifiedName).\(field.name)")
      }
    }
    #expect(compared > 50)
  }
}

@Suite("What Schema/*.schema says for itself") struct DeclaredSchemaTests {
  @Test("every type and every field is described in three words at least, as a sentence")
  func descriptions() throws {
    for type in try DeclaredSchema.read().types {
      #expect(type.docs.split(separator: " ").count >= 3, "\(type.qualifiedName)")
      #expect(type.docs.hasSuffix("."), "\(type.qualifiedName)")
      for field in type.fields {
        #expect(field.docs.split(separator: " ").count >= 3, "\(type.qualifiedName).\(field.name)")
        #expect(field.docs.hasSuffix("."), "\(type.qualifiedName).\(field.name)")
      }
    }
  }

  @Test("a default is a value that its field may have")
  func defaults() throws {
    for type in try DeclaredSchema.read().types {
      for field in type.fields {
        guard let text = field.defaultText else { continue }
        let place: Comment = "\(type.qualifiedName).\(field.name)"
        let value = try JSONParser.parse(text)
        switch field.type {
        case .int32, .int64:
          let number = try #require(value.int.map(Int64.init), place)
          #expect(number >= field.minimum ?? .min && number <= field.maximum ?? .max, place)
        case .bool: #expect(value.bool != nil, place)
        case .reference: #expect(value.isObject, place)
        default:
          let word = try #require(value.string, place)
          #expect(word.isEmpty || field.enumeration.isEmpty || field.enumeration.contains(word), place)
        }
      }
    }
  }

  @Test("enumerations are sorted, since messages list them in that order")
  func order() throws {
    for type in try DeclaredSchema.read().types {
      for field in type.fields { #expect(field.enumeration == field.enumeration.sorted(), "\(type.qualifiedName).\(field.name)") }
    }
  }
}
