import CoreAPI
import CoreObjects

/// What a field of a described kind is, as `kubectl explain` tells it.
struct TypeExplanation {
  private static let width = 100
  private let kind: TypeSchema
  private let path: [String]
  private let field: FieldSchema?
  private let type: TypeSchema?
  /// Of the field, or of the kind.
  private let docs: String

  /// - Parameter path: "spec.load", without the kind; "" is the kind itself
  /// - Throws: where the path leads nowhere.
  init(_ typeName: String, _ path: String) throws(UsageError) {
    guard let kind = Schema.shared.type(typeName) else { throw UsageError("there is no kind \(typeName)") }
    self.kind = kind
    self.path = path.split(separator: ".").map(String.init)
    var (type, field): (TypeSchema?, FieldSchema?) = (kind, nil)
    var docs = kind.docs
    for step in self.path {
      guard let found = type?.field(Key(step)) else {
        let names = type?.fields.map(\.name).joined(separator: ", ")
        throw UsageError("there is no field '\(step)' in \(field?.name ?? kind.name)" + (names.map { ": \($0) are" } ?? ""))
      }
      field = found
      docs = found.docs
      type = found.shape.elementType
    }
    self.field = field
    self.type = type
    self.docs = docs
  }

  var lines: [String] {
    var lines = ["KIND:     \(kind.name)", "VERSION:  \(kind.group)/\(kind.version)"]
    if let field { lines += ["FIELD:    \(path.joined(separator: "."))  \(TypeExplanation.words(field))"] }
    lines += ["", "DESCRIPTION:"] + TypeExplanation.wrapped(docs, by: 2)
    if field != nil, let type, !type.docs.isEmpty { lines += TypeExplanation.wrapped(type.docs, by: 2) }
    guard let type else { return lines }
    lines += ["", "FIELDS:"]
    for field in type.fields {
      lines.append("  \(field.name)  \(TypeExplanation.words(field))")
      lines += TypeExplanation.wrapped(field.docs, by: 4)
    }
    return lines
  }

  private static func words(_ field: FieldSchema) -> String {
    var words = "<\(name(field.shape))>"
    if field.isRequired { words += " -required-" }
    if !field.enumeration.isEmpty { words += "  one of " + field.enumeration.joined(separator: ", ") }
    return words
  }

  private static func name(_ shape: Shape) -> String {
    switch shape {
    case .list(let element): "[]" + name(element)
    case .map(let element): "map of " + name(element)
    case .object(let type): type.name
    case .int32, .int64: "integer"
    case .bool: "boolean"
    case .any: "any"
    case .quantity: "Quantity"
    case .double: "number"
    default: "string"
    }
  }

  private static func wrapped(_ text: String, by indent: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + word.count + 1 > width {
        lines.append(String(repeating: " ", count: indent) + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [String(repeating: " ", count: indent) + line]
  }
}
