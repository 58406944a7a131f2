import CoreObjects

/// Tables with a header and a time in each line: Grafana's export, locust's `_stats_history.csv`, k6's long form, and what else has the
/// shape.
///
/// Columns of words tell series apart, as labels do. A column's name that comes again behind an empty line begins another table, as in
/// Grafana's export of several frames. Times without an offset are read as UTC.
struct CSVReader: LineReader {
  /// Lines that are looked at to see what columns hold.
  private static let looks = 100

  var lines = LineBuffer(hasQuotes: true)
  private let selection: LoadSelection
  private var join: SeriesJoin
  private var totals: SecondTotals?
  private var delimiter: UInt8?
  private var table: CSVTable?
  private var columns: Columns?
  /// Lines that came before it was clear what columns hold.
  private var waiting: [(number: Int, bytes: [UInt8])] = []
  private var isBehindEmptyLine = false
  private var kind: TimeText.Kind?
  private var metrics: [String] = []

  /// Which columns are read.
  private struct Columns {
    var values: [Int]
    var words: [Int]
    /// Columns, and what must stand in them.
    var labels: [(column: Int, text: [UInt8])]
    /// Where the metric's name stands, in k6's form.
    var metric: Int?
  }

  init(_ selection: LoadSelection) {
    self.selection = selection
    join = SeriesJoin(selection, .untilNext)
    if let gather = selection.gather { totals = SecondTotals(gather) }
  }

  mutating func read(_ line: UnsafeBufferPointer<UInt8>) throws(LoadError) {
    let number = lines.number
    if line.trimmed.isEmpty {
      isBehindEmptyLine = true
      return
    }
    defer { isBehindEmptyLine = false }
    if table == nil, line.count == 5, line.starts(with: Array("sep=".utf8)) {
      delimiter = line[4]
      return
    }
    if let table, isBehindEmptyLine, CSVCells(line, delimiter: table.delimiter).isHeader(of: table) {
      try decide()
      self.table = nil
      columns = nil
    }
    guard table != nil else {
      table = try CSVTable(header: line, delimiter: delimiter, line: number)
      return
    }
    let cells = CSVCells(line, delimiter: table!.delimiter)
    try check(cells, number)
    if columns != nil { return try row(cells, number) }
    waiting.append((number, Array(line)))
    table!.look(at: cells, number)
    if table!.isDecided || waiting.count >= CSVReader.looks || line.count > LineBuffer.limit / CSVReader.looks { try decide() }
  }

  private func check(_ cells: CSVCells, _ number: Int) throws(LoadError) {
    let names = table!.names.count
    if cells.count == names || (cells.count == names + 1 && cells.text(names).isEmpty) { return }
    throw LoadError(line: number, "\(cells.count) cells under \(names) names of columns")
  }

  /// Chooses the columns, and reads the lines that waited for it.
  private mutating func decide() throws(LoadError) {
    guard let table, columns == nil else { return }
    guard !waiting.isEmpty else { return }
    var chosen = Columns(values: [], words: table.wordColumns, labels: [], metric: nil)
    if table.isK6 {
      chosen = Columns(values: [2], words: [], labels: [], metric: 0)
      if totals == nil, let name = selection.name { totals = SecondTotals(.ofK6(name)) }
    } else {
      chosen.values = try table.valueColumns(selection.name)
      // Grafana names a column as the series is named.
      for name in chosen.values.map({ table.names[$0].prefix { $0 != "{" } }) where name.hasSuffix("_total") {
        try selection.requireNoCounter(String(name), line: nil)
      }
    }
    var labels = selection.labels
    if table.isLocust, !labels.contains(where: { $0.name == "Name" }) { labels.append(("Name", "Aggregated")) }
    for (name, value) in labels {
      guard let column = table.names.firstIndex(of: name) else {
        throw LoadError("no column \"\(name.excerpt)\" among \(table.names.map(\.excerpt).joined(separator: ", "))")
      }
      chosen.labels.append((column, Array(value.utf8)))
    }
    columns = chosen
    let lines = waiting
    waiting = []
    for line in lines {
      try line.bytes.withUnsafeBufferPointer { (bytes) throws(LoadError) in
        try row(CSVCells(bytes, delimiter: table.delimiter), line.number)
      }
    }
  }

  private mutating func row(_ cells: CSVCells, _ number: Int) throws(LoadError) {
    guard let table, let columns else { return }
    for label in columns.labels where !cells.with(label.column, { $0.elementsEqual(label.text) }) { return }
    guard try isChosen(cells, columns) else { return }
    guard let (time, kind) = cells.with(table.timeColumn, TimeText.read) else {
      throw LoadError(
        line: number, "\"\(cells.text(table.timeColumn).excerpt)\" is no time (column \(table.names[table.timeColumn]))")
    }
    if let before = self.kind, before != kind { throw LoadError(line: number, before.mixed(with: kind)) }
    self.kind = kind
    var id = FNV.basis
    for column in columns.words { id = cells.with(column) { FNV.hash($0, (id ^ UInt64(column)) &* 31) } }
    for column in columns.values {
      let value: Double
      switch table.content(of: cells, column) {
      case .number(let amount, let measure):
        guard selection.fits(measure) else {
          throw LoadError(
            line: number,
            "\"\(cells.text(column).excerpt)\" \(selection.misfit(measure)) (column \(table.names[column].excerpt))")
        }
        value = amount
      case .missing: value = .nan
      case .text:
        throw LoadError(line: number, "\"\(cells.text(column).excerpt)\" is no number (column \(table.names[column].excerpt))")
      }
      if totals == nil {
        try join.add(FNV.hash(table.names[column], id), time, value, line: number)
      } else {
        try totals!.add(time, value, line: number, to: &join)
      }
    }
  }

  /// By the metric's name, in k6's form. Remembers the names that there are.
  private mutating func isChosen(_ cells: CSVCells, _ columns: Columns) throws(LoadError) -> Bool {
    guard let column = columns.metric else { return true }
    if let name = selection.name, cells.with(column, { $0.elementsEqual(name.utf8) }) { return true }
    if metrics.count < 30 {
      let name = cells.text(column)
      if !metrics.contains(name) { metrics.append(name) }
    }
    return false
  }

  mutating func finish() throws(LoadError) -> LoadReading {
    try finishLines()
    try decide()
    if table == nil { throw LoadError("the file is empty") }
    if !metrics.isEmpty, join.seriesCount == 0, totals?.isEmpty ?? true {
      let question = selection.name.map { "no metric \"\($0.excerpt)\"; there" } ?? "which metric? There"
      throw LoadError("\(question) are \(metrics.joined(separator: ", "))")
    }
    try totals?.finish(&join)
    if join.seriesCount == 0, !selection.labels.isEmpty { throw LoadError("no line has the labels that are asked for") }
    return try join.finish()
  }
}

extension CSVCells {
  fileprivate func isHeader(of table: CSVTable) -> Bool {
    table.timeColumn < count && text(table.timeColumn) == table.names[table.timeColumn]
  }
}
