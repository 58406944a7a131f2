import CoreObjects
import SchemaLanguage

/// The schemas of one document: those that were asked for and all that they refer to.
struct OpenAPISchemas {
  private let format: OpenAPIFormat
  private var wanted: [TypeSchema] = []
  private var seen: Set<String> = []
  /// Those of CustomResourceDefinitions, by the names of their types.
  private let custom: [String: ServedResource]
  private var wantedCustom: [String] = []

  init(_ format: OpenAPIFormat, _ resources: [ServedResource]) {
    self.format = format
    let custom = resources.filter { $0.type?.structural != nil }
    self.custom = Dictionary(
      custom.flatMap { [($0.version.typeName, $0), ($0.version.typeName + "List", $0)] }, uniquingKeysWith: { first, _ in first })
  }

  /// A reference to a type, which the document will then hold; nil for a name that is not declared.
  mutating func reference(_ qualifiedName: String) -> JSON? {
    if let served = custom[qualifiedName], let type = served.type {
      if seen.insert(qualifiedName).inserted { wantedCustom.append(qualifiedName) }
      return referenceTo(type.openAPIName + (qualifiedName == served.version.typeName ? "" : "List"))
    }
    guard let type = Schema.shared.type(qualifiedName) else { return nil }
    want(type)
    return referenceTo(type.openAPIName)
  }

  private mutating func want(_ type: TypeSchema) { if seen.insert(type.qualifiedName).inserted { wanted.append(type) } }

  private func referenceTo(_ name: String) -> JSON { ["$ref": .string(format.referencePrefix + name)] }

  /// Every schema by its name, sorted.
  mutating func definitions() -> JSON {
    var made: [(name: String, value: JSON)] = []
    for name in wantedCustom {
      guard let served = custom[name], let type = served.type, let schema = type.structural else { continue }
      let isList = name != served.version.typeName
      made.append(
        (type.openAPIName + (isList ? "List" : ""), isList ? list(of: served, type) : schema.published(type, format, &self)))
    }
    var next = 0
    while next < wanted.count {
      let type = wanted[next]
      next += 1
      made.append((type.openAPIName, object(type)))
    }
    for scalar in OpenAPISchemas.scalars { made.append((scalar.name, format == .v2 ? scalar.v2 : scalar.v3)) }
    made.sort { $0.name < $1.name }
    return .object(made.map { Member(key: Key($0.name), value: $0.value) })
  }

  private mutating func list(of served: ServedResource, _ type: TypeSchema) -> JSON {
    let kind: JSON = ["group": .string(type.group), "kind": .string(served.listKind), "version": .string(type.version)]
    return [
      "description": .string("A list of \(type.name) objects, as the server answers it."), "type": "object",
      "required": ["items"],
      "properties": [
        "apiVersion": ["type": "string"], "kind": ["type": "string"],
        "items": ["type": "array", "items": referenceTo(type.openAPIName)],
        "metadata": reference("meta.v1.ListMeta") ?? .object([]),
      ],
      "x-kubernetes-group-version-kind": [kind],
    ]
  }

  private mutating func object(_ type: TypeSchema) -> JSON {
    var properties: [Member] = []
    for field in type.fields {
      properties.append(Member(key: field.key, value: property(field)))
    }
    var result: [Member] = []
    if !type.docs.isEmpty { result.append(Member(key: "description", value: .string(type.docs))) }
    result.append(Member(key: .type, value: "object"))
    if !properties.isEmpty { result.append(Member(key: .properties, value: .object(properties))) }
    let required = type.fields.filter(\.isRequired).map { JSON.string($0.name) }
    if !required.isEmpty { result.append(Member(key: .required, value: .array(required))) }
    if type.isKind {
      let group = type.group == "meta" ? "" : type.group
      let kind: JSON = ["group": .string(group), "kind": .string(type.name), "version": .string(type.version)]
      result.append(Member(key: "x-kubernetes-group-version-kind", value: [kind]))
    }
    if type.isAtomic { result.append(Member(key: "x-kubernetes-map-type", value: "atomic")) }
    return .object(result)
  }

