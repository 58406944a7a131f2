/// Sorts lists by keys that have an order.
enum Sorting {
  static func sorted(_ elements: [CELValue], by keys: [CELValue]) throws(CELFailure) -> [CELValue] {
    guard let first = keys.first else { return elements }
    for key in keys where key.typeName != first.typeName || CELValue.order(key, first) == nil {
      throw CELFailure(
        .noSuchOverload, "what is sorted has to be of one type that has an order: \(first.typeName), \(key.typeName)")
    }
    let places = keys.indices.sorted { x, y in
      switch CELValue.order(keys[x], keys[y]) {
      case .before: true
      case .after: false
      default: x < y
      }
    }
    return places.map { elements[$0] }
  }
}
