import SchemaLanguage

/// One typed view a type, for CoreTypes.
enum ViewsOutput {
  static func make(_ document: SchemaDocument) -> String {
    let names = Dictionary(uniqueKeysWithValues: document.types.map { ($0.qualifiedName, $0.swiftName) })
    var out = "package import CoreJSON\n"
    for type in document.types {
      out += "\npackage struct \(type.swiftName): TreeView {\n  package var tree: JSON\n"
      out += "  package init(tree: JSON) { self.tree = tree }\n"
      for field in type.fields { out += property(field, names) }
      out += "}\n"
    }
    return out
  }

  private static func property(_ field: SchemaField, _ names: [String: String]) -> String {
    guard field.name.allSatisfy({ $0.isLetter || $0.isNumber }) else { return "" }
    let name = "`\(field.name)`"
    if let leaf = leaf(field.type) {
      return """
          package var \(name): \(leaf)? { get { tree.leaf(.\(name)) } set { tree.setLeaf(.\(name), newValue) } }

        """
    }
    guard let view = view(field.type, names) else {
      return "  package var \(name): JSON { get { tree[.\(name)] } set { tree.put(.\(name), newValue) } }\n"
    }
    return """
        package var \(name): \(view) {
          get { tree.view(.\(name)) }
          _modify { var view: \(view) = tree.takeView(.\(name)); defer { tree.put(.\(name), view.tree) }; yield &view }
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
      case .reference(let name): names[name].map { "ViewMap<\($0)>" }
      default: nil
      }
    default: nil
    }
  }
}