  private mutating func property(_ field: FieldSchema) -> JSON {
    var result: [Member] = []
    let docs = field.docs
    if !docs.isEmpty { result.append(Member(key: "description", value: .string(docs))) }
    if let value = field.defaultValue { result.append(Member(key: "default", value: value)) }
    let type = shape(field.key == .fieldsV1 ? nil : field.shape)
    if format == .v3, !result.isEmpty, !type["$ref"].isNull {
      result.append(Member(key: "allOf", value: [type]))
    } else {
      result += type.members
    }
    if !field.enumeration.isEmpty { result.append(Member(key: "enum", value: .array(field.enumeration.map { .string($0) }))) }
    if let minimum = field.minimum { result.append(Member(key: "minimum", value: .int(minimum))) }
    if let maximum = field.maximum { result.append(Member(key: "maximum", value: .int(maximum))) }
    result += extensions(field)
    return .object(result)
  }

  private func extensions(_ field: FieldSchema) -> [Member] {
    var result: [Member] = []
    let attributes = field.attributes
    if !field.listKeys.isEmpty {
      result.append(Member(key: "x-kubernetes-list-map-keys", value: .array(attributes.listKeys.map { .string($0) })))
    }
    if let type = attributes.listType { result.append(Member(key: "x-kubernetes-list-type", value: .string(type))) }
    if let type = attributes.mapType { result.append(Member(key: "x-kubernetes-map-type", value: .string(type))) }
    if let key = attributes.mergeKey { result.append(Member(key: "x-kubernetes-patch-merge-key", value: .string(key))) }
    if !attributes.strategies.isEmpty {
      let strategies = attributes.strategies.joined(separator: ",")
      result.append(Member(key: "x-kubernetes-patch-strategy", value: .string(strategies)))
    }
    return result
  }

  /// - Parameter shape: nil for fieldsV1.
  private mutating func shape(_ shape: Shape?) -> JSON {
    switch shape {
    case .string: return ["type": "string"]
    case .bytes: return ["type": "string", "format": "byte"]
    case .time: return referenceTo(OpenAPISchemas.metaPath + "Time")
    case .microTime: return referenceTo(OpenAPISchemas.metaPath + "MicroTime")
    case .quantity: return referenceTo("io.k8s.apimachinery.pkg.api.resource.Quantity")
    case .intOrString: return referenceTo("io.k8s.apimachinery.pkg.util.intstr.IntOrString")
    case .int32: return ["type": "integer", "format": "int32"]
    case .int64: return ["type": "integer", "format": "int64"]
    case .double: return ["type": "number", "format": "double"]
    case .bool: return ["type": "boolean"]
    case .any, .deduced: return referenceTo("io.k8s.apimachinery.pkg.runtime.RawExtension")
    case nil: return referenceTo(OpenAPISchemas.metaPath + "FieldsV1")
    case .object(let type):
      want(type)
      return referenceTo(type.openAPIName)
    case .list(let element): return ["type": "array", "items": self.shape(element)]
    case .map(let element): return ["type": "object", "additionalProperties": self.shape(element)]
    }
  }

  private static let metaPath = "io.k8s.apimachinery.pkg.apis.meta.v1."

  /// Types that are scalars on the wire but have names in the documents.
  private static let scalars: [(name: String, v2: JSON, v3: JSON)] = {
    func described(_ text: String, _ members: JSON) -> JSON {
      .object([Member(key: "description", value: .string(text))] + members.members)
    }
    let quantity = "A fixed-point number with an optional suffix: 500m is half of one, 1Ki is 1024, 1k is 1000."
    let either = "A whole number or a string, for example 5 or 25%."
    let time = "A moment in RFC 3339, to the second: 2026-01-31T12:00:00Z."
    let microTime = "A moment in RFC 3339, to the microsecond."
    let fields = "The set of fields that a manager owns, as a tree of their names."
    let raw = "An object whose type is not fixed."
    let string: JSON = ["type": "string"]
    let date: JSON = ["type": "string", "format": "date-time"]
    let object: JSON = ["type": "object"]
    let stringOrNumber: JSON = ["oneOf": [["type": "string"], ["type": "number"]]]
    let stringOrInteger: JSON = ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
    let intOrString: JSON = ["type": "string", "format": "int-or-string"]
    return [
      ("io.k8s.apimachinery.pkg.api.resource.Quantity", described(quantity, string), described(quantity, stringOrNumber)),
      ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", described(either, intOrString), described(either, stringOrInteger)),
      (metaPath + "Time", described(time, date), described(time, date)),
      (metaPath + "MicroTime", described(microTime, date), described(microTime, date)),
      (metaPath + "FieldsV1", described(fields, object), described(fields, object)),
      ("io.k8s.apimachinery.pkg.runtime.RawExtension", described(raw, object), described(raw, object)),
    ]
  }()
}
