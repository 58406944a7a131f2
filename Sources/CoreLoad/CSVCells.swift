/// The cells of one line of CSV.
struct CSVCells {
  private let line: UnsafeBufferPointer<UInt8>
  private(set) var cells: [(range: Range<Int>, isQuoted: Bool)] = []

  init(_ line: UnsafeBufferPointer<UInt8>, delimiter: UInt8) {
    self.line = line
    var (start, isQuoted, hasQuotes) = (0, false, false)
    for index in 0..<line.count {
      if line[index] == UInt8(ascii: "\"") {
        isQuoted.toggle()
        hasQuotes = true
      } else if line[index] == delimiter, !isQuoted {
        cells.append((start..<index, hasQuotes))
        (start, hasQuotes) = (index + 1, false)
      }
    }
    cells.append((start..<line.count, hasQuotes))
  }

  var count: Int { cells.count }

  /// A cell's text without its quotes.
  func with<Result>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let cell = UnsafeBufferPointer(rebasing: line[cells[column].range]).trimmed
    guard cells[column].isQuoted, cell.first == UInt8(ascii: "\"") else { return body(cell) }
    var text: [UInt8] = []
    var index = 1
    while index < cell.count {
      if cell[index] == UInt8(ascii: "\"") {
        guard index + 1 < cell.count, cell[index + 1] == UInt8(ascii: "\"") else { break }
        index += 1
      }
      text.append(cell[index])
      index += 1
    }
    return text.withUnsafeBufferPointer(body)
  }

  func text(_ column: Int) -> String { with(column, \.text) }
}
