import SchemaLanguage

/// One typed view a type, for CoreObjects.
enum ViewsOutput {
  static func make(_ document: SchemaDocument) -> String {
    let names = Dictionary(uniqueKeysWithValues: document.types.map { ($0.qualifiedName, $0.swiftName) })
    var out = ""
    for type in document.types {
      out += "\npackage struct \(type.swiftName): TreeView {\n  package var tree: JSON\n"
      out += "  package init(tree: JSON) { self.tree = tree }\n"
      for field in type.fields { out += property(field, names) }
      if !type.made.isEmpty { out += maker(type, names) }
      out += "}\n"
    }
    return out
  }

  /// What is nil or absent is left out unless it is always written; an object of many members gets room for all at once.
  private static func maker(_ type: SchemaType, _ names: [String: String]) -> String {
    var (parameters, body) = ([String](), "")
    for name in type.made {
      guard let field = type.fields.first(where: { $0.name == name }) else {
        fail("type \(type.qualifiedName): error: make= names \(name), which is no field", status: 1)
      }
      let (parameter, test, value) = part(field, names)
      parameters.append("`\(name)`: \(parameter)? = nil")
      let member = "Member(key: .\(name), value: "
      let zero = dropsZero(field) ? ", !(\(value) as JSON).isZero" : ""
      body += "    if let `\(name)`\(test)\(zero) { members.append(\(member)\(value))) }"
      if let written = written(field) { body += " else { members.append(\(member)\(written))) }" }
      body += "\n"
    }
    let reserve = type.made.count > 3 ? "    members.reserveCapacity(\(type.made.count))\n" : ""
    return """
        package static func make(\(parameters.joined(separator: ", "))) -> \(type.swiftName) {
          var members: [Member] = []
      \(reserve)\(body)    return \(type.swiftName)(tree: .object(members))
        }

      """
  }

  /// The type of a parameter, when it is left out besides nil, and its tree. Lists are of trees: a list of views would cost a look for
  /// its generic type, and a copy.
  private static func part(_ field: SchemaField, _ names: [String: String]) -> (type: String, test: String, tree: String) {
    let name = "`\(field.name)`"
    if case .list = field.type { return ("[JSON]", "", ".array(\(name))") }
    if let leaf = leaf(field.type) { return (leaf, "", "\(name).tree") }
    if let view = view(field.type, names) { return (view, ", !\(name).isAbsent", "\(name).tree") }
    return ("JSON", ", !\(name).isNull", name)
  }

  /// What is empty counts as absent: a program writes what the API server would store.
  private static func dropsZero(_ field: SchemaField) -> Bool {
    if field.protobuf?.isOptional == true { return false }
    return switch field.type {
    case .reference: false
    case .list, .map: true
    default: !field.isAlwaysWritten
    }
  }

  private static func written(_ field: SchemaField) -> String? {
    guard field.isAlwaysWritten, field.protobuf?.isOptional != true else { return field.isAlwaysWritten ? ".null" : nil }
    return switch field.type {
    case .string: "\"\""
    case .quantity: "\"0\""
    case .int32, .int64, .double, .intOrString: "0"
    case .bool: "false"
    case .reference: ".object([])"
    case .bytes, .time, .microTime, .any, .list, .map: ".null"
    }
  }

  private static func property(_ field: SchemaField, _ names: [String: String]) -> String {
    guard field.name.allSatisfy({ $0.isLetter || $0.isNumber }) else { return "" }
    let name = "`\(field.name)`"
    if let leaf = leaf(field.type) {
      return """
          package var \(name): \(leaf)? { get { tree.leaf(.\(name)) } set { tree.setLeaf(.\(name), newValue\(dropsZero(field) ? ", dropsZero: true" : "")) } }

        """
    }
    guard let view = view(field.type, names) else {
      return "  package var \(name): JSON { get { tree[.\(name)] } set { tree.put(.\(name), newValue) } }\n"
    }
    let value = dropsZero(field) ? "view.tree.isZero ? .null : view.tree" : "view.tree"
    return """
        package var \(name): \(view) {
          get { tree.view(.\(name)) }
          _modify { var view: \(view) = tree.takeView(.\(name)); defer { tree.put(.\(name), \(value)) }; yield &view }
        }

      """
  }

  private static func leaf(_ type: FieldType) -> String? {
    switch type {
    case .string, .bytes, .time, .microTime, .quantity: "String"
    case .int32, .int64: "Int"
    case .double: "Double"
    case .bool: "Bool"
    default: nil
    }
  }

  private static func view(_ type: FieldType, _ names: [String: String]) -> String? {
    switch type {
    case .reference(let name): names[name]
    case .list(let element): (leaf(element) ?? view(element, names)).map { "List<\($0)>" }
    case .map(let value):
      switch value {
      case .string, .bytes, .time, .microTime, .quantity: "TextMap"
      default: nil
      }
    default: nil
    }
  }
}
