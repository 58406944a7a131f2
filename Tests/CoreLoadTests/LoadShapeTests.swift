import CoreLoad
import Foundation
import Testing

@Suite("A shape of load") struct LoadShapeTests {
  private func levels(_ shape: LoadShape, _ seconds: [Double], allowsNegative: Bool = false) -> [Double?] {
    var cursors = LoadCursors()
    return seconds.map { shape.level(at: $0, allowsNegative: allowsNegative, &cursors) }
  }

  @Test("of points holds a level until the next one or runs to it, holds the first before it and the last behind it")
  func points() throws {
    let points = [(second: 10.0, level: 80.0), (second: 20, level: 100), (second: 30, level: 0)]
    #expect(levels(try .points(points, isLinear: false), [-40, 0, 10, 19, 20, 99]) == [80, 80, 80, 80, 100, 0])
    #expect(levels(try .points(points, isLinear: true), [-40, 0, 10, 15, 25, 99]) == [80, 80, 80, 90, 50, 0])
    #expect(throws: LoadError("point 2 at 5 s is before the one that it follows")) {
      try LoadShape.points([(second: 10, level: 1), (second: 5, level: 1)], isLinear: false)
    }
    #expect(throws: LoadError.self) { try LoadShape.points([], isLinear: false) }
    #expect(throws: LoadError.self) { try LoadShape.points([(second: 0, level: .nan)], isLinear: false) }
  }

  @Test("of two points at one second jumps there, at that second already")
  func jump() throws {
    let shape = try LoadShape.points([(second: 0, level: 0), (second: 10, level: 10), (second: 10, level: 50)], isLinear: true)
    #expect(levels(shape, [5, 9, 10, 11]) == [5, 9, 50, 50])
  }

  @Test("of k6's stages ramps from the level before each, and jumps in a stage of no length")
  func stages() throws {
    let shape = try LoadShape.stages(
      from: 10, [(seconds: 90, target: 100), (seconds: 30, target: 100), (seconds: 0, target: 20), (seconds: 20, target: 0)])
    #expect(levels(shape, [0, 45, 90, 119, 120, 130, 140, 1000]) == [10, 55, 100, 100, 20, 10, 0, 0])
    #expect(levels(try .stages(from: 0, [(seconds: 0, target: 5)]), [0, 1]) == [5, 5])
  }

  @Test("of a sine is at its mean at second 0, at its top a quarter of a period later, and the same as the C library's")
  func sine() {
    let shape = LoadShape.sine(mean: 100, amplitude: 50, periodSeconds: 3600, phaseSeconds: 0)
    #expect(levels(shape, [0, 900, 1800, 2700]) == [100, 150, 100, 50])
    #expect(levels(.sine(mean: 100, amplitude: 50, periodSeconds: 3600, phaseSeconds: 900), [0, 1800]) == [150, 50])
    for second in stride(from: 0.0, to: 7200, by: 7.3) {
      let expected = 100 + 50 * sin(2 * .pi * second / 3600)
      #expect(abs(levels(shape, [second])[0]! - expected) < 1e-12 * 100)
    }
    #expect(levels(.sine(mean: 0, amplitude: 1, periodSeconds: 0, phaseSeconds: 0), [5]) == [0], "a period of 0 does not trap")
  }

  @Test("of a spike rises, holds and falls once")
  func spike() {
    let shape = LoadShape.spike(at: 100, height: 60, riseSeconds: 20, holdSeconds: 30, fallSeconds: 10)
    #expect(levels(shape, [0, 100, 110, 120, 149, 155, 160, 500]) == [0, 0, 30, 60, 60, 30, 0, 0])
    #expect(levels(.spike(at: 5, height: 7, riseSeconds: 0, holdSeconds: 0, fallSeconds: 0), [4, 5, 6]) == [0, 0, 0])
    #expect(levels(.spike(at: 5, height: 7, riseSeconds: 0, holdSeconds: 1, fallSeconds: 0), [4, 5, 6]) == [0, 7, 0])
  }

  @Test("of noise is normally distributed, differs by seed and second, and is the same whenever it is asked")
  func noise() {
    let seconds = (0..<20_000).map(Double.init)
    let values = levels(.noise(deviation: 3, seed: 7), seconds, allowsNegative: true).map { $0! }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.1 && abs(variance.squareRoot() - 3) < 0.1)
    let within = values.count { abs($0) < 3 }
    #expect((13_400...13_900).contains(within), "68 % within one deviation")
    #expect(values.contains { abs($0) > 9 }, "and some beyond three")
    #expect(levels(.noise(deviation: 3, seed: 7), [500], allowsNegative: true) == [values[500]])
    #expect(levels(.noise(deviation: 3, seed: 8), [500], allowsNegative: true) != [values[500]])
    #expect(levels(.noise(deviation: 1, seed: 7), [1], allowsNegative: true) == [-1.0700431037183418], "on every machine")
  }

  @Test("is never below zero unless asked, in the end and not in its parts")
  func floor() {
    let shape = LoadShape.sum([.constant(-5), .noise(deviation: 1, seed: 1)])
    #expect(levels(shape, [1, 2, 3]) == [0, 0, 0])
    #expect(levels(shape, [1], allowsNegative: true)[0]! < 0)
    #expect(levels(.sum([.constant(-5), .constant(6)]), [0]) == [1])
  }

  /// "0-10 1 2": the straight lines between two seconds.
  private func lines(_ shape: LoadShape, _ start: Double, _ end: Double) -> [String] {
    var (cursors, second, lines) = (LoadCursors(), start, [String]())
    while second < end {
      let piece = shape.piece(from: second, to: end, &cursors)
      lines.append(
        [second, piece.end, piece.first, piece.last].map { "\($0.isNaN ? -1 : ($0 * 1000).rounded() / 1000)" }.joined(
          separator: " "))
      second = piece.end
    }
    return lines
  }

  @Test("is made of straight lines, which end where one of its parts turns, where it comes to zero, and where there is nothing")
  func pieces() throws {
    let ramp = try LoadShape.points([(second: 0, level: 0), (second: 30, level: 30), (second: 30, level: 9)], isLinear: true)
    #expect(lines(ramp, 10, 50) == ["10.0 30.0 10.0 30.0", "30.0 50.0 9.0 9.0"])
    #expect(lines(.sum([ramp, .constant(-10)]), 0, 30) == ["0.0 10.0 0.0 0.0", "10.0 30.0 0.0 20.0"])
    let spike = LoadShape.spike(at: 5, height: 6, riseSeconds: 2, holdSeconds: 3, fallSeconds: 0)
    #expect(lines(spike, 0, 20) == ["0.0 5.0 0.0 0.0", "5.0 7.0 0.0 6.0", "7.0 10.0 6.0 6.0", "10.0 20.0 0.0 0.0"])
    #expect(lines(.product([spike, .constant(2)]), 6, 8) == ["6.0 7.0 6.0 12.0", "7.0 8.0 12.0 12.0"])
    var gap = LoadSeries()
    gap.append(2, at: 3)
    gap.append(.nan, at: 10)
    #expect(lines(.sum([.series(gap), spike]), 0, 12).map { $0.suffix(4) } == ["-1.0", " 2.0", " 8.0", " 8.0", "-1.0"])
    #expect(lines(.sum([.constant(9), .noise(deviation: 1, seed: 1)]), 0.5, 3).count == 3)
  }

  @Test("of a sine, and of what slopes multiplied by what slopes, is followed so closely that their integrals are right")
  func chords() throws {
    func integral(_ shape: LoadShape, _ end: Double) -> Double {
      var (cursors, second, sum) = (LoadCursors(), 0.0, 0.0)
      while second < end {
        let piece = shape.piece(from: second, to: end, &cursors)
        sum += piece.mean * (piece.end - second)
        second = piece.end
      }
      return sum
    }
    for period in [1.0, 15, 3600, 86_400] {
      let sine = LoadShape.sine(mean: 100, amplitude: 50, periodSeconds: period, phaseSeconds: 0)
      #expect(abs(integral(sine, period) / (100 * period) - 1) < 1e-4)
      #expect(abs(integral(sine, period / 2) / (100 * period / 2 + 50 * period / .pi) - 1) < 1e-4, "\(period)")
    }
    let ramp = try LoadShape.points([(second: 0, level: 0), (second: 30, level: 30)], isLinear: true)
    #expect(abs(integral(.product([ramp, ramp]), 30) / 9000 - 1) < 1e-3)
  }

  @Test("adds and multiplies shapes, and is missing where one of them is")
  func joins() throws {
    var gap = LoadSeries()
    gap.append(2, at: 0)
    gap.append(.nan, at: 10)
    gap.append(3, at: 20)
    let ramp = try LoadShape.points([(second: 0, level: 0), (second: 30, level: 30)], isLinear: true)
    #expect(levels(.sum([.series(gap), ramp]), [5, 15, 20, 0]) == [7, nil, 23, 2], "each series has its own place")
    #expect(levels(.product([.series(gap), ramp, .constant(10)]), [5, 15, 20]) == [100, nil, 600])
    #expect(levels(.sum([]), [0]) == [0])
    #expect(levels(.product([.constant(.infinity), .constant(2)]), [0]) == [nil])
  }
}

@Suite("A duration of a load") struct LoadDurationTests {
  @Test(
    "is read as k6, Go and Prometheus write it",
    arguments: [
      ("90s", 90), ("1m30s", 90), ("24h", 86_400), ("7d", 604_800), ("1h2m3.5s", 3723.5), ("1d12h", 129_600), ("500ms", 0.5),
      ("2w", 1_209_600), ("1y", 31_536_000), ("0", 0), ("0s", 0), (".5h", 1800), ("250us", 0.00025), ("250µs", 0.00025),
    ] as [(String, Double)])
  func read(text: String, seconds: Double) throws { #expect(try LoadDuration.seconds(text) == seconds) }

  @Test("of a number alone is asked for its unit, and what is none is refused")
  func refused() {
    #expect(throws: LoadError("\"90\" has no unit: 90s, 90m or 90h?")) { try LoadDuration.seconds("90") }
    for text in ["", "s", "1x", "1h 30m", "-5s", "1.2.3s", "٣s", "1e3s", "h1", "1m30"] {
      #expect(throws: LoadError.self, "\(text)") { try LoadDuration.seconds(text) }
    }
    #expect(throws: LoadError("\"1001y\" is longer than a thousand years")) { try LoadDuration.seconds("1001y") }
  }
}
