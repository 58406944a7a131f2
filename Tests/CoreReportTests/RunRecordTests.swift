import CoreReport
import Testing

@Suite("A series of a run") struct RunSeriesTests {
  @Test("keeps changes only, and the later of two values at one second")
  func changes() {
    var series = RunSeries()
    for (value, second) in [(1.0, 0.0), (1, 15), (2, 30), (3, 30), (.nan, 45), (.nan, 60), (3, 75)] {
      series.add(value, at: second)
    }
    #expect(series.seconds == [0, 30, 45, 75])
    #expect(series.values[1] == 3)
    #expect(series.values[2].isNaN)
  }
}
