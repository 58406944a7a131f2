/// All functions of Kubernetes' environment, by name.
struct FunctionTable: Sendable {
  private var functions: [String: Function] = [:]

  static let kubernetes = FunctionTable(
    StandardLibrary.functions + TimeLibrary.functions + StringLibrary.functions + OptionalLibrary.functions)

  init(_ functions: [Function]) {
    for function in functions {
      if let present = self.functions[function.name] {
        self.functions[function.name] = present.joined(with: function)
      } else {
        self.functions[function.name] = function
      }
    }
  }

  subscript(name: String) -> Function? { functions[name] }

  mutating func add(_ more: [Function]) {
    for function in more { functions[function.name] = functions[function.name]?.joined(with: function) ?? function }
  }
}

extension Function {
  /// Two libraries have functions of one name (`indexOf`, `add`): what is called tells which is meant.
  fileprivate func joined(with other: Function) -> Function {
    let (first, second) = (self, other)
    return Function(name, overloads + other.overloads, cost: cost) { (arguments, evaluation) throws(CELFailure) in
      try first.takes(arguments) ? first.body(arguments, &evaluation) : second.body(arguments, &evaluation)
    }
  }

  private func takes(_ arguments: [CELValue]) -> Bool {
    overloads.contains { overload in
      overload.parameters.count == arguments.count
        && zip(overload.parameters, arguments).allSatisfy { $0.0.holds($0.1) }
    }
  }
}

extension CELType {
  /// Whether a value is of the type, as far as can be seen without a look at what it is made of.
  func holds(_ value: CELValue) -> Bool {
    switch (self, value) {
    case (.dyn, _), (.parameter, _), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double),
      (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.type, .type), (.list, .list),
      (.list, .tree), (.map, .map), (.map, .object), (.optional, .optional), (.object, .object):
      true
    case (.opaque(let name), .opaque(let value)): value.typeName == name
    case (.message(let name), .message(let value)): value.typeName == name
    default: false
    }
  }
}
