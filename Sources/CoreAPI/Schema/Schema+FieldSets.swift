package import CoreObjects
import SchemaLanguage

/// How server-side apply sees a value. Source: the list and map types of OpenAPI, structured-merge-diff v6 schema, v1.36.
enum Granularity {
  /// Owned as a whole.
  case atomic
  case fields(TypeSchema)
  case entries(Shape)
  /// Entries, and entries of entries, as far as there are objects; all else is owned as a whole.
  case deduced
  /// A list whose elements are told apart by these keys.
  case elements(keys: [Key], Shape)
  /// A list whose elements are their own keys.
  case values

  static func of(_ field: FieldSchema) -> Granularity {
    if field.attributes.mapType == "atomic" { return .atomic }
    switch field.shape {
    case .list(let element):
      if !field.listKeys.isEmpty { return .elements(keys: field.listKeys, element) }
      return field.attributes.listType == "set" ? .values : .atomic
    default: return of(field.shape)
    }
  }

  static func of(_ shape: Shape) -> Granularity {
    switch shape {
    case .object(let type): type.isAtomic ? .atomic : .fields(type)
    case .map(let element): .entries(element)
    case .deduced: .deduced
    default: .atomic
    }
  }

  /// "k:{…}" of an element, keys in the order of their names; a key that is not there counts with its default.
  static func name(of element: JSON, keys: [Key], _ shape: Shape) -> String {
    let members = keys.sorted { $0.name < $1.name }.compactMap { key -> Member? in
      var value = element[key]
      if value.isNull { value = shape.elementType?.field(key)?.defaultValue ?? .null }
      return value.isNull ? nil : Member(key: key, value: value)
    }
    return "k:" + JSON.object(members).description
  }

  static func name(of value: JSON) -> String { "v:" + value.description }

  /// Fields and entries with how each is seen; nil for what is no object or has no fields of its own.
  func part(_ key: Key) -> Granularity? {
    switch self {
    case .fields(let type): type.field(key).map { Granularity.of($0) } ?? (type.keepsOthers ? .deduced : .atomic)
    case .deduced: .deduced
    case .entries(let shape): Granularity.of(shape)
    default: nil
    }
  }
}

extension Schema {
  /// The paths that an applied configuration names: leaves, and elements of lists.
  package func fieldSet(of tree: JSON, _ type: TypeSchema) -> FieldSet { Schema.fieldSet(of: tree, .fields(type)) }

  static func fieldSet(of tree: JSON, _ granularity: Granularity) -> FieldSet {
    var children: [FieldSet.Child] = []
    switch (granularity, tree) {
    case (.fields, .object(let members)), (.entries, .object(let members)), (.deduced, .object(let members)):
      for member in members where !member.value.isNull {
        let set = fieldSet(of: member.value, granularity.part(member.key)!)
        children.append(FieldSet.Child(name: "f:" + member.key.name, set: set))
      }
    case (.elements(let keys, let shape), .array(let elements)):
      for element in elements {
        var set = fieldSet(of: element, Granularity.of(shape))
        set.isMember = true
        children.append(FieldSet.Child(name: Granularity.name(of: element, keys: keys, shape), set: set))
      }
    case (.values, .array(let elements)):
      for element in elements { children.append(FieldSet.Child(name: Granularity.name(of: element), set: .leaf)) }
    default: return .leaf
    }
    return children.isEmpty ? .leaf : FieldSet(children: children)
  }

  /// The first list in which an element stands twice: nobody could say which of them is owned.
  func repetition(in tree: JSON, _ type: TypeSchema) -> FieldPath? { Schema.repetition(tree, .fields(type), FieldPath()) }

