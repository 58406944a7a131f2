/// What is read of a file of series, and how it becomes one series.
package struct LoadSelection: Sendable, Equatable {
  package enum Join: String, Sendable { case sum, mean }

  /// Samples that are kept of a file, after the series in it are joined: eleven days of one a second, half a year of one in 15 seconds.
  package static let sampleLimit = 1_000_000

  /// The metric's name, or the column's in CSV; nil: the only one. `*` is all columns of numbers.
  package var name: String?
  /// Labels (columns of text in CSV) and the values that they must have.
  package var labels: [(name: String, value: String)] = []
  /// How several series become one.
  package var join = Join.sum
  /// The series are counters: what they grow by in a second is the level. One that falls was set back to 0.
  package var isRate = false
  /// What the samples of one second come to; nil: the last one counts, and in k6's CSV it is as the metric is made.
  package var gather: SecondGather?
  package var factor = 1.0
  /// Added after the factor.
  package var offset = 0.0
  /// Second 0 of the run, in seconds since 1970; nil: the first sample.
  package var start: Double?
  /// The length of the run: later samples are not kept.
  package var untilSecond = Double.infinity
  package var limit = sampleLimit
  /// Whose load it is: units that do not fit it are refused; nil: numbers are taken as they are.
  package var metric: String?
  /// The factor holds a unit: numbers in the file have none.
  package var hasUnit = false

  package init() {}

  package static func == (left: LoadSelection, right: LoadSelection) -> Bool {
    left.name == right.name && left.labels.elementsEqual(right.labels, by: ==) && left.join == right.join
      && left.isRate == right.isRate && left.gather == right.gather && left.factor == right.factor && left.offset == right.offset
      && left.start == right.start
      && left.untilSecond == right.untilSecond && left.limit == right.limit && left.metric == right.metric
      && left.hasUnit == right.hasUnit
  }
}
