import CoreJSON
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
}

/// What a v1.36 API server says of its types, where those facts lie beside the checkout.
private enum Facts {
  static let file = DeclaredSchema.root.deletingLastPathComponent().appending(path: "shared/facts/schema-v1.36.json")
  static var arePresent: Bool { FileManager.default.fileExists(atPath: file.path) }

  static func read() throws -> [String: JSON] {
    let tree = try JSONParser.parse([UInt8](Data(contentsOf: file)))
    return Dictionary(uniqueKeysWithValues: tree.members.map { ($0.key.name, $0.value) })
  }

  private static let scalars = [
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "microTime",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
  ]

  /// A type of OpenAPI in the words of the schema language, references by their full names.
  static func type(_ property: JSON) -> String {
    if case .raw = property { return "any" }
    if let reference = property["$ref"].string { return scalars[reference] ?? reference }
    let format = property["format"].string
    switch property["type"].string {
    case "array": return "[" + type(property["items"]) + "]"
    case "object" where property["additionalProperties"].isObject: return "{" + type(property["additionalProperties"]) + "}"
    case "object": return "any"
    case "string": return format == "byte" ? "bytes" : "string"
    case "integer": return format ?? "integer"
    case "number": return format ?? "number"
    case "boolean": return "bool"
    default: return property.description
    }
  }

  /// All that is compared of a field, as one line.
  static func line(_ property: JSON, isRequired: Bool) -> String {
    func names(_ key: Key) -> String { property[key].elements.compactMap(\.string).joined(separator: ",") }
    return Facts.line([
      ("", type(property)), ("required", isRequired ? "yes" : ""), ("list", property["x-kubernetes-list-type"].string ?? ""),
      ("keys", names("x-kubernetes-list-map-keys")), ("mergeKey", property["x-kubernetes-patch-merge-key"].string ?? ""),
      ("strategy", property["x-kubernetes-patch-strategy"].string ?? ""), ("map", property["x-kubernetes-map-type"].string ?? ""),
    ])
  }

  static func line(_ parts: [(String, String)]) -> String {
    parts.filter { !$0.1.isEmpty }.map { $0.0.isEmpty ? $0.1 : "\($0.0)=\($0.1)" }.joined(separator: " ")
  }
}

extension SchemaType {
  fileprivate var openAPIName: String { path + "." + name }
}

extension SchemaField {
  /// As `Facts.line`; `paths` are the OpenAPI prefixes of the packages.
  fileprivate func line(_ paths: [String: String]) -> String {
    Facts.line([
      ("", SchemaField.text(type, paths)), ("required", isRequired ? "yes" : ""), ("list", listType ?? ""),
      ("keys", listKeys.joined(separator: ",")), ("mergeKey", mergeKey ?? ""), ("strategy", strategies.joined(separator: ",")),
      ("map", mapType ?? ""),
    ])
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

@Suite("Schema/*.schema beside a v1.36 API server", .enabled(if: Facts.arePresent, "the facts are not beside this checkout"))
struct SchemaFactsTests {
  /// The types of metrics.k8s.io come from metrics-server, which is no part of the API server that the facts are of.
  private static let packagesWithoutFacts: Set = ["metrics.v1beta1"]
  /// Upstream registers these in every group, so that any path may carry them; here they belong to none.
  private static let kindsOfEveryGroup: Set = ["DeleteOptions", "WatchEvent"]

  @Test("every type has upstream's fields, with upstream's types, required flags, list types, keys and merge rules")
  func fields() throws {
    let document = try DeclaredSchema.read()
    let facts = try Facts.read()
    let paths = Dictionary(document.types.map { ($0.package, $0.path) }, uniquingKeysWith: { first, _ in first })
    for type in document.types where !Self.packagesWithoutFacts.contains(type.package) {
      let fact = try #require(facts[type.openAPIName], "upstream has no type \(type.openAPIName)")
      let required = Set(fact["required"].elements.compactMap(\.string))
      let theirs = fact["properties"].members.map { member in
        "\(member.key.name) \(Facts.line(member.value, isRequired: required.contains(member.key.name)))"
      }
      let ours = type.fields.map { "\($0.name) \($0.line(paths))" }
      #expect(Set(ours).subtracting(theirs).sorted() == [], "\(type.qualifiedName): only here")
      #expect(Set(theirs).subtracting(ours).sorted() == [], "\(type.qualifiedName): only upstream")
    }
  }

  @Test("every type is a kind and atomic exactly where upstream's is")
  func types() throws {
    let facts = try Facts.read()
    for type in try DeclaredSchema.read().types where !Self.packagesWithoutFacts.contains(type.package) {
      let fact = try #require(facts[type.openAPIName])
      #expect(type.mapType == fact["x-kubernetes-map-type"].string, "\(type.qualifiedName)")
      if Self.kindsOfEveryGroup.contains(type.name) { continue }
      #expect(type.isKind == !fact["x-kubernetes-group-version-kind"].isNull, "\(type.qualifiedName)")
    }
  }

  /// The empty string is always allowed here, it counts as unset. For some fields whose values its validation restricts, upstream
  /// publishes no enumeration: those are declared here in addition.
  @Test("where upstream publishes the allowed values of a field, they are the same here")
  func enumerations() throws {
    let facts = try Facts.read()
    var compared = 0
    for type in try DeclaredSchema.read().types {
      for field in type.fields {
        let published = facts[type.openAPIName]?["properties"][Key(field.name)]["enum"].elements ?? []
        if published.isEmpty { continue }
        compared += 1
        #expect(field.enumeration == published.compactMap(\.string).filter { !$0.isEmpty }, "\(type.qualifiedName).\(field.name)")
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
