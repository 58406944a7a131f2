/// Whose files are read.
package enum LoadFormat: String, Sendable, CaseIterable {
  /// Prometheus' answer to a range query, in JSON.
  case prometheus
  /// OpenMetrics or Prometheus' text format, with timestamps.
  case openMetrics = "openmetrics"
  case csv

  /// By the end of a file's name; nil where it says nothing.
  package init?(fileName: String) {
    switch fileName.split(separator: ".", omittingEmptySubsequences: false).last.map({ $0.lowercased() }) {
    case "json": self = .prometheus
    case "om", "prom", "openmetrics", "metrics": self = .openMetrics
    case "csv", "tsv": self = .csv
    default: return nil
    }
  }

  /// By how a file begins. Prometheus' dumps begin with a brace too, but a name comes after it.
  fileprivate init(_ first: UInt8, _ second: UInt8) {
    switch first {
    case UInt8(ascii: "["): self = .prometheus
    case UInt8(ascii: "{"): self = second == UInt8(ascii: "_") ? .openMetrics : .prometheus
    case UInt8(ascii: "#"): self = .openMetrics
    default: self = .csv
    }
  }
}

/// What was read of a file.
package struct LoadReading: Sendable, Equatable {
  package var series: LoadSeries
  /// How many series were joined.
  package var seriesCount: Int
  /// Samples that are numbers, and that are none, of those series.
  package var samples: Int
  package var missing: Int
  /// Second 0 of the series, in seconds since 1970.
  package var startedAt: Double
  /// The smallest distance of two samples; nil where there are not two.
  package var stepSeconds: Double?
}

/// A file of series that comes in pieces.
protocol SeriesReader {
  /// - Throws: with what is wrong with the file, and the line. Nothing more is to be read then.
  mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(LoadError)
  mutating func finish() throws(LoadError) -> LoadReading
}

/// Reads a load from a file of series, piece by piece, in bounded memory.
package struct LoadReader {
  private let selection: LoadSelection
  private var reader: (any SeriesReader)?
  /// The first bytes of a file whose format is not known yet.
  private var beginning: [UInt8] = []

  /// - Parameter format: nil: by how the file begins.
  package init(_ selection: LoadSelection, format: LoadFormat? = nil) {
    self.selection = selection
    if let format { open(format) }
  }

  private mutating func open(_ format: LoadFormat) {
    reader =
      switch format {
      case .prometheus: PrometheusReader(selection)
      case .openMetrics: OpenMetricsReader(selection)
      case .csv: CSVReader(selection)
      }
  }

  package mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(LoadError) {
    if reader != nil {
      try reader?.consume(bytes)
      return
    }
    beginning += bytes
    let start = beginning.firstIndex { $0 > 0x20 } ?? beginning.count
    guard let second = beginning.dropFirst(start + 1).first(where: { $0 > 0x20 }) else {
      guard beginning.count < 4096 else { throw LoadError("the file begins with blanks only") }
      return
    }
    open(LoadFormat(beginning[start], second))
    try release()
  }

  private mutating func release() throws(LoadError) {
    let bytes = beginning
    beginning = []
    try bytes.withUnsafeBufferPointer { (bytes) throws(LoadError) in try reader?.consume(UnsafeRawBufferPointer(bytes)) }
  }

  package mutating func finish() throws(LoadError) -> LoadReading {
    if reader == nil {
      guard beginning.contains(where: { $0 > 0x20 }) else { throw LoadError("the file is empty") }
      open(.csv)
      try release()
    }
    return try reader!.finish()
  }
}
