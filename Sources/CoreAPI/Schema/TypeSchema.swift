package import CoreObjects
package import SchemaLanguage

/// The walks through a tree that need not come to every type.
struct Walks: OptionSet {
  let rawValue: UInt8
  static let defaults = Walks(rawValue: 1)
  static let zeros = Walks(rawValue: 2)
  static let immutable = Walks(rawValue: 4)
  static let limits = Walks(rawValue: 8)
  static let gates = Walks(rawValue: 16)
}

/// One object type, ready for use. Fields are found by the key's number in a small open-addressing table.
///
/// Types refer to one another in circles, hence the two steps of construction; nothing changes after `Schema.init`, so sharing
/// is safe, and no access needs to be guarded against another.
package final class TypeSchema: @unchecked Sendable {
  package let declaration: SchemaType
  /// "apps.v1.StatefulSetSpec"
  package let qualifiedName: String
  let isLabelSelector: Bool
  @exclusivity(unchecked) package private(set) var fields: [FieldSchema] = []
  /// Indices of fields.
  @exclusivity(unchecked) private(set) var requiredFields: [Int] = []
  @exclusivity(unchecked) private(set) var defaultedFields: [Int] = []
  @exclusivity(unchecked) private(set) var writtenFields: [Int] = []
  /// The line of its description; nil where the declaration has it.
  @exclusivity(unchecked) var description: Int?
  /// What there is to do in this type or below it: only then a walk has to come here.
  @exclusivity(unchecked) var walks: Walks = []

  @exclusivity(unchecked) private var slots: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var mask = 0

  init(_ declaration: SchemaType) {
    self.declaration = declaration
    qualifiedName = declaration.qualifiedName
    isLabelSelector = qualifiedName == "meta.v1.LabelSelector"
    slots = .allocate(capacity: 1)
    slots.initialize(to: 0)
  }

  deinit { slots.deallocate() }

  package var name: String { declaration.name }
  package var group: String { declaration.group }
  package var version: String { declaration.version }
  package var docs: String { description.map { SchemaDescriptions.line($0) } ?? declaration.docs }
  package func docs(ofField index: Int) -> String {
    description.map { SchemaDescriptions.line($0 + 1 + index) } ?? fields[index].declaration.docs
  }
  package var isKind: Bool { declaration.isKind }
  /// Server-side apply takes the whole object or nothing of it.
  package var isAtomic: Bool { declaration.mapType == "atomic" }
  /// "io.k8s.api.apps.v1.StatefulSet"
  package var openAPIName: String { declaration.path + "." + declaration.name }

  func setFields(_ fields: [FieldSchema]) {
    self.fields = fields
    requiredFields = fields.indices.filter { fields[$0].isRequired }
    defaultedFields = fields.indices.filter { fields[$0].defaultValue != nil }
    writtenFields = fields.indices.filter { fields[$0].writtenZero != nil }
    if !defaultedFields.isEmpty { walks.insert(.defaults) }
    if !writtenFields.isEmpty { walks.insert(.zeros) }
    if fields.contains(where: \.isImmutable) { walks.insert(.immutable) }
    if fields.contains(where: { $0.declaration.limit != nil }) { walks.insert(.limits) }
    if fields.contains(where: { $0.declaration.gate != nil }) { walks.insert(.gates) }
    var capacity = 4
    while capacity < fields.count * 2 { capacity *= 2 }
    slots.deallocate()
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    mask = capacity - 1
    for (index, field) in fields.enumerated() {
      guard case .known(let id) = field.key else { continue }
      var slot = Int(id) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = id << 16 | UInt32(index + 1)
    }
  }

  /// The place of a field in `fields`, or -1. Every field name is in the schema's vocabulary, and so known.
  @inline(__always) package func index(of key: Key) -> Int {
    guard case .known(let id) = key else { return -1 }
    var slot = Int(id) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 16 == id { return Int(slots[slot] & 0xFFFF) - 1 }
      slot = (slot + 1) & mask
    }
    return -1
  }

  package func field(_ key: Key) -> FieldSchema? {
    let index = index(of: key)
    return index < 0 ? nil : fields[index]
  }
}
