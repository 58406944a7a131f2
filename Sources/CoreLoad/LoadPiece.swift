/// A time in which a level runs in a straight line: from `first` to what it has come to just before the end. NaN: there is none.
package struct LoadPiece: Sendable, Equatable {
  package var end: Double
  package var first: Double
  package var last: Double

  init(end: Double, first: Double, last: Double) { (self.end, self.first, self.last) = (end, first, last) }
  init(end: Double, _ level: Double) { self.init(end: end, first: level, last: level) }

  package var mean: Double { (first + last) / 2 }

  mutating func cut(to second: Double, from start: Double) {
    if second >= end { return }
    last = level(at: second, from: start)
    end = second
  }

  func level(at second: Double, from start: Double) -> Double {
    first == last || second == start ? first : first + (last - first) * (second - start) / (end - start)
  }

  /// The mean of what is above a line.
  func excess(over line: Double) -> Double {
    let (least, most) = (min(first, last), max(first, last))
    if most <= line { return 0 }
    return least >= line ? mean - line : (most - line) * (most - line) / (most - least) / 2
  }
}
