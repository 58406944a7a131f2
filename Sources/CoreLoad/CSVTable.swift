/// What the header of a CSV file and the lines below it say about its columns.
struct CSVTable {
  enum Content { case unknown, numbers, words }
  private static let timeNames: Set<String> = [
    "time", "timestamp", "date", "datetime", "date time", "ts", "_time", "@timestamp", "unix", "epoch", "unix timestamp", "t",
    "second",
    "seconds", "elapsed",
  ]

  let delimiter: UInt8
  let names: [String]
  let timeColumn: Int
  /// Of each column but that of the time.
  var contents: [Content]
  private var firstWord: (line: Int, text: String, column: Int)?

  /// - Throws: where the line is no header.
  init(header: UnsafeBufferPointer<UInt8>, delimiter given: UInt8?, line: Int) throws(LoadError) {
    let delimiter = given ?? CSVTable.delimiter(of: header)
    let cells = CSVCells(header, delimiter: delimiter)
    self.delimiter = delimiter
    var names = (0..<cells.count).map { cells.text($0) }
    if names.last == "", names.count > 2 { names.removeLast() }
    guard names.count > 1 else {
      throw LoadError(line: line, "one column: a time and a number are wanted, with comma, semicolon or tab between them")
    }
    let isHeader = (0..<names.count).contains { column in cells.with(column) { CellText($0) == .text && TimeText.read($0) == nil }
    }
    guard isHeader else { throw LoadError(line: line, "the first line has to name the columns") }
    self.names = names
    timeColumn = names.firstIndex { CSVTable.timeNames.contains($0.lowercased()) } ?? 0
    contents = Array(repeating: .unknown, count: names.count)
  }

  /// That of comma, semicolon and tab which stands there most often outside of quotes.
  private static func delimiter(of header: UnsafeBufferPointer<UInt8>) -> UInt8 {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09]
    let counts = candidates.map { CSVCells(header, delimiter: $0).count }
    return candidates[counts.firstIndex(of: counts.max()!)!]
  }

  /// k6 has a line for each sample of each metric.
  var isK6: Bool { names.starts(with: ["metric_name", "timestamp", "metric_value"]) }
  /// locust has a line for each request's name, and one for all.
  var isLocust: Bool { names.starts(with: ["Timestamp", "User Count", "Type", "Name"]) }
  var isDecided: Bool { contents.indices.allSatisfy { $0 == timeColumn || contents[$0] != .unknown } }
  var numberColumns: [Int] { contents.indices.filter { $0 != timeColumn && contents[$0] == .numbers } }
  /// Columns that tell series apart.
  var wordColumns: [Int] { contents.indices.filter { $0 != timeColumn && contents[$0] == .words } }

  /// The first cell with something in it says what a column holds.
  mutating func look(at cells: CSVCells, _ line: Int) {
    for column in contents.indices where contents[column] == .unknown && column < cells.count && column != timeColumn {
      switch content(of: cells, column) {
      case .number: contents[column] = .numbers
      case .text:
        contents[column] = .words
        firstWord = firstWord ?? (line, cells.text(column), column)
      case .missing: break
      }
    }
  }

  func content(of cells: CSVCells, _ column: Int) -> CellText {
    cells.with(column) { CellText($0, hasCommas: delimiter != UInt8(ascii: ",")) }
  }

  /// The columns to read.
  func valueColumns(_ name: String?) throws(LoadError) -> [Int] {
    let numbers = numberColumns
    switch name {
    case "*" where !numbers.isEmpty: return numbers
    case nil where numbers.count == 1: return numbers
    case nil where numbers.count > 1: throw LoadError("which column? There are \(list(numbers))")
    case let name? where name != "*":
      if let column = names.firstIndex(of: name) { return [column] }
      throw LoadError("no column \"\(name.excerpt)\"; there are \(list(numbers.isEmpty ? Array(names.indices) : numbers))")
    default:
      // Those in which nothing stands yet may be read: the reader says where all is missing.
      let empty = contents.indices.filter { $0 != timeColumn && contents[$0] == .unknown }
      if empty.count == 1 { return empty }
      let word =
        firstWord.map { ": \"\($0.text.excerpt)\" (column \(names[$0.column].excerpt)) is none" } ?? ", only missing samples"
      throw LoadError(line: firstWord?.line, "no column of numbers among \(list(Array(names.indices)))\(word)")
    }
  }

  private func list(_ columns: [Int]) -> String {
    let shown = columns.prefix(30).map { names[$0].excerpt }.joined(separator: ", ")
    return columns.count > 30 ? shown + " and \(columns.count - 30) more" : shown
  }
}
