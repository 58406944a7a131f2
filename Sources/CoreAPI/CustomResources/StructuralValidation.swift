import CoreCEL
import CoreObjects

/// Judges a value by a structural schema. Source of what is which reason: pkg/apiserver/validation/validation.go of
/// apiextensions-apiserver, v1.36; texts are our own.
struct StructuralValidation {
  /// How many errors are reported at most.
  private static let errorLimit = 100

  private(set) var errors: [FieldError] = []
  private var path: FieldPath

  init(at path: FieldPath = FieldPath()) { self.path = path }

  /// - Parameters:
  ///   - old: what stood in this place; what is the same is not looked at again, so that objects which a stricter schema would refuse
  ///     can still be changed elsewhere. Source: ratcheting.go of apiextensions-apiserver, v1.36.
  ///   - isRoot: apiVersion, kind and metadata are looked at by others
  mutating func value(_ value: JSON, _ schema: StructuralSchema, old: JSON = .null, isRoot: Bool = false) {
    if !old.isNull, old == value { return }
    guard errors.count < StructuralValidation.errorLimit else { return }
    if value.isNull, schema.isNullable { return }
    guard hasType(value, schema) else { return }
    if !schema.limits.isEmpty { limits(value, schema.limits, isRoot: isRoot) }
    switch value {
    case .object(let members):
      if schema.isEmbedded { embedded(value) }
      for member in members where !(isRoot && StructuralSchema.typeKeys.contains(member.key)) {
        let property = schema.property(member.key)
        guard let below = property ?? schema.values else { continue }
        descend(property == nil ? path.key(member.key.name) : path.child(member.key)) { validation in
          validation.value(member.value, below, old: old[member.key])
        }
      }
    case .array(let elements): list(elements, schema, old)
    default: break
    }
  }

  private mutating func descend(_ place: FieldPath, _ body: (inout StructuralValidation) -> Void) {
    let kept = path
    path = place
    body(&self)
    path = kept
  }

  // MARK: Types

