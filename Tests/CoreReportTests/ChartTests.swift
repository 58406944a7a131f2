import Testing

@testable import CoreReport

@Suite("A chart") struct ChartTests {
  private func path(_ points: [(Double, Double)], seconds: Double = 2000, top: Double = 1000, isClosed: Bool = false) -> String {
    var series = RunSeries()
    for (second, value) in points { series.add(value, at: second) }
    var page = Markup()
    let scale = ChartScale(holding: [top], unit: .number, steps: 4)
    ChartPath.write(series, TimeAxis(seconds: seconds), scale, isClosed: isClosed, to: &page)
    return String(decoding: page.bytes, as: UTF8.self)
  }

  @Test("holds a value until the next one, and to the end")
  func steps() {
    #expect(path([(0, 1000), (500, 400), (700, 600)]) == "M0 0h500v600h200v-200h1300")
    #expect(path([(500, 400)], isClosed: true) == "M500 600h1500V1000H500Z")
    #expect(path([]) == "")
  }

  @Test("has a gap where there was no value")
  func gaps() {
    #expect(path([(0, 1000), (500, .nan), (700, 600)]) == "M0 0h500M700 400h1300")
    #expect(path([(0, .nan)]) == "")
  }

  @Test("of more values than it has columns keeps each peak")
  func peaks() {
    // Every value of one column: up to 900, down to 100, and back to where it was.
    let text = path([(10, 500), (10.2, 900), (10.4, 100), (10.6, 500)])
    #expect(text == "M10 100v800v-400h1990")
    var points = (0..<10000).map { (Double($0) / 5, $0 % 2 == 0 ? 500.0 : 510) }
    points[7777].1 = 1000
    let long = path(points)
    #expect(long.contains("v-500") || long.contains("v-490"))
    #expect(long.utf8.count < 20000)
  }

  @Test("has round numbers on its axis, and holds all values")
  func scales() {
    func labels(_ values: [Double], _ unit: MetricUnit?, steps: Int = 4) -> [String] {
      let scale = ChartScale(holding: values, unit: unit, steps: steps)
      #expect(values.allSatisfy { !$0.isFinite || ($0 <= scale.top && $0 >= scale.bottom) })
      return scale.ticks.map(scale.label)
    }
    #expect(labels([10], nil) == ["0", "5", "10"])
    #expect(labels([3, 2], nil) == ["0", "1", "2", "3"])
    #expect(labels([87.5], .percent) == ["0%", "50%"])
    #expect(labels([0.37], .cores) == ["0", "0.1", "0.2", "0.3"])
    #expect(labels([700 * 1024 * 1024], .bytes) == ["0", "256Mi", "512Mi"])
    #expect(labels([3.5 * 1024 * 1024 * 1024], .bytes) == ["0", "1Gi", "2Gi", "3Gi"])
    #expect(labels([120_000], .number) == ["0", "50k", "100k"])
    #expect(labels([-40, 50], .number) == ["-50", "0", "50"])
    #expect(labels([7], nil, steps: 1) == ["0", "7"])
    #expect(labels([], .number) == ["0", "0.5", "1"])
    #expect(labels([.nan, .infinity, 0], nil) == ["0", "1"])
  }

  @Test("names round times, fewer of them on a narrow page")
  func times() {
    func labels(_ seconds: Double) -> [String] {
      TimeAxis(seconds: seconds).ticks.map { TimeAxis.label($0.second) + ($0.isCoarse ? "!" : "") }
    }
    #expect(labels(3 * 3600) == ["0!", "30 min", "1 h!", "1:30 h", "2 h!", "2:30 h", "3 h!"])
    #expect(labels(90) == ["0!", "10 s", "20 s", "30 s!", "40 s", "50 s", "1 min!", "1:10 min", "1:20 min", "1:30 min!"])
    #expect(labels(7 * 86400) == ["0!", "1 d", "2 d!", "3 d", "4 d!", "5 d", "6 d!", "7 d"])
  }

  @Test("of a bundle of series shows the highest, the mean and the lowest")
  func bundles() {
    var (first, second) = (RunSeries(), RunSeries())
    first.add(1, at: 0)
    first.add(9, at: 500.5)
    first.add(2, at: 500.9)
    second.add(3, at: 0)
    second.add(.nan, at: 800)
    let bundle = SeriesBundle(of: [first, second], TimeAxis(seconds: 1000))
    #expect(bundle.highest.seconds == [0, 500, 501, 800] && bundle.highest.values == [3, 9, 3, 2])
    #expect(bundle.highest.level(at: 500) == 9 && bundle.lowest.level(at: 500) == 1)
    #expect(bundle.mean.level(at: 100) == 2 && bundle.mean.level(at: 600) == 2.5 && bundle.mean.level(at: 900) == 2)
  }
}
