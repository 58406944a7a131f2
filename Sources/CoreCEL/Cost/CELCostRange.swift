/// The least and the most that something costs, or how big it is. Sums and products stop at the largest number.
package struct CELCostRange: Sendable, Equatable {
  package var min: UInt64
  package var max: UInt64

  package init(min: UInt64, max: UInt64) {
    self.min = min
    self.max = max
  }
  init(_ both: UInt64) { self.init(min: both, max: both) }

  static let zero = CELCostRange(0)
  static let one = CELCostRange(1)
  /// Of what nothing is known.
  static let unknown = CELCostRange(min: 0, max: .max)

  static func + (left: CELCostRange, right: CELCostRange) -> CELCostRange {
    CELCostRange(min: sum(left.min, right.min), max: sum(left.max, right.max))
  }
  static func += (left: inout CELCostRange, right: CELCostRange) { left = left + right }
  static func * (left: CELCostRange, right: CELCostRange) -> CELCostRange {
    CELCostRange(min: product(left.min, right.min), max: product(left.max, right.max))
  }
  /// Rounded up.
  static func * (left: CELCostRange, right: Double) -> CELCostRange {
    CELCostRange(min: product(left.min, right), max: product(left.max, right))
  }

  func union(_ other: CELCostRange) -> CELCostRange {
    CELCostRange(min: Swift.min(min, other.min), max: Swift.max(max, other.max))
  }

  static func sum(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let (sum, overflow) = x.addingReportingOverflow(y)
    return overflow ? .max : sum
  }
  static func product(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let (product, overflow) = x.multipliedReportingOverflow(by: y)
    return overflow ? .max : product
  }
  static func product(_ x: UInt64, _ y: Double) -> UInt64 { UInt64(exactly: (Double(x) * y).rounded(.up)) ?? .max }
}
