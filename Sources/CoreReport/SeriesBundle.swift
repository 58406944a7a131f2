/// Series that are too many to be drawn one by one: the highest, the mean and the lowest of them over time.
struct SeriesBundle: Sendable {
  private(set) var (highest, mean, lowest) = (RunSeries(), RunSeries(), RunSeries())

  private struct Column {
    var (high, low) = (-Double.infinity, Double.infinity)
    var (sum, count) = (0.0, 0.0)

    mutating func include(_ value: Double) {
      if !value.isNaN { (high, low) = (max(high, value), min(low, value)) }
    }
  }

  /// - Parameter axis: the time of which each of 1,000 columns has one value
  init(of all: [RunSeries], _ axis: TimeAxis) {
    var columns = Array(repeating: Column(), count: 1000)
    let width = axis.seconds / Double(columns.count)
    for series in all {
      var (place, value) = (0, Double.nan)
      for column in columns.indices {
        // What holds when the column begins counts for the mean, and all values in it for the ends.
        let begin = Double(column) * width
        while place < series.seconds.count, series.seconds[place] <= begin {
          value = series.values[place]
          place += 1
        }
        if !value.isNaN {
          columns[column].sum += value
          columns[column].count += 1
        }
        columns[column].include(value)
        while place < series.seconds.count, series.seconds[place] < begin + width {
          value = series.values[place]
          columns[column].include(value)
          place += 1
        }
      }
    }
    for (place, column) in columns.enumerated() {
      let second = Double(place) * width
      let isEmpty = column.low > column.high
      highest.add(isEmpty ? .nan : column.high, at: second)
      lowest.add(isEmpty ? .nan : column.low, at: second)
      mean.add(column.count == 0 ? .nan : column.sum / column.count, at: second)
    }
  }
}
