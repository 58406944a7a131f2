/// Reads lines from pieces of a file.
protocol LineReader: SeriesReader {
  var lines: LineBuffer { get set }
  /// - Parameter line: without its end
  mutating func read(_ line: UnsafeBufferPointer<UInt8>) throws(LoadError)
}

struct LineBuffer {
  static let limit = 1 << 20
  /// Line ends within quotes belong to the line.
  let hasQuotes: Bool
  /// Of the line that is read, from 1.
  private(set) var number = 1
  private var rest: [UInt8] = []
  fileprivate private(set) var isQuoted = false
  private var innerEnds = 0

  init(hasQuotes: Bool = false) { self.hasQuotes = hasQuotes }

  /// Where the line ends that begins at a place or before the piece; nil where it does not end in this piece.
  fileprivate mutating func end(in bytes: UnsafeBufferPointer<UInt8>, from place: Int) -> Int? {
    for index in place..<bytes.count {
      if bytes[index] == 0x0A {
        if !isQuoted { return index }
        innerEnds += 1
      } else if hasQuotes, bytes[index] == UInt8(ascii: "\"") {
        isQuoted.toggle()
      }
    }
    return nil
  }

  fileprivate mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) throws(LoadError) {
    guard rest.count + bytes.count <= LineBuffer.limit else {
      throw LoadError(line: number, "longer than \(LineBuffer.limit) bytes" + (isQuoted ? ": a quote is not closed" : ""))
    }
    rest += bytes
  }

  fileprivate mutating func takeRest() -> [UInt8] {
    defer { rest = [] }
    return rest
  }

  fileprivate mutating func passLine() {
    number += 1 + innerEnds
    innerEnds = 0
  }

  fileprivate var hasRest: Bool { !rest.isEmpty }
}

extension LineReader {
  mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(LoadError) {
    try bytes.withMemoryRebound(to: UInt8.self) { (bytes) throws(LoadError) in
      var place = 0
      while let end = lines.end(in: bytes, from: place) {
        let piece = UnsafeBufferPointer(rebasing: bytes[place..<end])
        if lines.hasRest {
          try lines.keep(piece)
          try readRest()
        } else {
          try readLine(piece)
        }
        lines.passLine()
        place = end + 1
      }
      try lines.keep(UnsafeBufferPointer(rebasing: bytes[place...]))
    }
  }

  /// Reads the last line, which has no end.
  mutating func finishLines() throws(LoadError) {
    if lines.isQuoted { throw LoadError(line: lines.number, "a quote is not closed") }
    if lines.hasRest { try readRest() }
  }

  private mutating func readRest() throws(LoadError) {
    let line = lines.takeRest()
    try line.withUnsafeBufferPointer { (line) throws(LoadError) in try readLine(line) }
  }

  private mutating func readLine(_ line: UnsafeBufferPointer<UInt8>) throws(LoadError) {
    try read(line.last == 0x0D ? UnsafeBufferPointer(rebasing: line.dropLast()) : line)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Without blanks around it.
  var trimmed: UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, count)
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return UnsafeBufferPointer(rebasing: self[start..<end])
  }
  var text: String { String(decoding: self, as: UTF8.self) }
}
