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
    guard let level = value(at: second, &cursors), level.isFinite else { return nil }
    return allowsNegative ? level : max(0, level)
  }

  private func value(at second: Double, _ cursors: inout LoadCursors) -> Double? {
    switch self {
    case .constant(let level): return level
    case .series(let series): return cursors.withNext { series.level(at: second, &$0) }
    case .sine(let mean, let amplitude, let period, let phase):
      return mean + amplitude * PlainMath.sine(turns: period > 0 ? (second + phase) / period : 0)
    case .spike(let at, let height, let rise, let hold, let fall):
      let passed = second - at
      if passed < 0 || passed >= rise + hold + fall { return 0 }
      if passed < rise { return height * passed / rise }
      return passed < rise + hold ? height : height * (rise + hold + fall - passed) / fall
    case .noise(let deviation, let seed):
      return deviation * Chance.gaussian(seed, UInt64(bitPattern: Int64(second.rounded(.down).clamped)))
    case .sum(let shapes): return LoadShape.fold(shapes, 0, second, &cursors, +)
    case .product(let shapes): return LoadShape.fold(shapes, 1, second, &cursors, *)
    }
  }

  private static func fold(
    _ shapes: [LoadShape], _ start: Double, _ second: Double, _ cursors: inout LoadCursors, _ join: (Double, Double) -> Double
  ) -> Double? {
    var result: Double? = start
    // All are asked, also behind one that is missing: each series has its own cursor.
    for shape in shapes {
      let value = shape.value(at: second, &cursors)
      result = if let value, let before = result { join(before, value) } else { nil }
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
