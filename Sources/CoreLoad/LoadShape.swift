/// A level over time, from formulas, from points, from files, and from these added and multiplied.
package indirect enum LoadShape: Sendable, Equatable {
  case constant(Double)
  /// Points, stages, a series of `promtool`'s notation, a file.
  case series(LoadSeries)
  /// At its mean, rising, in second 0 where the phase is 0. Period and phase in seconds: it is where it would be `phase` seconds later.
  case sine(mean: Double, amplitude: Double, periodSeconds: Double, phaseSeconds: Double)
  /// 0 but for once: in straight lines up from `at`, along `height`, and down.
  case spike(at: Double, height: Double, riseSeconds: Double, holdSeconds: Double, fallSeconds: Double)
  /// Around 0, normally distributed, another one each second. To be added to something.
  case noise(deviation: Double, seed: UInt64)
  /// Nothing where one of them is missing.
  case sum([LoadShape])
  case product([LoadShape])

  private static let longBefore = -1e9

  /// Levels at given seconds, which hold until the next one or run in a straight line to it. Before the first that one holds, as in
  /// `docs/hpa-cases.md`.
  package static func points(_ points: [(second: Double, level: Double)], isLinear: Bool) throws(LoadError) -> LoadShape {
    guard let first = points.first else { throw LoadError("a shape of points has no point") }
    var series = LoadSeries(isLinear: isLinear)
    series.append(first.level, at: min(LoadShape.longBefore, first.second))
    for (index, point) in points.enumerated() {
      guard point.second.isFinite, index == 0 || point.second >= points[index - 1].second else {
        throw LoadError("point \(index + 1) at \(point.second.text) s is before the one that it follows")
      }
      guard point.level.isFinite else { throw LoadError("point \(index + 1) has no number for a level") }
      // Two points at one second are a jump: a line runs to the first of them, and at that second the last one holds.
      if index > 0, point.second == points[index - 1].second {
        series.jump(to: point.level)
      } else {
        series.append(point.level, at: point.second)
      }
    }
    return .series(series)
  }

  /// k6's stages: each runs in a straight line from the level before it to its target. One of no length jumps.
  package static func stages(from start: Double, _ stages: [(seconds: Double, target: Double)]) throws(LoadError) -> LoadShape {
    var points = [(second: 0.0, level: start)]
    for (index, stage) in stages.enumerated() {
      guard stage.seconds >= 0 else { throw LoadError("stage \(index + 1) lasts \(stage.seconds.text) s") }
      points.append((points[index].second + stage.seconds, stage.target))
    }
    return try .points(points, isLinear: true)
  }

  /// The level at a second; nil where there is none. Below zero is zero, unless asked otherwise: a load that noise takes there is none.
  ///
  /// - Parameter cursors: of this shape alone; questions in the order of time cost nothing to find.
  package func level(at second: Double, allowsNegative: Bool = false, _ cursors: inout LoadCursors) -> Double? {
    cursors.next = 0
    let level = line(from: second, to: .infinity, &cursors).first
    if !level.isFinite { return nil }
    return allowsNegative ? level : max(0, level)
  }

  /// The level from a second on, for as long as it runs in a straight line, and up to `end` at the most. A sine is played in chords of
  /// a 512th of its period, and what two sloping shapes multiply to in chords of a second.
  package func piece(from second: Double, to end: Double, _ cursors: inout LoadCursors) -> LoadPiece {
    cursors.next = 0
    var piece = line(from: second, to: end, &cursors)
    // The moment of a turn may not be told from this one in a Double.
    if piece.end <= second { piece.end = min(end, second + 1e-6) }
    guard piece.first.isFinite, piece.last.isFinite else { return LoadPiece(end: piece.end, .nan) }
    if (piece.first < 0) != (piece.last < 0) {
      let zero = second + (piece.end - second) * piece.first / (piece.first - piece.last)
      if zero > second { piece.cut(to: min(piece.end, zero), from: second) }
    }
    (piece.first, piece.last) = (max(0, piece.first), max(0, piece.last))
    return piece
  }

  private func line(from second: Double, to end: Double, _ cursors: inout LoadCursors) -> LoadPiece {
    switch self {
    case .constant(let level): return LoadPiece(end: end, level)
    case .series(let series): return cursors.withNext { series.piece(from: second, to: end, &$0) }
    case .sine(let mean, let amplitude, let period, let phase):
      func value(_ second: Double) -> Double {
        mean + amplitude * PlainMath.sine(turns: period > 0 ? (second + phase) / period : 0)
      }
      let stop = min(end, second + max(period / 512, 1.0 / 128))
      return LoadPiece(end: stop, first: value(second), last: value(stop))
    case .spike(let at, let height, let rise, let hold, let fall):
      let (passed, length) = (second - at, rise + hold + fall)
      if passed >= length { return LoadPiece(end: end, 0) }
      let turn = passed < 0 ? 0 : passed < rise ? rise : passed < rise + hold ? rise + hold : length
      let stop = min(end, at + turn)
      func value(_ passed: Double) -> Double {
        switch turn {
        case 0: 0
        case rise: height * passed / rise
        case rise + hold: height
        default: height * (length - passed) / fall
        }
      }
      return LoadPiece(end: stop, first: value(passed), last: value(stop - at))
    case .noise(let deviation, let seed):
      let whole = second.rounded(.down)
      return LoadPiece(end: min(end, whole + 1), deviation * Chance.gaussian(seed, UInt64(bitPattern: Int64(whole.clamped))))
    case .sum(let shapes): return LoadShape.fold(shapes, 0, second, end, &cursors, +)
    case .product(let shapes):
      let isCurved = shapes.count { $0.isSloping } > 1
      return LoadShape.fold(shapes, 1, second, isCurved ? min(end, second.rounded(.down) + 1) : end, &cursors, *)
    }
  }

  private var isSloping: Bool {
    switch self {
    case .constant, .noise: false
    case .series(let series): series.isLinear
    case .sine, .spike: true
    case .sum(let shapes), .product(let shapes): shapes.contains { $0.isSloping }
    }
  }

  private static func fold(
    _ shapes: [LoadShape], _ start: Double, _ second: Double, _ end: Double, _ cursors: inout LoadCursors,
    _ join: (Double, Double) -> Double
  ) -> LoadPiece {
    var result = LoadPiece(end: end, start)
    // All are asked, also behind one that is missing: each series has its own cursor.
    for shape in shapes {
      let piece = shape.line(from: second, to: result.end, &cursors)
      result.cut(to: piece.end, from: second)
      (result.first, result.last) = (join(result.first, piece.first), join(result.last, piece.last))
    }
    return result
  }
}

/// Where each series of a shape was asked last.
package struct LoadCursors: Sendable {
  private var places: [Int] = []
  fileprivate var next = 0

  package init() {}

  fileprivate mutating func withNext<Result>(_ body: (inout Int) -> Result) -> Result {
    if next == places.count { places.append(-1) }
    defer { next += 1 }
    return body(&places[next])
  }
}

extension Double {
  /// Without a fraction where it has none.
  var text: String { self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)" }
  /// Within what an Int64 holds with room to add.
  var clamped: Double { isNaN ? 0 : Swift.min(Swift.max(self, -4e18), 4e18) }
}
