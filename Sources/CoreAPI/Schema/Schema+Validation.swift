package import CoreObjects

extension Schema {
  /// What the schema alone can say is wrong with a decoded tree: missing fields, values outside an enumeration or a range,
  /// repeated elements of sets and keyed lists. The status of a kind is the server's own writing and is not looked at; a write of the
  /// status leaves the spec as it was found valid.
  /// - Parameters:
  ///   - known: a valid tree of the type; what is the same in it is not looked at again
  ///   - timeZones: what rules of custom resources may name
  package func validate(
    _ tree: JSON, _ type: TypeSchema, ofStatus: Bool = false, known: JSON = .null, timeZones: TimeZoneDatabase = .utcOnly
  ) -> [FieldError] {
    if let structural = type.structural { return structural.validate(tree, old: known, timeZones) }
    var validation = Validation()
    validation.object(tree, type, known, skippedKey: type.isKind ? (ofStatus ? .spec : .status) : nil)
    return validation.errors
  }
}

private struct Validation {
  /// How many errors are reported at most.
  static let errorLimit = 100

  private(set) var errors: [FieldError] = []
  private var path = WalkPath()
  /// A status may lack what its type requires: upstream cannot tell it from an empty value, and writes empty ones.
  private var isInStatus = false

  private mutating func report(_ kind: FieldError.Kind, _ field: FieldSchema, _ value: JSON?, _ detail: String) {
    guard errors.count < Validation.errorLimit else { return }
    errors.add(kind, path.fieldPath.child(field.key), value: value, detail)
  }

  mutating func object(_ tree: JSON, _ type: TypeSchema, _ known: JSON, skippedKey: Key? = nil) {
    guard case .object(let members) = tree else { return }
    if type.isLabelSelector {
      errors += SelectorRules.validate(tree, path.fieldPath)
      return
    }
    for index in type.requiredFields where !isInStatus {
      let field = type.fields[index]
      if field.key != skippedKey, !field.isMissingUnchecked, Validation.isMissing(tree[field.key], field) { missing(field) }
    }
    for i in members.indices {
      let index = type.index(of: members[i].key)
      if index < 0 { continue }
      let field = type.fields[index]
      if field.isPlain || field.key == skippedKey { continue }
      let isStatus = type.isKind && field.key == .status
      if isStatus { isInStatus = true }
      value(members[i].value, field, known[field.key])
      if isStatus { isInStatus = false }
    }
  }

  private static func isMissing(_ value: JSON, _ field: FieldSchema) -> Bool {
    switch (field.shape, value) {
    case (.any, _), (.bool, _): false
    case (_, .null): true
    case (.string, .string(let text)), (.quantity, .string(let text)), (.time, .string(let text)): text.isEmpty
    case (.list, .array(let elements)): elements.isEmpty
    default: false
    }
  }

  /// Upstream cannot tell an absent number from 0: it is an error only where 0 is out of range.
  private mutating func missing(_ field: FieldSchema) {
    switch field.shape {
    case .int32, .int64, .double, .intOrString: range(0, .int(0), field)
    // Nor an absent object from an empty one: what that lacks is told.
    case .object(let type) where !type.requiredFields.isEmpty && field.writtenZero == .object([]):
      path.push(field: field.key)
      object(.object([]), type, .null)
      path.pop()
    default: report(.required, field, nil, "")
    }
  }

  private mutating func value(_ value: JSON, _ field: FieldSchema, _ known: JSON) {
    switch (field.shape, value) {
    case (.string, .string(let text)): enumeration(text, field)
    case (_, .int(let number)): range(number, value, field)
    default:
      if !known.isNull, value == known { return }
      if field.refusesRepeats { repeats(value.elements, field) }
      guard field.shape.elementType != nil else { return }
      path.push(field: field.key)
      descend(value, field.shape, known)
      path.pop()
    }
  }

  private mutating func descend(_ value: JSON, _ shape: Shape, _ known: JSON) {
    switch (shape, value) {
    case (.object(let type), _): object(value, type, known)
    case (.list(let element), .array(let elements)):
      for i in elements.indices where known.isNull || elements[i] != known[i] {
        path.push(index: i)
        descend(elements[i], element, known[i])
        path.pop()
      }
    case (.map(let element), .object(let members)):
      for member in members {
        path.push(key: member.key)
        descend(member.value, element, known[member.key])
        path.pop()
      }
    default: return
    }
  }

  private mutating func enumeration(_ text: String, _ field: FieldSchema) {
    let allowed = field.enumeration
    if text.isEmpty || allowed.isEmpty || allowed.contains(text) || field.isUnchecked { return }
    guard errors.count < Validation.errorLimit else { return }
    errors.append(.notSupported(path.fieldPath.child(field.key), value: text, supported: allowed))
  }

  private mutating func range(_ number: Int64, _ value: JSON, _ field: FieldSchema) {
    switch (field.minimum, field.maximum) {
    case (let minimum?, let maximum?) where number < minimum || number > maximum:
      report(.invalid, field, value, "must be between \(minimum) and \(maximum), inclusive")
    case (let minimum?, nil) where number < minimum:
      report(.invalid, field, value, minimum == 1 ? "must be greater than 0" : "must be greater than or equal to \(minimum)")
    case (nil, let maximum?) where number > maximum:
      report(.invalid, field, value, "must be less than or equal to \(maximum)")
    default: return
    }
  }

  private mutating func repeats(_ elements: [JSON], _ field: FieldSchema) {
    guard elements.count > 1 else { return }
    if elements.count == 2, ListKey(elements[0], field) != ListKey(elements[1], field) { return }
    var seen: Set<ListKey> = []
    for (i, element) in elements.enumerated() where !seen.insert(ListKey(element, field)).inserted {
      guard errors.count < Validation.errorLimit else { return }
      var place = path.fieldPath.child(field.key).index(i)
      var value = element
      if field.listKeys.count == 1 {
        place = place.child(field.listKeys[0])
        value = element[field.listKeys[0]]
      } else if !field.listKeys.isEmpty {
        value = .object(field.listKeys.map { Member(key: $0, value: element[$0]) }.filter { !$0.value.isNull })
      }
      errors.add(.duplicate, place, value: value)
    }
  }
}

extension FieldSchema {
  /// The element of an earlier list that is this one: the one with its keys, or, where there are none, the same.
  func counterpart(of element: JSON, in old: JSON) -> JSON? {
    let key = ListKey(element, self)
    return old.elements.first { ListKey($0, self) == key }
  }
}

/// What identifies an element of a set or a keyed list.
struct ListKey: Hashable {
  private let parts: [String]

  init(_ element: JSON, _ field: FieldSchema) {
    parts = field.listKeys.isEmpty ? [element.description] : field.listKeys.map { element[$0].string ?? element[$0].description }
  }
}
