import CoreObjects

/// Samples with timestamps in the text formats of Prometheus: OpenMetrics 1.0 (times in seconds), Prometheus' own 0.0.4 (in
/// milliseconds; the size of the first time tells which), and what `promtool tsdb dump` prints. A series is a gauge unless the
/// selection asks for the rate of a counter; exemplars, `_created` and the other lines are passed over.
struct OpenMetricsReader: LineReader {
  private static let namesLimit = 20

  var lines = LineBuffer()
  private let selection: LoadSelection
  private var join: SeriesJoin
  private var kind: TimeText.Kind?
  /// The metrics that there are, the first few, and the one that is read.
  private var names: [String] = []
  private var name: String?
  private var hasEnded = false

  init(_ selection: LoadSelection) {
    self.selection = selection
    join = SeriesJoin(selection, .lookback)
    name = selection.name
  }

  mutating func read(_ line: UnsafeBufferPointer<UInt8>) throws(LoadError) {
    let number = lines.number
    var parser = SampleLine(line)
    parser.skipBlanks()
    guard let first = parser.peek else { return }
    if hasEnded { throw LoadError(line: number, "something follows # EOF") }
    if first == UInt8(ascii: "#") {
      hasEnded = line.trimmed.elementsEqual("# EOF".utf8)
      return
    }
    try parser.labels(selection, number)
    guard isChosen(&parser) else { return }
    let value = parser.word()
    if value.first == UInt8(ascii: "{") { throw LoadError(line: number, "native histograms are no load") }
    guard let sample = NumberText.sample(value) else {
      throw LoadError(line: number, "\"\(value.text.excerpt)\" is no number")
    }
    let time = parser.word()
    guard !time.isEmpty, time[0] != UInt8(ascii: "#") else {
      throw LoadError(line: number, "no time: samples of one moment are no series")
    }
    guard let (seconds, kind) = TimeText.number(time) else {
      throw LoadError(line: number, "\"\(time.text.excerpt)\" is no time")
    }
    if let before = self.kind, before != kind { throw LoadError(line: number, before.mixed(with: kind)) }
    self.kind = kind
    try join.add(parser.id, seconds, sample, line: number)
  }

  /// By name and labels. Remembers the names that there are.
  private mutating func isChosen(_ line: inout SampleLine) -> Bool {
    if let name, line.name.elementsEqual(name.utf8) { return line.hasLabels }
    let found = String(decoding: line.name, as: UTF8.self)
    if found.hasSuffix("_created"), selection.name == nil { return false }
    if names.count < OpenMetricsReader.namesLimit, line.hasLabels, !names.contains(found) { names.append(found) }
    guard name == nil, line.hasLabels else { return false }
    name = found
    return true
  }

  mutating func finish() throws(LoadError) -> LoadReading {
    try finishLines()
    if selection.name == nil, names.count > 1 {
      throw LoadError("which metric? There are \(names.joined(separator: ", "))")
    }
    if join.seriesCount == 0, !names.isEmpty || !selection.labels.isEmpty {
      throw LoadError(
        "no series is chosen; there are \(names.isEmpty ? "none with these labels" : names.joined(separator: ", "))")
    }
    return try join.finish()
  }
}

/// One line of a sample: name and labels, and the words behind them.
struct SampleLine {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0
  private(set) var name: [UInt8] = []
  /// Of name and labels as they are written.
  private(set) var id: UInt64 = 0
  /// Whether it has all labels that are asked for.
  private(set) var hasLabels = true

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

  mutating func skipBlanks() { while let byte = peek, byte == 0x20 || byte == 0x09 { place += 1 } }

  /// The bytes up to the next blank.
  mutating func word() -> UnsafeBufferPointer<UInt8> {
    skipBlanks()
    let start = place
    while let byte = peek, byte != 0x20, byte != 0x09 { place += 1 }
    return UnsafeBufferPointer(rebasing: bytes[start..<place])
  }

  mutating func labels(_ selection: LoadSelection, _ line: Int) throws(LoadError) {
    let start = place
    name = nameText()
    var found = 0
    if peek == UInt8(ascii: "{") {
      place += 1
      try labelList(selection, &found, line)
    }
    guard !name.isEmpty else { throw LoadError(line: line, "a metric's name is wanted: \"\(bytes.text.excerpt)\"") }
    id = FNV.hash(UnsafeBufferPointer(rebasing: bytes[start..<place]))
    hasLabels = found == selection.labels.count
  }

  private mutating func labelList(_ selection: LoadSelection, _ found: inout Int, _ line: Int) throws(LoadError) {
    while true {
      skipBlanks()
      if peek == UInt8(ascii: "}") {
        place += 1
        return
      }
      let label = peek == UInt8(ascii: "\"") ? try quoted(line) : nameText()
      skipBlanks()
      if peek == UInt8(ascii: "=") {
        place += 1
        skipBlanks()
        guard !label.isEmpty, peek == UInt8(ascii: "\"") else { throw LoadError(line: line, "a label wants NAME=\"VALUE\"") }
        let value = try quoted(line)
        if label.elementsEqual("__name__".utf8) { name = value }
        for wanted in selection.labels where label.elementsEqual(wanted.name.utf8) && value.elementsEqual(wanted.value.utf8) {
          found += 1
        }
      } else {
        // Names beyond letters and digits stand within the braces, in quotes.
        guard name.isEmpty, !label.isEmpty else { throw LoadError(line: line, "a label wants NAME=\"VALUE\"") }
        name = label
      }
      skipBlanks()
      if peek == UInt8(ascii: ",") {
        place += 1
      } else if peek != UInt8(ascii: "}") {
        throw LoadError(line: line, "a comma or } is wanted behind a label")
      }
    }
  }

  private mutating func nameText() -> [UInt8] {
    let start = place
    while let byte = peek, 97...122 ~= byte | 32 || 48...58 ~= byte || byte == 95 || byte == 46 { place += 1 }
    return Array(bytes[start..<place])
  }

  private mutating func quoted(_ line: Int) throws(LoadError) -> [UInt8] {
    place += 1
    var value: [UInt8] = []
    while let byte = peek {
      place += 1
      if byte == UInt8(ascii: "\"") { return value }
      guard byte == UInt8(ascii: "\\"), let escaped = peek else {
        value.append(byte)
        continue
      }
      place += 1
      value.append(escaped == UInt8(ascii: "n") ? 0x0A : escaped)
    }
    throw LoadError(line: line, "a label's value has no end")
  }
}
