/// All functions of an environment, by name.
struct FunctionTable: Sendable {
  private var functions: [String: Function] = [:]

  /// Those of Kubernetes' own environment, v1.36 (apiserver/pkg/cel/environment/base.go).
  static let kubernetes = FunctionTable(
    StandardLibrary.functions + TimeLibrary.functions + StringLibrary.functions + OptionalLibrary.functions
      + ListLibrary.functions
      + SetLibrary.functions + RegexLibrary.functions + QuantityLibrary.functions + SemverLibrary.functions
      + NetworkLibrary.functions + URLLibrary.functions + FormatLibrary.functions + AuthorizerLibrary.functions)

  init(_ functions: [Function]) { add(functions) }

  subscript(name: String) -> Function? { functions[name] }

  mutating func add(_ more: [Function]) {
    for function in more {
      if functions[function.name] == nil {
        functions[function.name] = function
      } else {
        functions[function.name]?.others.append(function)
      }
    }
  }
}

extension CELType {
  /// Whether a value is of the type, as far as can be seen without a look at what it is made of.
  func holds(_ value: CELValue) -> Bool {
    switch (self, value) {
    case (.dyn, _), (.parameter, _), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double),
      (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.type, .type), (.list, .made),
      (.list, .tree), (.map, .map), (.map, .object), (.optional, .optional), (.object, .object):
      true
    case (.opaque(let name), .opaque(let value)): value.typeName == name
    case (.message(let name), .message(let value)): value.typeName == name
    default: false
    }
  }
}
