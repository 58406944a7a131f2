package import CoreObjects

extension CELSchema {
  private static let request = CELLimits.requestBytes
  /// A moment, a day and a duration in JSON.
  private static let momentBytes: UInt64 = 32
  private static let dayBytes: UInt64 = 12

  /// Reads a node of a structural schema. Nil where expressions do not see what it describes.
  /// - Parameter isResourceRoot: apiVersion, kind, metadata.name and metadata.generateName are there without being said
  package static func make(openAPI schema: JSON, isResourceRoot: Bool = false) -> CELSchema? {
    let made = read(schema, isResourceRoot: isResourceRoot, depth: 0)
    return made.isSeen ? made : nil
  }

  private static func read(_ schema: JSON, isResourceRoot: Bool, depth: Int) -> CELSchema {
    let isNullable = schema["nullable"].bool == true
    let unseen = CELSchema(.unseen, isNullable: isNullable, minBytes: 0)
    // JSON is not read deeper than this either.
    if depth > JSONParser.depthLimit { return unseen }
    if schema["x-kubernetes-int-or-string"].bool == true {
      let bound = bound(schema, "maxLength").map { $0 * 4 }
      return CELSchema(.intOrString, isNullable: isNullable, maxElements: bound ?? request - 2, minBytes: 1)
    }
    switch isResourceRoot ? "object" : schema["type"].string {
    case "array":
      guard schema["items"].isObject else { return unseen }
      return list(schema, depth)
    case "object": return object(schema, isResourceRoot: isResourceRoot, depth)
    case "string": return string(schema)
    case "boolean": return CELSchema(.bool, isNullable: isNullable, minBytes: 4)
    case "number": return CELSchema(.double, isNullable: isNullable, minBytes: 1)
    case "integer": return CELSchema(.int, isNullable: isNullable, minBytes: 1)
    default: return unseen
    }
  }

  /// A bound that the schema has; large ones are as good as that of a request.
  private static func bound(_ schema: JSON, _ key: Key) -> UInt64? { schema[key].int.map { UInt64(min(max($0, 0), 1 << 40)) } }

  private static func child(_ schema: JSON, _ depth: Int) -> CELSchema {
    read(schema, isResourceRoot: schema["x-kubernetes-embedded-resource"].bool == true, depth: depth + 1)
  }

  private static func list(_ schema: JSON, _ depth: Int) -> CELSchema {
    let items = child(schema["items"], depth)
    let listType: ListType =
      switch schema["x-kubernetes-list-type"].string {
      case "set": .set
      case "map": .map
      default: .atomic
      }
    return CELSchema(
      .list, isNullable: schema["nullable"].bool == true, items: items, listType: listType,
      mapKeys: schema["x-kubernetes-list-map-keys"].elements.compactMap { $0.string.map { Key($0) } },
      maxElements: bound(schema, "maxItems") ?? (request - 2) / (items.minBytes + 1), minBytes: 2)
  }

  private static func object(_ schema: JSON, isResourceRoot: Bool, _ depth: Int) -> CELSchema {
    let isNullable = schema["nullable"].bool == true
    if !isResourceRoot, schema["additionalProperties"].isObject {
      let values = child(schema["additionalProperties"], depth)
      return CELSchema(
        .map, isNullable: isNullable, items: values,
        maxElements: bound(schema, "maxProperties") ?? (request - 2) / (values.minBytes + 6), minBytes: 2)
    }
    var members = schema["properties"].members
    if isResourceRoot {
      let text: JSON = ["type": "string"]
      members.removeAll { ["apiVersion", "kind", "metadata"].contains($0.key.name) }
      members.append(Member(key: "apiVersion", value: text))
      members.append(Member(key: "kind", value: text))
      members.append(Member(key: "metadata", value: metadata(schema["properties"]["metadata"])))
    }
    let required = schema["required"].elements.compactMap(\.string)
    var minBytes: UInt64 = 2
    var properties: [Property] = []
    for member in members.sorted(by: { $0.key.name < $1.key.name }) {
      let name = member.key.name
      let child = child(member.value, depth)
      properties.append(Property(key: member.key, name: CELName.escape(name), schema: child))
      if child.isSeen, required.contains(name), member.value["default"].isNull {
        minBytes += UInt64(name.utf8.count) + child.minBytes + 4
      }
    }
    return CELSchema(.object, isNullable: isNullable, properties: properties, minBytes: minBytes)
  }

  /// Name and generateName are seen, with the bounds that the schema gives them; nothing else is.
  private static func metadata(_ schema: JSON) -> JSON {
    let text: JSON = ["type": "string"]
    let (name, generateName) = (schema["properties"]["name"], schema["properties"]["generateName"])
    return [
      "type": "object",
      "properties": [
        "name": name.isObject ? name : text, "generateName": generateName.isObject ? generateName : text,
      ],
    ]
  }

  private static func string(_ schema: JSON) -> CELSchema {
    let isNullable = schema["nullable"].bool == true
    switch schema["format"].string {
    case "byte":
      return CELSchema(.bytes, isNullable: isNullable, maxElements: bound(schema, "maxLength") ?? request - 2, minBytes: 2)
    case "duration": return CELSchema(.duration, isNullable: isNullable, maxElements: momentBytes, minBytes: 3)
    case "date": return CELSchema(.date, isNullable: isNullable, maxElements: dayBytes, minBytes: dayBytes)
    case "date-time": return CELSchema(.timestamp, isNullable: isNullable, maxElements: momentBytes, minBytes: 21)
    default:
      // Bounds are code points, of up to four bytes.
      let longest = schema["enum"].elements.compactMap { $0.string?.utf8.count }.max().map { UInt64($0) }
      let bound = bound(schema, "maxLength").map { $0 * 4 } ?? longest ?? request - 2
      return CELSchema(.string, isNullable: isNullable, maxElements: bound, minBytes: 2)
    }
  }
}
