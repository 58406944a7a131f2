/// How two values lie to one another. A number that is none lies nowhere.
enum CELOrder { case before, equal, after, none }

extension CELValue {
  /// Numbers by what they are worth, whatever their types.
  static func compareNumbers(_ left: CELValue, _ right: CELValue) -> CELOrder? {
    switch (left, right) {
    case (.int(let x), .int(let y)): compare(x, y)
    case (.uint(let x), .uint(let y)): compare(x, y)
    case (.double(let x), .double(let y)): x.isNaN || y.isNaN ? CELOrder.none : compare(x, y)
    case (.int(let x), .uint(let y)): x < 0 ? .before : compare(UInt64(x), y)
    case (.uint(let x), .int(let y)): y < 0 ? .after : compare(x, UInt64(y))
    case (.int(let x), .double(let y)): compare(Int128(x), y)
    case (.double(let x), .int(let y)): reversed(compare(Int128(y), x))
    case (.uint(let x), .double(let y)): compare(Int128(x), y)
    case (.double(let x), .uint(let y)): reversed(compare(Int128(y), x))
    default: nil
    }
  }

  private static func compare<T: Comparable>(_ x: T, _ y: T) -> CELOrder { x < y ? .before : x > y ? .after : .equal }

  /// Exact: no number is rounded.
  private static func compare(_ x: Int128, _ y: Double) -> CELOrder {
    if y.isNaN { return .none }
    if y < -0x1p64 { return .after }
    if y > 0x1p64 { return .before }
    let whole = y.rounded(.down)
    let order = compare(x, Int128(whole))
    return order == .equal && whole < y ? .before : order
  }

  private static func reversed(_ order: CELOrder) -> CELOrder { order == .before ? .after : order == .after ? .before : order }

  /// Nil where the two cannot be compared.
  static func order(_ left: CELValue, _ right: CELValue) -> CELOrder? {
    switch (left, right) {
    case (.string(let x), .string(let y)): compareText(x, y)
    case (.bool(let x), .bool(let y)): compare(x ? 1 : 0, y ? 1 : 0)
    case (.timestamp(let x), .timestamp(let y)): compare(x, y)
    case (.duration(let x), .duration(let y)): compare(x, y)
    case (.bytes(let x), .bytes(let y)): x == y ? .equal : x.lexicographicallyPrecedes(y) ? .before : .after
    default: compareNumbers(left, right)
    }
  }

  /// By code points, which is by bytes of UTF-8.
  private static func compareText(_ x: String, _ y: String) -> CELOrder {
    x.utf8.elementsEqual(y.utf8) ? .equal : x.utf8.lexicographicallyPrecedes(y.utf8) ? .before : .after
  }
}
