import CoreObjects

/// Source: apiserver/pkg/cel/library/quantity.go, v1.36.
enum QuantityLibrary {
  final class Value: CELOpaque, @unchecked Sendable {
    let quantity: Quantity
    init(_ quantity: Quantity) {
      self.quantity = quantity
      super.init(typeName: QuantityLibrary.name)
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Value)?.quantity == quantity }
  }

  static let name = "kubernetes.Quantity"
  private static let type = CELType.opaque(name)

  static let functions: [Function] = [
    Function("quantity", [Function.Overload([.string], type)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      let text = try StringLibrary.text("quantity", arguments)
      if let quantity = read(text) { return .opaque(Value(quantity)) }
      throw CELFailure(.invalidArgument, "\(arguments[0].brief) is no quantity")
    },
    Function("isQuantity", [Function.Overload([.string], .bool)], cost: .traversal(times: 1)) {
      (arguments, _) throws(CELFailure) in
      .bool(read(try StringLibrary.text("isQuantity", arguments)) != nil)
    },
    Function("sign", [Function.Overload([type], .int), .member(type, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(try quantity("sign", arguments, 0).nano.signum()))
    },
    Function("isInteger", [.member(type, [], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(whole(try quantity("isInteger", arguments, 0)) != nil)
    },
    Function("asInteger", [.member(type, [], .int)]) { (arguments, _) throws(CELFailure) in
      if let number = whole(try quantity("asInteger", arguments, 0)) { return .int(number) }
      throw CELFailure(.overflow, "the quantity is no whole number, or does not fit into an int")
    },
    Function("asApproximateFloat", [.member(type, [], .double)]) { (arguments, _) throws(CELFailure) in
      .double(Double(try quantity("asApproximateFloat", arguments, 0).nano) / 1e9)
    },
    Function("add", [.member(type, [type], type), .member(type, [.int], type)]) { (arguments, _) throws(CELFailure) in
      .opaque(Value(try quantity("add", arguments, 0) + quantity("add", arguments, 1)))
    },
    Function("sub", [.member(type, [type], type), .member(type, [.int], type)]) { (arguments, _) throws(CELFailure) in
      .opaque(Value(try quantity("sub", arguments, 0) - quantity("sub", arguments, 1)))
    },
    Function("isGreaterThan", [.member(type, [type], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(try quantity("isGreaterThan", arguments, 0) > quantity("isGreaterThan", arguments, 1))
    },
    Function("isLessThan", [.member(type, [type], .bool)]) { (arguments, _) throws(CELFailure) in
      .bool(try quantity("isLessThan", arguments, 0) < quantity("isLessThan", arguments, 1))
    },
    Function("compareTo", [.member(type, [type], .int)]) { (arguments, _) throws(CELFailure) in
      let (x, y) = (try quantity("compareTo", arguments, 0), try quantity("compareTo", arguments, 1))
      return .int(x < y ? -1 : x > y ? 1 : 0)
    },
  ]

  /// Blanks around it make it none, other than where objects have one.
  private static func read(_ text: String) -> Quantity? {
    let isBlank: (Unicode.Scalar?) -> Bool = { $0?.properties.isWhitespace == true }
    if isBlank(text.unicodeScalars.first) || isBlank(text.unicodeScalars.last) { return nil }
    return Quantity(text)
  }

  private static func whole(_ quantity: Quantity) -> Int64? {
    quantity.nano % 1_000_000_000 == 0 ? Int64(exactly: quantity.nano / 1_000_000_000) : nil
  }

  private static func quantity(_ function: String, _ arguments: [CELValue], _ place: Int) throws(CELFailure) -> Quantity {
    switch arguments[place] {
    case .opaque(let value as Value): return value.quantity
    case .int(let number) where place > 0: return Quantity(value: number, format: .decimalExponent)
    default: throw CELFailure.overload(function, arguments)
    }
  }
}
