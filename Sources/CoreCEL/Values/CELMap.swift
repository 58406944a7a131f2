/// A map that an expression has made. It keeps the order in which its entries were written.
package final class CELMap: Sendable {
  package let entries: [(key: CELValue, value: CELValue)]
  private let places: [CELKey: Int]
  /// Of how many values it consists in all.
  let weight: UInt64

  static let empty = CELMap()

  private init() {
    entries = []
    places = [:]
    weight = 1
  }

  /// - Throws: a key of a type that no key has, or one that stands there twice
  init(_ entries: [(key: CELValue, value: CELValue)]) throws(CELFailure) {
    var places: [CELKey: Int] = [:]
    places.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated() {
      guard let key = CELKey(entry.key) else { throw CELFailure(.noSuchOverload, "a \(entry.key.typeName) is no key of a map") }
      guard places.updateValue(place, forKey: key) == nil else {
        throw CELFailure(.duplicateKey, "the key \(entry.key.brief) stands twice in a map")
      }
    }
    self.entries = entries
    self.places = places
    weight = CELValue.weight(of: entries.map(\.value))
  }

  subscript(key: CELValue) -> CELValue? { CELKey(key).flatMap { places[$0] }.map { entries[$0].value } }
}

/// A key of a map. Numbers are equal whatever their type.
enum CELKey: Hashable, Sendable {
  case bool(Bool)
  case negative(Int64)
  case whole(UInt64)
  case string(String)

  static func == (left: CELKey, right: CELKey) -> Bool {
    switch (left, right) {
    case (.bool(let x), .bool(let y)): x == y
    case (.negative(let x), .negative(let y)): x == y
    case (.whole(let x), .whole(let y)): x == y
    case (.string(let x), .string(let y)): CELValue.isSameText(x, y)
    default: false
    }
  }

  /// Nil for what is no key, or equal to none.
  init?(_ value: CELValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = number < 0 ? .negative(number) : .whole(UInt64(number))
    case .uint(let number): self = .whole(number)
    case .double(let number):
      if let whole = UInt64(exactly: number) {
        self = .whole(whole)
      } else if let negative = Int64(exactly: number) {
        self = .negative(negative)
      } else {
        return nil
      }
    case .string(let text): self = .string(text)
    default: return nil
    }
  }
}