  private mutating func hasType(_ value: JSON, _ schema: StructuralSchema) -> Bool {
    if schema.isIntOrString {
      if StructuralValidation.isWhole(value) || value.string != nil { return true }
      wrongType(value, "integer or string")
      return false
    }
    guard let type = schema.type else { return true }
    let fits =
      switch (type, value) {
      case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool), (.number, .int), (.number, .double): true
      case (.integer, _): StructuralValidation.isWhole(value)
      default: false
      }
    if !fits { wrongType(value, type.rawValue) }
    return fits
  }

  private mutating func wrongType(_ value: JSON, _ wanted: String) {
    let found: JSON = value.isNull ? "null" : .string(value.typeName)
    errors.add(.typeInvalid, path, value: found, "must be of type \(wanted)")
  }

  private static func isWhole(_ value: JSON) -> Bool {
    switch value {
    case .int: true
    case .double(let number): number.rounded() == number
    default: false
    }
  }

  // MARK: Lists

  private mutating func list(_ items: [JSON], _ schema: StructuralSchema, _ old: JSON) {
    if schema.listType == "set" || schema.listType == "map" { repeats(items, schema) }
    guard let below = schema.elements else { return }
    // Elements of other lists cannot be told which is which.
    let olds: [String: JSON]? = schema.listType == "map" ? StructuralValidation.byKeys(old.elements, schema) : nil
    for (index, item) in items.enumerated() {
      let before = olds?[StructuralValidation.keys(of: item, schema).description] ?? .null
      descend(path.index(index)) { $0.value(item, below, old: before) }
    }
  }

  private static func byKeys(_ items: [JSON], _ schema: StructuralSchema) -> [String: JSON] {
    Dictionary(items.map { (keys(of: $0, schema).description, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func keys(of item: JSON, _ schema: StructuralSchema) -> JSON {
    .object(schema.listKeys.map { Member(key: $0, value: item[$0]) }.filter { !$0.value.isNull })
  }

  private mutating func repeats(_ items: [JSON], _ schema: StructuralSchema) {
    var seen: Set<String> = []
    for (index, item) in items.enumerated() {
      let key = schema.listType == "map" ? StructuralValidation.keys(of: item, schema) : item
      if schema.listType == "map" {
        for name in schema.listKeys where item.isObject && item[name].isNull {
          errors.add(.required, path.index(index).child(name), "tells the elements of the list apart")
        }
      }
      if !seen.insert(key.description).inserted { errors.add(.duplicate, path.index(index), value: key) }
    }
  }

  private mutating func embedded(_ value: JSON) {
    for key in [Key.apiVersion, .kind] where (value[key].string ?? "").isEmpty {
      errors.add(.required, path.child(key), "says what the object is")
    }
  }

  // MARK: Bounds

  private mutating func limits(_ value: JSON, _ limits: ValueLimits, isRoot: Bool) {
    if !limits.enumeration.isEmpty, !limits.enumeration.contains(where: { $0.means(value) }) {
      let list = limits.enumeration.map(\.description).joined(separator: ", ")
      errors.add(.notSupported, path, value: value, "supported values: \(list)")
    }
    switch value {
    case .string(let text): self.text(text, limits)
    case .int, .double: number(value, limits)
    case .array(let items): count(items.count, limits.minItems, limits.maxItems, "items")
    case .object(let members):
      count(members.count, limits.minProperties, limits.maxProperties, "members")
      for key in limits.required where members.place(of: key) < 0 && !(isRoot && StructuralSchema.typeKeys.contains(key)) {
        errors.add(.required, path.child(key))
      }
    default: break
    }
    combinations(value, limits, isRoot: isRoot)
  }

  private mutating func text(_ text: String, _ limits: ValueLimits) {
    if let most = limits.maxLength, text.unicodeScalars.count > most {
      errors.add(.tooLong, path, "may not be longer than \(most) characters")
    }
    if let least = limits.minLength, text.unicodeScalars.count < least {
      errors.add(.invalid, path, value: .string(text), "must be at least \(least) characters long")
    }
    if let pattern = limits.pattern, !pattern.matches(text) {
      errors.add(.invalid, path, value: .string(text), "must match '\(limits.patternText)'")
    }
    if let format = limits.format, let wanted = TextFormat.problem(text, format) {
      // As upstream, it counts as a wrong type: rules are not tried then.
      errors.add(.typeInvalid, path, value: .string(text), "must be \(wanted)")
    }
  }

  private mutating func number(_ value: JSON, _ limits: ValueLimits) {
    guard let number = value.number else { return }
    if limits.format == "int32", Int32(exactly: number) == nil {
      errors.add(.typeInvalid, path, value: value, "must be an integer of 32 bits")
    }
    if let most = limits.maximum.number, limits.isMaximumExcluded ? number >= most : number > most {
      let words = limits.isMaximumExcluded ? "less than" : "less than or equal to"
      errors.add(.invalid, path, value: value, "must be \(words) \(limits.maximum)")
    }
    if let least = limits.minimum.number, limits.isMinimumExcluded ? number <= least : number < least {
      let words = limits.isMinimumExcluded ? "greater than" : "greater than or equal to"
      errors.add(.invalid, path, value: value, "must be \(words) \(limits.minimum)")
    }
    if let part = limits.multipleOf, part > 0 {
      let times = number / part
      if times.rounded() != times { errors.add(.invalid, path, value: value, "must be a multiple of \(JSON.double(part))") }
    }
  }

  private mutating func count(_ count: Int, _ least: Int?, _ most: Int?, _ what: String) {
    if let most, count > most {
      errors.add(.tooMany, path, value: .int(Int64(count)), "must have at most \(most) \(what)")
    }
    if let least, count < least {
      errors.add(.invalid, path, value: .int(Int64(count)), "must have at least \(least) \(what)")
    }
  }

  /// What other schemas say of the same value.
  private mutating func combinations(_ value: JSON, _ limits: ValueLimits, isRoot: Bool) {
    func fits(_ schema: StructuralSchema) -> [FieldError] {
      var validation = StructuralValidation(at: path)
      validation.value(value, schema, isRoot: isRoot)
      return validation.errors
    }
    for schema in limits.allOf { errors += fits(schema) }
    if !limits.anyOf.isEmpty {
      let all = limits.anyOf.map(fits)
      if !all.contains(where: \.isEmpty) {
        errors.add(.invalid, path, value: value, "must fit one of the schemas of anyOf at least")
        // The nearest says the most.
        errors += all.min { $0.count < $1.count } ?? []
      }
    }
    if !limits.oneOf.isEmpty {
      let all = limits.oneOf.map(fits)
      let count = all.count { $0.isEmpty }
      if count != 1 {
        errors.add(
          .invalid, path, value: value,
          "must fit exactly one of the schemas of oneOf, and fits \(count == 0 ? "none" : String(count))")
        if count == 0 { errors += all.min { $0.count < $1.count } ?? [] }
      }
    }
    if let not = limits.not, fits(not).isEmpty {
      errors.add(.invalid, path, value: value, "must not fit the schema of not")
    }
  }
}

extension StructuralSchema {
  /// A whole object. Rules are tried only on what is otherwise as they expect it.
  /// Source: hasBlockingErr, pkg/registry/customresource/validator.go, v1.36.
  func validate(_ tree: JSON, old: JSON, _ timeZones: TimeZoneDatabase) -> [FieldError] {
    var validation = StructuralValidation()
    validation.value(tree, self, old: old, isRoot: true)
    guard let rules else { return validation.errors }
    let blocking: [FieldError.Kind] = [.notSupported, .required, .tooLong, .tooMany, .typeInvalid]
    if validation.errors.contains(where: { blocking.contains($0.kind) }) {
      let text = "rules were not tried, because of what is wrong otherwise"
      return validation.errors + [FieldError(.invalid, "<nil>", value: .null, detail: text)]
    }
    var check = RuleCheck(timeZones)
    check.value(tree, rules, old: old, at: FieldPath())
    return validation.errors + check.errors
  }
}
