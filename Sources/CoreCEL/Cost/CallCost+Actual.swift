/// What a call has cost.
extension CallCost {
  static let traversalFactor = 0.1
  static let patternFactor = 0.25

  /// The size that `size()` gives; 1 for what has none.
  static func size(_ value: CELValue) -> Int {
    switch value {
    case .string(let text): codePoints(text)
    case .bytes(let bytes): bytes.count
    case .made(let elements, _): elements.count
    case .tree(let elements, _): elements.count
    case .map(let map): map.entries.count
    case .object: value.mapCount ?? 0
    case .opaque(let value): value.size ?? 1
    default: 1
    }
  }

  static func codePoints(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      var count = 0
      for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
      return count
    }
  }

  static func traversal(_ size: Int, times: UInt64 = 1) -> UInt64 {
    UInt64((Double(size) * Double(times) * traversalFactor).rounded(.up))
  }

  static func comparison(_ x: CELValue, _ y: CELValue) -> UInt64 {
    switch (x, y) {
    case (.string, _), (.bytes, _), (.made, _), (.tree, _), (.map, _), (.object, _), (.opaque, _):
      traversal(min(size(x), size(y)))
    default: 1
    }
  }

  /// A call that makes a list.
  private static func list(_ size: Int, _ times: Int = 1, factor: Double) -> UInt64 {
    CELCostRange.sum(UInt64(exactly: (Double(size) * Double(times) * factor).rounded(.down)) ?? .max, 11)
  }

  private static func isText(_ value: CELValue?) -> Bool {
    switch value {
    case .string, .bytes: true
    default: false
    }
  }

  /// Whether it is known only when the call is done.
  var needsResult: Bool {
    switch self {
    case .join, .listResult: true
    default: false
    }
  }

  func actual(_ arguments: [CELValue], _ result: CELValue, within limit: UInt64 = .max) -> UInt64 {
    func size(_ place: Int) -> Int { arguments.indices.contains(place) ? CallCost.size(arguments[place]) : 0 }
    switch self {
    case .one: return 1
    case .fixed(let cost): return cost
    case .traversal(let times): return CallCost.traversal(size(0), times: times)
    case .traversalOfSecond: return CallCost.traversal(size(0))
    case .bytesOfText, .textOfBytes, .quote, .format, .substring: return CallCost.traversal(size(0))
    case .matches, .find:
      let pattern = UInt64((Double(size(1)) * CallCost.patternFactor).rounded(.up))
      return CELCostRange.product(CallCost.traversal(size(0) + 1), pattern)
    case .contains: return CELCostRange.product(CallCost.traversal(size(0)), CallCost.traversal(size(1)))
    case .elements:
      var cost: UInt64 = 0
      if let first = arguments.first { CallCost.visit(first, limit, &cost) }
      return cost
    case .replace, .split: return CallCost.traversal(size(0), times: 2)
    case .join: return CallCost.traversal(CallCost.size(result), times: 2)
    case .containsIP, .containsCIDR: return network(arguments)
    case .listResult: return CallCost.list(CallCost.size(result), factor: 1)
    case .flatten:
      var depth = 1.0
      if arguments.count == 2, case .int(let given) = arguments[1] { depth = Double(max(0, given)) }
      return CallCost.list(size(0), factor: depth)
    case .distinct, .sort:
      let isText =
        if let first = arguments.first, (first.listCount ?? 0) > 0 { CallCost.isText(try? first.element(0)) } else { false }
      return CallCost.list(size(0), size(0), factor: isText ? 2 + CallCost.traversalFactor : 2)
    case .validate:
      var length = TextForm.estimatedPattern
      if case .opaque(let value as FormatLibrary.Value)? = arguments.first { length = value.format.patternLength }
      let pattern = UInt64((Double(length) * CallCost.patternFactor).rounded(.up))
      return CELCostRange.product(CallCost.traversal(size(1) + 1), pattern)
    case .sets(let factor):
      return UInt64((1 + Double(size(0)) * Double(size(1)) * factor).rounded(.up))
    }
  }

  /// The bytes of an address are compared with those of a network; what comes as a text is read first.
  private func network(_ arguments: [CELValue]) -> UInt64 {
    guard arguments.count == 2 else { return 1 }
    let network = CallCost.size(arguments[0])
    var cost = CallCost.traversal(network, times: 2)
    if case .containsCIDR = self { cost += CallCost.traversal(network) + 1 }
    if case .string = arguments[1] { cost += CallCost.traversal(CallCost.size(arguments[1])) }
    return cost
  }

  /// All that a value is made of, once; as far as it can be paid for.
  /// Source: traversalCost, apiserver/pkg/cel/library/cost.go.
  private static func visit(_ value: CELValue, _ limit: UInt64, _ cost: inout UInt64) {
    if cost > limit { return }
    switch value {
    case .string(let text): cost += UInt64(Double(text.utf8.count) * traversalFactor)
    case .bytes(let bytes): cost += UInt64(Double(bytes.count) * traversalFactor)
    case .made, .tree: for element in (try? value.elements()) ?? [] { visit(element, limit, &cost) }
    case .map, .object:
      for key in value.keys ?? [] {
        visit(key, limit, &cost)
        if let found = try? value.find(key) { visit(found, limit, &cost) }
      }
    default: cost += 1
    }
  }
}
