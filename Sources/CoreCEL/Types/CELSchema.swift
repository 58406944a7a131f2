package import CoreObjects

/// What a structural schema says of a value: its type for expressions, how big it can be, and how its JSON is read.
///
/// Source: SchemaDeclType (apiserver/pkg/cel/common/schemas.go) and UnstructuredToVal (values.go), v1.36.
package final class CELSchema: Sendable {
  package enum Kind: Sendable, Equatable {
    /// With named fields.
    case object
    /// From strings to values of one type.
    case map
    case list
    case string, bytes, timestamp, date, duration
    case int, double, bool
    /// A string or an int, which only evaluation tells.
    case intOrString
    /// Kept, and not seen by expressions (x-kubernetes-preserve-unknown-fields without a type).
    case unseen
  }
  package enum ListType: Sendable { case atomic, set, map }

  package struct Property: Sendable {
    /// As it stands in JSON.
    package let key: Key
    /// As expressions call it; nil where they cannot.
    package let name: String?
    package let schema: CELSchema
  }

  package let kind: Kind
  package let isNullable: Bool
  /// In the order of their names.
  package let properties: [Property]
  /// Of a list's elements and of a map's values.
  package let items: CELSchema?
  package let listType: ListType
  /// Of a list of the type map.
  package let mapKeys: [Key]
  /// How many characters, elements or entries there can be; bounded by a request's size where the schema has no bound. 1 for what
  /// has no size.
  package let maxElements: UInt64
  /// The least number of bytes that it takes in JSON.
  let minBytes: UInt64
  private let places: [String: Int]

  init(
    _ kind: Kind, isNullable: Bool = false, properties: [Property] = [], items: CELSchema? = nil, listType: ListType = .atomic,
    mapKeys: [Key] = [], maxElements: UInt64 = 1, minBytes: UInt64
  ) {
    self.kind = kind
    self.isNullable = isNullable
    self.properties = properties
    self.items = items
    self.listType = listType
    self.mapKeys = mapKeys
    self.maxElements = maxElements
    self.minBytes = minBytes
    var places: [String: Int] = [:]
    for (place, property) in properties.enumerated() {
      if let name = property.name, property.schema.isSeen { places[name] = place }
    }
    self.places = places
  }

  /// An object with exactly these fields, for variables that no schema describes (`request`, `namespaceObject`).
  package convenience init(fields: [(name: String, schema: CELSchema)]) {
    let properties = fields.map { Property(key: Key($0.name), name: CELName.escape($0.name), schema: $0.schema) }
    self.init(.object, properties: properties, minBytes: 2)
  }

  /// Whether expressions see it at all.
  package var isSeen: Bool {
    switch kind {
    case .unseen: false
    case .list, .map: items?.isSeen == true
    default: true
    }
  }

  package var type: CELType {
    switch kind {
    case .object: .object(self)
    case .map: .map(.string, items?.type ?? .dyn)
    case .list: .list(items?.type ?? .dyn)
    case .string: .string
    case .bytes: .bytes
    case .timestamp, .date: .timestamp
    case .duration: .duration
    case .int: .int
    case .double: .double
    case .bool: .bool
    case .intOrString, .unseen: .dyn
    }
  }

  /// The schema of a property by its name in JSON; of a map, that of its values.
  package func property(_ name: String) -> CELSchema? { child(Key(name)) }

  func child(_ key: Key) -> CELSchema? { kind == .map ? items : properties.first { $0.key == key }?.schema }

  /// The field that an expression calls so.
  func field(_ name: String) -> Property? { places[name].map { properties[$0] } }

  /// The member and its schema that an expression calls so.
  func member(named name: String) -> (key: Key, schema: CELSchema)? {
    if kind == .map { return items.map { (Key(name), $0) } }
    return field(name).map { ($0.key, $0.schema) }
  }

  /// The name of a member for expressions; nil where they do not see it.
  func shownName(_ key: Key) -> String? {
    if kind == .map { return key.name }
    guard let property = properties.first(where: { $0.key == key }), property.schema.isSeen else { return nil }
    return property.name
  }

  func isShown(_ key: Key) -> Bool { shownName(key) != nil }

  /// What tells an element of a list of the type set or map from others: its value, or the values of its keys.
  func identity(_ element: CELValue) -> String {
    guard listType == .map else { return CELSchema.identity(of: element) }
    var identity = ""
    for key in mapKeys {
      let value = (try? element.field(CELName.escape(key.name) ?? key.name)) ?? .null
      identity += CELSchema.identity(of: value) + "\u{0}"
    }
    return identity
  }

  private static func text(_ json: JSON) -> String {
    var writer = JSONWriter()
    writer.write(json)
    return String(decoding: writer.bytes(), as: UTF8.self)
  }

  private static func identity(of value: CELValue) -> String {
    value.typeName + " " + ((try? Conversions.text(of: value)) ?? value.json.map(CELSchema.text) ?? "")
  }
}

extension CELSchema {
  /// Reads JSON as the schema says it is.
  package func value(of json: JSON) throws(CELFailure) -> CELValue {
    switch (kind, json) {
    case (.int, .int(let number)): return .int(number)
    case (.string, .string(let text)): return .string(text)
    case (.bool, .bool(let flag)): return .bool(flag)
    case (.object, .object(let members)), (.map, .object(let members)): return .object(members, self)
    case (.list, .array(let elements)): return .tree(elements, self)
    case (.double, .double(let number)): return .double(number)
    case (.double, .int(let number)): return .double(Double(number))
    case (.intOrString, .int(let number)): return .int(number)
    case (.intOrString, .string(let text)): return .string(text)
    case (.unseen, _): return CELValue(json)
    case (_, .null) where isNullable: return .null
    case (.bytes, .string(let text)): if let bytes = Base64.decode(text) { return .bytes(bytes) }
    case (.timestamp, .string(let text)): if let moment = CELTimestamp(rfc3339: text) { return .timestamp(moment) }
    case (.date, .string(let text)): if let day = CELTimestamp(rfc3339: text + "T00:00:00Z") { return .timestamp(day) }
    case (.duration, .string(let text)): if let nanoseconds = CELDuration.read(text) { return .duration(nanoseconds) }
    default: break
    }
    throw CELFailure(.invalidData, "the data is not what its schema says: \(json.typeName) where \(type) is expected")
  }
}
