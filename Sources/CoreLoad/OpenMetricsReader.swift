/// Samples with timestamps in the text formats of Prometheus: OpenMetrics 1.0 (times in seconds), Prometheus' own 0.0.4 (in
/// milliseconds; the size of the first time tells which), and what `promtool tsdb dump` prints. A series is a gauge unless the
/// selection asks for the rate of a counter; exemplars, `_created` and the other lines are passed over, but for what a series is said
/// to be: a counter, or of a unit.
struct OpenMetricsReader: LineReader {
  private static let namesLimit = 20

  var lines = LineBuffer()
  private let selection: LoadSelection
  private var join: SeriesJoin
  private var kind: TimeText.Kind?
  /// The metrics that there are, the first few, and the one that is read.
  private var names: [String] = []
  private var name: String?
  /// What was said last of a family's type, and of its unit: its samples follow.
  private var type: (family: String, word: String, line: Int)?
  private var unit: (family: String, word: String, line: Int)?
  private var isChecked = false
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
      declare(line, number)
      return
    }
    try parser.labels(selection, number)
    guard isChosen(&parser) else { return }
    if !isChecked { try check(String(decoding: parser.name, as: UTF8.self), number) }
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

  /// "# TYPE work counter", "# UNIT work seconds"
  private mutating func declare(_ line: UnsafeBufferPointer<UInt8>, _ number: Int) {
    if isChecked { return }
    let words = line.text.split(separator: " ")
    guard words.count == 4 else { return }
    if words[1] == "TYPE" { type = (String(words[2]), String(words[3]), number) }
    if words[1] == "UNIT" { unit = (String(words[2]), String(words[3]), number) }
  }

  /// - Throws: where the series is declared to be something else than the load.
  private mutating func check(_ name: String, _ line: Int) throws(LoadError) {
    isChecked = true
    let isTotal = name.hasSuffix("_total")
    let families = [name, isTotal ? String(name.dropLast(6)) : name]
    if let type, type.word == "counter", families.contains(type.family) { try selection.requireNoCounter(name, line: type.line) }
    if isTotal { try selection.requireNoCounter(name, line: line) }
    guard let unit, families.contains(unit.family) else { return }
    let measures: [String: LoadUnit.Measure] = ["bytes": .bytes, "seconds": .seconds, "percent": .percent, "cores": .cores]
    if let measure = measures[unit.word], !selection.fits(measure) {
      throw LoadError(line: unit.line, "\"\(unit.word)\" \(selection.misfit(measure))")
    }
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
