/// What several samples in one second come to.
package enum SecondGather: String, Sendable {
  /// Events are counted: seconds without one are 0.
  case sum
  case mean
  case last

  /// Of k6's own metrics: counters count, gauges hold, trends and rates have a mean.
  static func ofK6(_ metric: String) -> SecondGather {
    switch metric {
    case "http_reqs", "iterations", "dropped_iterations", "data_sent", "data_received", "ws_sessions", "ws_msgs_sent",
      "ws_msgs_received", "grpc_streams", "grpc_streams_msgs_sent", "grpc_streams_msgs_received":
      .sum
    case "vus", "vus_max": .last
    default: .mean
    }
  }
}

/// Gathers the samples of each second of a file in which they come about in the order of time.
struct SecondTotals {
  /// k6 writes once a second what it has by then: a sample may come late by some seconds.
  private static let lateSeconds = 10.0
  private struct Total {
    var second: Double
    var sum: Double
    var count = 1
    var last: Double
  }

  private let gather: SecondGather
  /// In the order of time.
  private var open: [Total] = []
  private var lastClosed: Double?

  init(_ gather: SecondGather) { self.gather = gather }

  var isEmpty: Bool { open.isEmpty }

  mutating func add(_ time: Double, _ value: Double, line: Int?, to join: inout SeriesJoin) throws(LoadError) {
    let second = time.rounded(.down)
    guard value.isFinite else { return }
    if let lastClosed, second <= lastClosed {
      throw LoadError(line: line, "time runs backwards, by more than \(Int(SecondTotals.lateSeconds)) s")
    }
    if let place = open.lastIndex(where: { $0.second <= second }), open[place].second == second {
      open[place].sum += value
      open[place].count += 1
      open[place].last = value
    } else {
      open.insert(Total(second: second, sum: value, last: value), at: (open.lastIndex { $0.second < second } ?? -1) + 1)
    }
    while let first = open.first, first.second < open[open.count - 1].second - SecondTotals.lateSeconds {
      try close(first, &join)
    }
  }

  private mutating func close(_ total: Total, _ join: inout SeriesJoin) throws(LoadError) {
    open.removeFirst()
    if gather == .sum, let lastClosed, lastClosed + 1 < total.second { try join.add(0, lastClosed + 1, 0, line: nil) }
    lastClosed = total.second
    let value =
      switch gather {
      case .sum: total.sum
      case .mean: total.sum / Double(total.count)
      case .last: total.last
      }
    try join.add(0, total.second, value, line: nil)
  }

  mutating func finish(_ join: inout SeriesJoin) throws(LoadError) {
    while let first = open.first { try close(first, &join) }
  }
}