  private static func repetition(_ tree: JSON, _ granularity: Granularity, _ path: FieldPath) -> FieldPath? {
    switch (granularity, tree) {
    case (.fields, .object(let members)), (.entries, .object(let members)), (.deduced, .object(let members)):
      for member in members {
        if let found = repetition(member.value, granularity.part(member.key)!, path.child(member.key)) { return found }
      }
    case (.elements(let keys, let shape), .array(let elements)):
      if Set(elements.map { Granularity.name(of: $0, keys: keys, shape) }).count < elements.count { return path }
      for (index, element) in elements.enumerated() {
        if let found = repetition(element, Granularity.of(shape), path.index(index)) { return found }
      }
    case (.values, .array(let elements)):
      if Set(elements.map { Granularity.name(of: $0) }).count < elements.count { return path }
    default: break
    }
    return nil
  }

  /// What a write set (added and modified) and what it took away.
  package func difference(from old: JSON, to new: JSON, _ type: TypeSchema) -> (set: FieldSet, removed: FieldSet) {
    Schema.difference(old, new, .fields(type))
  }

  private static func difference(_ old: JSON, _ new: JSON, _ granularity: Granularity) -> (set: FieldSet, removed: FieldSet) {
    if old == new { return (FieldSet(), FieldSet()) }
    if old.isNull { return (all(new, granularity), FieldSet()) }
    if new.isNull { return (FieldSet(), all(old, granularity)) }
    var set: [FieldSet.Child] = []
    var removed: [FieldSet.Child] = []
    func compare(_ name: String, _ before: JSON, _ after: JSON, _ part: Granularity, isElement: Bool = false) {
      var (added, gone) = difference(before, after, part)
      if isElement, before.isNull { added.isMember = true }
      if isElement, after.isNull { gone.isMember = true }
      if !added.isEmpty { set.append(FieldSet.Child(name: name, set: added)) }
      if !gone.isEmpty { removed.append(FieldSet.Child(name: name, set: gone)) }
    }
    switch (granularity, old, new) {
    case (.fields, .object(let before), .object(let after)), (.entries, .object(let before), .object(let after)),
      (.deduced, .object(let before), .object(let after)):
      let (known, kept) = (Places(of: before), Places(of: after))
      for member in after {
        let value = known[member.key].map { before[$0].value } ?? .null
        compare("f:" + member.key.name, value, member.value, granularity.part(member.key)!)
      }
      for member in before where kept[member.key] == nil {
        compare("f:" + member.key.name, member.value, .null, granularity.part(member.key)!)
      }
    case (.elements(let keys, let shape), .array(let before), .array(let after)):
      let names = before.map { Granularity.name(of: $0, keys: keys, shape) }
      let newNames = after.map { Granularity.name(of: $0, keys: keys, shape) }
      let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      for (name, element) in zip(newNames, after) {
        compare(name, places[name].map { before[$0] } ?? .null, element, Granularity.of(shape), isElement: true)
      }
      let kept = Set(newNames)
      for (name, element) in zip(names, before) where !kept.contains(name) {
        compare(name, element, .null, Granularity.of(shape), isElement: true)
      }
    case (.values, .array(let before), .array(let after)):
      let (names, newNames) = (before.map { Granularity.name(of: $0) }, after.map { Granularity.name(of: $0) })
      let (known, kept) = (Set(names), Set(newNames))
      set = newNames.filter { !known.contains($0) }.map { FieldSet.Child(name: $0, set: .leaf) }
      removed = names.filter { !kept.contains($0) }.map { FieldSet.Child(name: $0, set: .leaf) }
    default: return (.leaf, FieldSet())
    }
    return (FieldSet(children: set), FieldSet(children: removed))
  }

  /// A value that came or went with all that it holds; the place of a map or list counts too.
  private static func all(_ tree: JSON, _ granularity: Granularity) -> FieldSet {
    var set = fieldSet(of: tree, granularity)
    switch granularity {
    case .entries, .elements, .values: set.isMember = true
    default: break
    }
    return set
  }
}

/// Where the members of an object are: looked through where they are few, by a table where they are many.
struct Places {
  private static let few = 16
  private let members: [Member]
  private var table: [Key: Int]?

  init(of members: [Member]) {
    self.members = members
    if members.count > Places.few {
      table = Dictionary(members.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  subscript(key: Key) -> Int? { table.map { $0[key] } ?? members.firstIndex { $0.key == key } }
}
