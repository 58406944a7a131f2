/// Numbers over time, in seconds since the run began, ascending. A sample holds until the next one (or runs in a straight line to it);
/// NaN says that from here on there is none: a gap, a staleness mark, a value that is no number.
package struct LoadSeries: Sendable, Equatable {
  package private(set) var seconds: [Double] = []
  package private(set) var values: [Double] = []
  package var isLinear = false

  package init(isLinear: Bool = false) { self.isLinear = isLinear }

  package var count: Int { seconds.count }
  package var isEmpty: Bool { seconds.isEmpty }
  /// The second of the last sample; 0 where there is none.
  package var end: Double { seconds.last ?? 0 }

  /// - Precondition: not before the last sample. A sample at the same second takes its place.
  package mutating func append(_ value: Double, at second: Double) {
    precondition(second >= end || isEmpty, "samples come in the order of time")
    if second == seconds.last {
      values[values.count - 1] = value
      return
    }
    seconds.append(second)
    values.append(value)
  }

  /// A second sample at the second of the last one: a line to there ends at the last one, and this one holds from there on.
  package mutating func jump(to value: Double) {
    seconds.append(end)
    values.append(value)
  }

  /// The level from a second on, up to the next sample, and up to `end` at the most. NaN before the first sample and where there is
  /// none. After the last one that holds.
  ///
  /// - Parameter cursor: where the last question was answered; questions in the order of time cost nothing to find.
  package func piece(from second: Double, to end: Double, _ cursor: inout Int) -> LoadPiece {
    if cursor >= count || (cursor >= 0 && seconds[cursor] > second) { cursor = -1 }
    while cursor + 1 < count, seconds[cursor + 1] <= second { cursor += 1 }
    guard cursor + 1 < count else { return LoadPiece(end: end, values.last ?? .nan) }
    let (next, stop) = (seconds[cursor + 1], min(end, seconds[cursor + 1]))
    guard cursor >= 0 else { return LoadPiece(end: stop, .nan) }
    let (start, value, rise) = (seconds[cursor], values[cursor], values[cursor + 1] - values[cursor])
    guard isLinear, !rise.isNaN else { return LoadPiece(end: stop, value) }
    func level(_ second: Double) -> Double { value + rise * (second - start) / (next - start) }
    return LoadPiece(end: stop, first: level(second), last: level(stop))
  }

  /// Gaps are equal to gaps, which NaN is not to itself.
  package static func == (left: LoadSeries, right: LoadSeries) -> Bool {
    left.isLinear == right.isLinear && left.seconds == right.seconds
      && left.values.elementsEqual(right.values) { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  /// Every value as `change` makes it; what is missing stays missing.
  package mutating func map(_ change: (Double) -> Double) {
    for index in values.indices where !values[index].isNaN { values[index] = change(values[index]) }
  }
}
