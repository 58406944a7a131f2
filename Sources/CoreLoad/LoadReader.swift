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
  private let format: LoadFormat?
  private var reader: (any SeriesReader)?
  /// The first bytes of a file of which it is not known yet how it is written.
  private var beginning: [UInt8] = []
  private var hasBegun = false
  /// Grafana's download for Excel is UTF-16.
  private var wide: WideText?

  /// - Parameter format: nil: by how the file begins.
  package init(_ selection: LoadSelection, format: LoadFormat? = nil) {
    self.selection = selection
    self.format = format
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
    if wide == nil, reader != nil {
      try reader?.consume(bytes)
      return
    }
    beginning += wide?.utf8(bytes) ?? Array(bytes)
    try begin()
  }

  /// Passes the mark of the encoding over, and finds the format.
  private mutating func begin(isEnd: Bool = false) throws(LoadError) {
    if !hasBegun {
      guard beginning.count >= 3 || isEnd else { return }
      hasBegun = true
      if beginning.starts(with: [0xEF, 0xBB, 0xBF]) { beginning.removeFirst(3) }
      for isLittle in [true, false] where beginning.starts(with: isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF]) {
        wide = WideText(isLittle: isLittle)
        beginning = Array(beginning[2...]).withUnsafeBytes { wide!.utf8($0) }
      }
    }
    if reader == nil {
      let start = beginning.firstIndex { $0 > 0x20 } ?? beginning.count
      if let format {
        open(format)
      } else if let second = beginning.dropFirst(start + 1).first(where: { $0 > 0x20 }) {
        open(LoadFormat(beginning[start], second))
      } else if isEnd {
        open(.csv)
      } else {
        guard beginning.count < 4096 else { throw LoadError("the file begins with blanks only") }
        return
      }
    }
    let bytes = beginning
    beginning = []
    try bytes.withUnsafeBufferPointer { (bytes) throws(LoadError) in try reader?.consume(UnsafeRawBufferPointer(bytes)) }
  }

  package mutating func finish() throws(LoadError) -> LoadReading {
    try begin(isEnd: true)
    return try reader!.finish()
  }
}
