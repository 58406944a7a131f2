/// The declarations in a form that a program reads at its start, many times faster than the language: numbers instead of names, each
/// type's place instead of its name, types sorted by qualified name.
///
/// Printable ASCII, so that it can stand in a literal. `SchemaTableReader` reads it.
package struct SchemaTable {
  package private(set) var bytes: [UInt8] = []
  /// All descriptions, back to back.
  package private(set) var descriptions: [UInt8] = []

  /// - Parameter number: A name's number in the vocabulary.
  /// - Throws: What cannot stand in a table: a type that is declared twice or not at all, a name that is not in the vocabulary (line 0).
  package init(_ document: SchemaDocument, number: (String) -> Int?) throws(SchemaLanguageError) {
    let types = document.types.sorted { $0.qualifiedName < $1.qualifiedName }
    var places: [String: Int] = [:]
    for (place, type) in types.enumerated() where places.updateValue(place, forKey: type.qualifiedName) != nil {
      throw SchemaLanguageError(line: 0, message: "\(type.qualifiedName) is declared twice")
    }
    let walks = Walks.of(types, places)
    write(types.count)
    for (place, type) in types.enumerated() {
      for text in [type.path, type.group, type.version, type.package, type.name, type.mapType ?? ""] { write(text) }
      write(type.isKind ? 1 : 0)
      write(Int(walks[place].rawValue))
      describe(type.docs)
      write(type.fields.count)
      for field in type.fields {
        let name = "\(type.qualifiedName).\(field.name)"
        guard let number = number(field.name) else {
          throw SchemaLanguageError(line: 0, message: "\(name): the name is not in this program's vocabulary")
        }
        write(number)
        do throws(SchemaLanguageError) { try write(field.type, places) } catch {
          throw SchemaLanguageError(line: 0, message: "\(name): \(error.message)")
        }
        write(field.attributes)
        write(Int(field.type.referenced.flatMap { places[$0] }.map { walks[$0].rawValue } ?? 0))
        describe(field.docs)
      }
    }
  }

  private mutating func write(_ type: FieldType, _ places: [String: Int]) throws(SchemaLanguageError) {
    switch type {
    case .list(let element):
      write(Scalar.list)
      try write(element, places)
    case .map(let element):
      write(Scalar.map)
      try write(element, places)
    case .reference(let name):
      guard let place = places[name] else { throw SchemaLanguageError(line: 0, message: "no type \(name)") }
      write(Scalar.firstType + place)
    default: write(Scalar.all.firstIndex(of: type) ?? 0)
    }
  }

  private mutating func write(_ attributes: FieldAttributes) {
    let numbers = [attributes.minimum, attributes.maximum]
    let texts = [
      attributes.gate, attributes.defaultText, attributes.listType, attributes.mergeKey, attributes.mapType,
      attributes.limit?.text,
    ]
    let lists = [attributes.enumeration, attributes.listKeys, attributes.strategies, attributes.limit?.values ?? []]
    write(Int(attributes.marks.rawValue))
    write(attributes.protobuf.map { Int($0.path) << 3 | $0.depth << 1 | ($0.isOptional ? 1 : 0) } ?? 0)
    // What most fields do not have is told by one number.
    let present = numbers.map { $0 != nil } + texts.map { $0 != nil } + lists.map { !$0.isEmpty }
    write(present.enumerated().reduce(0) { $1.element ? $0 | 1 << $1.offset : $0 })
    for number in numbers.compactMap({ $0 }) {
      write(number < 0 ? 1 : 0)
      write(Int(number.magnitude))
    }
    for text in texts.compactMap({ $0 }) { write(text) }
    for list in lists where !list.isEmpty {
      write(list.count)
      for text in list { write(text) }
    }
  }

  private mutating func describe(_ text: String) {
    write(descriptions.count)
    write(text.utf8.count)
    descriptions += Array(text.utf8)
  }

  private mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes += Array(text.utf8)
  }

  /// Five bits a byte, the lowest first; a sixth says that more follow.
  private mutating func write(_ number: Int) {
    var rest = UInt(number)
    while rest > 31 {
      bytes.append(UInt8(0x50 + (rest & 31)))
      rest >>= 5
    }
    bytes.append(UInt8(0x30 + rest))
  }
}

/// How the type of a field is told in a table: by its place among those below, or after them by the place of the type.
enum Scalar {
  static let all: [FieldType] = [
    .string, .bytes, .time, .microTime, .quantity, .int32, .int64, .double, .bool, .intOrString, .any,
  ]
  static let list = 11
  static let map = 12
  static let firstType = 13
}

/// The walks through a tree that need not come to every type.
///
/// Inlinable, since every walk asks at every field.
@frozen @usableFromInline package struct Walks: OptionSet, Sendable {
  @usableFromInline package let rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable package static var defaults: Walks { Walks(rawValue: 1) }
  @inlinable package static var zeros: Walks { Walks(rawValue: 2) }
  @inlinable package static var immutable: Walks { Walks(rawValue: 4) }
  @inlinable package static var limits: Walks { Walks(rawValue: 8) }
  @inlinable package static var gates: Walks { Walks(rawValue: 16) }

  /// For each type the walks that have to come to it: those that have something to do in it or below it.
  static func of(_ types: [SchemaType], _ places: [String: Int]) -> [Walks] {
    let below = types.map { $0.fields.compactMap { $0.type.referenced.flatMap { places[$0] } } }
    var result = types.map { $0.fields.reduce(into: Walks()) { $0.formUnion(Walks($1.attributes)) } }
    var changed = true
    while changed {
      changed = false
      for (place, below) in below.enumerated() {
        let walks = below.reduce(result[place]) { $0.union(result[$1]) }
        if walks == result[place] { continue }
        result[place] = walks
        changed = true
      }
    }
    return result
  }

  private init(_ field: FieldAttributes) {
    self = []
    if field.defaultText != nil { insert(.defaults) }
    if field.isAlwaysWritten { insert(.zeros) }
    if field.isImmutable { insert(.immutable) }
    if field.limit != nil { insert(.limits) }
    if field.gate != nil { insert(.gates) }
  }
}

extension FieldType {
  /// The name of the type that it is, or is made of.
  fileprivate var referenced: String? {
    switch self {
    case .reference(let name): name
    case .list(let element), .map(let element): element.referenced
    default: nil
    }
  }
}
