package import CoreObjects
import SchemaLanguage

/// One object type, ready for use. Fields are found by the key's number in a small open-addressing table.
///
/// Types refer to one another in circles, hence the two steps of construction; nothing changes after `Schema.init`, so sharing
/// is safe, and no access needs to be guarded against another.
package final class TypeSchema: @unchecked Sendable {
  /// "apps.v1.StatefulSetSpec"
  @exclusivity(unchecked) package private(set) var qualifiedName = ""
  @exclusivity(unchecked) package private(set) var name = ""
  @exclusivity(unchecked) package private(set) var group = ""
  @exclusivity(unchecked) package private(set) var version = ""
  /// It stands on its own as apiVersion and kind.
  @exclusivity(unchecked) package private(set) var isKind = false
  /// Server-side apply takes the whole object or nothing of it.
  @exclusivity(unchecked) package private(set) var isAtomic = false
  @exclusivity(unchecked) private(set) var isLabelSelector = false
  @exclusivity(unchecked) package private(set) var fields: [FieldSchema] = []
  /// Indices of fields.
  @exclusivity(unchecked) private(set) var requiredFields: [Int] = []
  @exclusivity(unchecked) private var defaultedFields: [Int] = []
  @exclusivity(unchecked) private var writtenFields: [Int] = []
  /// What there is to do in this type or below it: only then a walk has to come here.
  @exclusivity(unchecked) private(set) var walks: Walks = []
  @exclusivity(unchecked) private var path = ""
  @exclusivity(unchecked) private var description = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

  /// Places of fields whose names are not in the schema's vocabulary: of kinds that come at run time.
  @exclusivity(unchecked) private var others: [Key: Int] = [:]
  /// What such a kind looks like; nil for a type that Schema/ declares, and for what is below the whole object.
  @exclusivity(unchecked) private(set) var structural: StructuralSchema?
  /// Members that no field describes are kept, and are seen as what they are.
  @exclusivity(unchecked) private(set) var keepsOthers = false

  @exclusivity(unchecked) private var slots: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var mask = 0

  init() {
    slots = .allocate(capacity: 1)
    slots.initialize(to: 0)
  }

  /// A type that nobody has declared in Schema/.
  convenience init(
    structural: StructuralSchema? = nil, name: String = "", group: String = "", version: String = "", fields: [FieldSchema],
    keepsOthers: Bool
  ) {
    self.init()
    self.structural = structural
    self.keepsOthers = keepsOthers
    self.name = name
    self.group = group
    self.version = version
    isKind = structural != nil
    path = group.split(separator: ".").reversed().joined(separator: ".") + "." + version
    qualifiedName = group + "/" + version + "." + name
    self.fields = fields
    fillSlots()
  }

  deinit { slots.deallocate() }

  package var docs: String { String(decoding: description, as: UTF8.self) }
  /// "io.k8s.api.apps.v1.StatefulSet"
  package var openAPIName: String { path + "." + name }

  /// - Throws: where a default is no JSON (line 0).
  func read(_ reader: inout SchemaTableReader, among types: [TypeSchema]) throws(SchemaLanguageError) {
    path = reader.text()
    group = reader.text()
    version = reader.text()
    let package = reader.text()
    name = reader.text()
    qualifiedName = package + "." + name
    isLabelSelector = qualifiedName == "meta.v1.LabelSelector"
    isAtomic = reader.text() == "atomic"
    isKind = reader.number() == 1
    walks = Walks(rawValue: UInt8(reader.number()))
    description = reader.description()
    let count = reader.number()
    fields.reserveCapacity(count)
    for index in 0..<count {
      do throws(SchemaLanguageError) { fields.append(try FieldSchema(&reader, among: types)) } catch {
        throw SchemaLanguageError(line: 0, message: "\(qualifiedName), field \(index): \(error.message)")
      }
    }
    for (index, field) in fields.enumerated() {
      if field.isRequired { requiredFields.append(index) }
      if field.defaultValue != nil { defaultedFields.append(index) }
      if field.writtenZero != nil { writtenFields.append(index) }
    }
    fillSlots()
  }

  /// Indices of the fields that a walk puts in where they are missing.
  func filledFields(_ walk: Walks) -> [Int] { walk == .defaults ? defaultedFields : writtenFields }

  private func fillSlots() {
    var capacity = 4
    while capacity < fields.count * 2 { capacity *= 2 }
    slots.deallocate()
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    mask = capacity - 1
    for (index, field) in fields.enumerated() {
      guard case .known(let id) = field.key else {
        others[field.key] = index
        continue
      }
      var slot = Int(id) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = id << 16 | UInt32(index + 1)
    }
  }

  /// The place of a field in `fields`, or -1. Every field name of Schema/ is in its vocabulary, and so known.
  @inline(__always) package func index(of key: Key) -> Int {
    guard case .known(let id) = key else { return index(ofOther: key) }
    var slot = Int(id) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 16 == id { return Int(slots[slot] & 0xFFFF) - 1 }
      slot = (slot + 1) & mask
    }
    return -1
  }

  @inline(never) private func index(ofOther key: Key) -> Int { others.isEmpty ? -1 : others[key] ?? -1 }

  package func field(_ key: Key) -> FieldSchema? {
    let index = index(of: key)
    return index < 0 ? nil : fields[index]
  }
}
