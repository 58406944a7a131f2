import CoreObjects

/// The v2 document as openapi.v2.Document (gnostic's OpenAPIv2.proto, whose field numbers these are).
enum OpenAPIProtobuf {
  static func document(_ tree: JSON) -> [UInt8] {
    var out = ProtobufWriter()
    out.string(1, tree["swagger"].string)
    out.message(2) { info in
      info.string(1, tree["info"]["title"].string)
      info.string(2, tree["info"]["version"].string)
    }
    out.message(8) { paths in
      for path in tree["paths"].members { named(&paths, 2, path) { pathItem(&$0, $1) } }
    }
    out.message(9) { definitions in
      for definition in tree["definitions"].members { named(&definitions, 1, definition) { schema(&$0, $1) } }
    }
    return out.bytes
  }

  /// A pair of name = 1 and value = 2.
  private static func named(
    _ out: inout ProtobufWriter, _ number: Int, _ member: Member, _ write: (inout ProtobufWriter, JSON) -> Void
  ) {
    out.message(number) { pair in
      pair.string(1, member.key.name)
      pair.message(2) { write(&$0, member.value) }
    }
  }

  /// Values without a schema of their own travel as YAML, of which JSON is a part.
  private static func any(_ out: inout ProtobufWriter, _ value: JSON) { out.string(2, value.description) }

  private static func extensions(_ out: inout ProtobufWriter, _ number: Int, _ tree: JSON) {
    for member in tree.members where member.key.name.hasPrefix("x-") { named(&out, number, member) { any(&$0, $1) } }
  }

  private static func strings(_ out: inout ProtobufWriter, _ number: Int, _ list: JSON) {
    for element in list.elements { out.string(number, element.string) }
  }

  private static func pathItem(_ out: inout ProtobufWriter, _ tree: JSON) {
    for (name, number) in [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)] {
      let value = tree[Key(name)]
      if !value.isNull { out.message(number) { operation(&$0, value) } }
    }
    for element in tree["parameters"].elements { out.message(9) { parametersItem(&$0, element) } }
  }

  private static func operation(_ out: inout ProtobufWriter, _ tree: JSON) {
    strings(&out, 1, tree["tags"])
    out.string(3, tree["description"].string)
    out.string(5, tree["operationId"].string)
    strings(&out, 6, tree["produces"])
    strings(&out, 7, tree["consumes"])
    for element in tree["parameters"].elements { out.message(8) { parametersItem(&$0, element) } }
    out.message(9) { responses in
      for response in tree["responses"].members {
        named(&responses, 1, response) { value, response in
          value.message(1) { out in
            out.string(1, response["description"].string)
            if !response["schema"].isNull { out.message(2) { $0.message(1) { schema(&$0, response["schema"]) } } }
          }
        }
      }
    }
    strings(&out, 10, tree["schemes"])
    extensions(&out, 13, tree)
  }

  private static func parametersItem(_ out: inout ProtobufWriter, _ tree: JSON) {
    out.message(1) { parameter in
      switch tree["in"].string {
      case "body": parameter.message(1) { bodyParameter(&$0, tree) }
      case "path": parameter.message(2) { $0.message(4) { plainParameter(&$0, tree, isQuery: false) } }
      default: parameter.message(2) { $0.message(3) { plainParameter(&$0, tree, isQuery: true) } }
      }
    }
  }

  private static func bodyParameter(_ out: inout ProtobufWriter, _ tree: JSON) {
    out.string(1, tree["description"].string)
    out.string(2, tree["name"].string)
    out.string(3, "body")
    out.bool(4, tree["required"].bool ?? false)
    out.message(5) { schema(&$0, tree["schema"]) }
  }

  /// Query and path parameters differ by one field, which shifts the numbers behind it.
  private static func plainParameter(_ out: inout ProtobufWriter, _ tree: JSON, isQuery: Bool) {
    out.bool(1, tree["required"].bool ?? false)
    out.string(2, tree["in"].string)
    out.string(3, tree["description"].string)
    out.string(4, tree["name"].string)
    out.string(isQuery ? 6 : 5, tree["type"].string)
    out.bool(isQuery ? 20 : 19, tree["uniqueItems"].bool ?? false)
  }

  private static func schema(_ out: inout ProtobufWriter, _ tree: JSON) {
    out.string(1, tree["$ref"].string)
    out.string(2, tree["format"].string)
    out.string(4, tree["description"].string)
    if !tree["default"].isNull { out.message(5) { any(&$0, tree["default"]) } }
    out.double(7, tree["maximum"].double)
    out.double(9, tree["minimum"].double)
    strings(&out, 19, tree["required"])
    for value in tree["enum"].elements { out.message(20) { any(&$0, value) } }
    if !tree["additionalProperties"].isNull { out.message(21) { $0.message(1) { schema(&$0, tree["additionalProperties"]) } } }
    if let type = tree["type"].string { out.message(22) { $0.string(1, type) } }
    if !tree["items"].isNull { out.message(23) { $0.message(1) { schema(&$0, tree["items"]) } } }
    if !tree["properties"].isNull {
      out.message(25) { properties in
        for property in tree["properties"].members { named(&properties, 1, property) { schema(&$0, $1) } }
      }
    }
    extensions(&out, 31, tree)
  }
}
