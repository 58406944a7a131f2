import CoreObjects
import SchemaLanguage

/// What becomes of the fields that clients set, kind by kind: told by the marks in Schema/.
package struct FieldTable {
  package enum Word: String, Sendable {
    case acted = "acted on"
    /// Nothing is to be done for it.
    case stored
    /// It is not acted on, and who sets it gets a warning.
    case warned
  }

  package struct Row: Sendable {
    /// "Pod.spec.containers[].image"
    package let path: String
    package let word: Word
    /// What is done instead, or where the fields below are listed.
    package let note: String
    /// Only some values are not acted on.
    package let isPartial: Bool

    package init(path: String, word: Word, note: String, isPartial: Bool = false) {
      self.path = path
      self.word = word
      self.note = note
      self.isPartial = isPartial
    }

    /// As `wavetank explain fields` prints it.
    package var line: String {
      let begin = word.rawValue + String(repeating: " ", count: 10 - word.rawValue.count) + path
      return note.isEmpty ? begin : begin + (word == .acted ? "  (\(note))" : ": \(note)")
    }
    package var name: Substring { path.split(separator: ".").last.map { $0.prefix { $0 != "[" && $0 != "{" } } ?? "" }
  }

  package private(set) var rows: [Row] = []
  /// Where the fields of a type are listed.
  private var places: [String: String] = [:]

  /// - Parameter kind: as kubectl takes it: "Pod", "pods", "po"; nil for all kinds
  package init(kind: String? = nil) {
    for resource in Resources.all where kind.map({ resource.definition.names.contains($0.lowercased()) }) != false {
      guard let version = resource.definition.versions.first, let type = Schema.shared.type(version.typeName) else { continue }
      list(type, resource.definition.kind)
    }
  }

  private mutating func list(_ type: TypeSchema, _ path: String) {
    places[type.qualifiedName] = path
    for field in type.fields where !(type.isKind && FieldTable.common.contains(field.name)) {
      let path = path + "." + field.name + field.shape.suffix
      let limit = field.attributes.limit
      let place = field.elementType.flatMap { places[$0.qualifiedName] }
      let values = limit.map { $0.values.isEmpty ? "" : $0.values.joined(separator: ", ") + ": " } ?? ""
      rows.append(
        Row(
          path: path, word: limit != nil ? .warned : field.attributes.isStored ? .stored : .acted,
          note: limit.map { values + $0.text } ?? place.map { "as " + $0 } ?? "",
          isPartial: limit?.values.isEmpty == false))
      guard let element = field.elementType, place == nil, limit?.values.isEmpty != true, !field.attributes.isStored else {
        continue
      }
      // Metadata are the same everywhere.
      if element.name != "ObjectMeta" { list(element, path) }
    }
  }

  /// Of every kind: what it is called, and what the server says of it.
  private static let common: Set<String> = ["apiVersion", "kind", "metadata", "status"]
}

extension Shape {
  /// What paths write behind the name of a field.
  fileprivate var suffix: String {
    switch self {
    case .list: "[]"
    case .map: "{}"
    default: ""
    }
  }
}
