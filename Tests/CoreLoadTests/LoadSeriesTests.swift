import CoreLoad
import Testing

@Suite("A series of load") struct LoadSeriesTests {
  private func series(_ samples: [(Double, Double)], isLinear: Bool = false) -> LoadSeries {
    var series = LoadSeries(isLinear: isLinear)
    for (second, value) in samples { series.append(value, at: second) }
    return series
  }

  @Test("holds a sample until the next one, has none before the first, and keeps the last")
  func steps() {
    let series = series([(10, 1), (20, 3)])
    var cursor = 0
    #expect(series.level(at: 9, &cursor) == nil)
    #expect(series.level(at: 10, &cursor) == 1)
    #expect(series.level(at: 19.9, &cursor) == 1)
    #expect(series.level(at: 1000, &cursor) == 3)
    #expect(series.level(at: 15, &cursor) == 1, "questions may go back in time")
  }

  @Test("runs in a straight line where it is told to, but not into a gap")
  func lines() {
    let series = series([(0, 0), (10, 10), (20, .nan), (30, 5)], isLinear: true)
    var cursor = 0
    #expect(series.level(at: 5, &cursor) == 5)
    #expect(series.level(at: 15, &cursor) == 10)
    #expect(series.level(at: 25, &cursor) == nil)
    #expect(series.level(at: 30, &cursor) == 5)
  }

  @Test("takes the later of two samples at one second, and changes values but no gaps")
  func repeats() {
    var series = series([(0, 1), (0, 2), (5, .nan)])
    #expect(series.count == 2)
    series.map { $0 * 1000 }
    var cursor = 0
    #expect(series.level(at: 0, &cursor) == 2000)
    #expect(series.level(at: 6, &cursor) == nil)
  }
}
