package import CoreObjects

extension Schema {
  /// The object with an applied configuration laid over it: fields and entries merge, elements merge by their keys, what is atomic
  /// is replaced. Elements that are new stand at the end.
  package func applied(_ configuration: JSON, to live: JSON, _ type: TypeSchema) -> JSON {
    Schema.applied(configuration, to: live, .fields(type))
  }

  private static func applied(_ configuration: JSON, to live: JSON, _ granularity: Granularity) -> JSON {
    switch (granularity, live, configuration) {
    case (.fields, .object(var members), .object(let wanted)), (.entries, .object(var members), .object(let wanted)),
      (.deduced, .object(var members), .object(let wanted)):
      let places = Places(of: members)
      for member in wanted where !member.value.isNull {
        if let place = places[member.key] {
          members[place].value = applied(member.value, to: members[place].value, granularity.part(member.key)!)
        } else {
          members.append(member)
        }
      }
      return .object(members)
    case (.elements(let keys, let shape), .array(var elements), .array(let wanted)):
      var places = Dictionary(
        elements.enumerated().map { (Granularity.name(of: $1, keys: keys, shape), $0) }, uniquingKeysWith: { first, _ in first })
      for element in wanted {
        let name = Granularity.name(of: element, keys: keys, shape)
        if let place = places[name] {
          elements[place] = applied(element, to: elements[place], Granularity.of(shape))
        } else {
          places[name] = elements.count
          elements.append(element)
        }
      }
      return .array(elements)
    case (.values, .array(var elements), .array(let wanted)):
      var names = Set(elements.map { Granularity.name(of: $0) })
      for element in wanted where names.insert(Granularity.name(of: element)).inserted { elements.append(element) }
      return .array(elements)
    default: return configuration
    }
  }

  /// Without the paths of `set`; an element goes whole unless `kept` has something in it. What held only removed paths goes too.
  package func removing(_ set: FieldSet, keeping kept: FieldSet, from tree: JSON, _ type: TypeSchema) -> JSON {
    Schema.removing(set, keeping: kept, from: tree, .fields(type))
  }

  private static func removing(_ set: FieldSet, keeping kept: FieldSet, from tree: JSON, _ granularity: Granularity) -> JSON {
    if set.isMember, kept.isEmpty { return .null }
    func part(_ name: String, _ value: JSON, _ granularity: Granularity) -> JSON {
      let child = set[name]
      return child.isEmpty ? value : removing(child, keeping: kept[name], from: value, granularity)
    }
    switch (granularity, tree) {
    case (.fields, .object(let members)), (.entries, .object(let members)), (.deduced, .object(let members)):
      let left = members.compactMap { member -> Member? in
        let value = part("f:" + member.key.name, member.value, granularity.part(member.key)!)
        return value.isNull ? nil : Member(key: member.key, value: value)
      }
      return left.isEmpty && !members.isEmpty ? .null : .object(left)
    case (.elements(let keys, let shape), .array(let elements)):
      let left = elements.map { part(Granularity.name(of: $0, keys: keys, shape), $0, Granularity.of(shape)) }.filter {
        !$0.isNull
      }
      return left.isEmpty && !elements.isEmpty ? .null : .array(left)
    case (.values, .array(let elements)):
      let left = elements.filter { !part(Granularity.name(of: $0), $0, .atomic).isNull }
      return left.isEmpty && !elements.isEmpty ? .null : .array(left)
    default: return tree
    }
  }
}
