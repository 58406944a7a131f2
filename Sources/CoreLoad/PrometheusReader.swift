/// The answer to a range query: Prometheus' own (`/api/v1/query_range`, or a query of a range at one moment), its `data` or `result`
/// alone, and what `promtool query range -o json` prints. No tree of it is made.
struct PrometheusReader: SeriesReader {
  /// Where in the answer a value stands; each with what its members or elements are.
  private enum Place: Equatable {
    case top, answer, result, series, metric, samples, sample
    /// Anything that does not matter.
    case other
  }

  private let selection: LoadSelection
  private var json = JSONPieces()
  private var join: SeriesJoin
  private var places: [Place] = []
  private var key = ""
  private var hasResult = false
  private var isError = false
  // Of the series that comes.
  private var found = 0
  private var hasMetric = false
  private var seriesBefore: UInt64 = 0
  /// Of the sample that comes, how many elements there were, and its time.
  private var elements = 0
  private var time = 0.0
  /// Metrics that were not chosen, the first few.
  private var names: [String] = []

  init(_ selection: LoadSelection) {
    self.selection = selection
    join = SeriesJoin(selection, .step, isByTime: false)
  }

  mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(LoadError) {
    try bytes.withMemoryRebound(to: UInt8.self) { (bytes) throws(LoadError) in
      var place = 0
      while let part = try json.next(bytes, &place) { try handle(part) }
    }
  }

  mutating func finish() throws(LoadError) -> LoadReading {
    if let part = try json.finish() { try handle(part) }
    if !json.hasBegun { throw LoadError("the file is empty") }
    guard json.isComplete else { throw LoadError(line: json.line, "the file ends in the middle of its JSON") }
    if isError { throw LoadError("Prometheus answered with an error, and not why") }
    guard hasResult else { throw wrong("it has no result") }
    if seriesBefore == 0 {
      throw LoadError(
        names.isEmpty
          ? "the query found no series"
          : "no series has the name and labels that are asked for; there are \(names.joined(separator: ", "))")
    }
    return try join.finish()
  }

  private func wrong(_ what: String) -> LoadError {
    LoadError(line: json.line, "no answer of Prometheus to a range query: \(what)")
  }

  private mutating func handle(_ part: JSONPieces.Part) throws(LoadError) {
    switch part {
    case .key: key = String(decoding: json.text, as: UTF8.self)
    case .startObject, .startArray: places.append(try place(of: part))
    case .endObject, .endArray: try end(places.removeLast())
    case .string, .scalar: try value(isText: part == .string)
    }
  }

  /// What begins here.
  private mutating func place(of part: JSONPieces.Part) throws(LoadError) -> Place {
    let isObject = part == .startObject
    switch places.last ?? .top {
    case .top: return isObject ? .answer : try startResult()
    case .answer:
      if key == "data", isObject { return .answer }
      if key == "result" {
        guard !isObject else { throw wrong("its result is an object") }
        return try startResult()
      }
    case .result:
      guard isObject else { throw wrong("the result is no list of series") }
      (found, hasMetric, key) = (0, false, "")
      return .series
    case .series:
      switch key {
      case "metric" where isObject: return .metric
      case "values" where !isObject:
        // Labels first, as everything writes them.
        guard hasMetric || selection.labels.isEmpty && selection.name == nil else {
          throw wrong("a series' values are before its labels")
        }
        return isChosen ? .samples : .other
      case "value": throw wrong("it is of one moment (\"vector\")")
      case "histograms", "histogram": if isChosen { throw LoadError(line: json.line, "native histograms are no load") }
      default: break
      }
    case .samples:
      guard !isObject else { throw wrong("a sample is an object") }
      elements = 0
      return .sample
    case .sample: throw wrong("a sample is not a time and a value")
    case .metric, .other: break
    }
    return .other
  }

  private mutating func startResult() throws(LoadError) -> Place {
    guard !hasResult else { throw wrong("it has two results") }
    hasResult = true
    return .result
  }

  private var isChosen: Bool { found == selection.labels.count + (selection.name == nil ? 0 : 1) }

  private mutating func end(_ place: Place) throws(LoadError) {
    switch place {
    case .metric: hasMetric = true
    case .samples:
      seriesBefore += 1
      join.endRun()
    case .sample: if elements != 2 { throw wrong("a sample is not a time and a value") }
    default: break
    }
  }

  private mutating func value(isText: Bool) throws(LoadError) {
    let text = json.text
    switch places.last ?? .top {
    case .top: throw wrong("it is a single value")
    case .answer:
      let word = String(decoding: text, as: UTF8.self)
      switch key {
      case "status" where word == "error": isError = true
      case "error": throw LoadError("Prometheus answered: \(word.prefix(300))")
      case "resultType" where word != "matrix": throw wrong("it is a \(word.excerpt), and a matrix is wanted")
      default: break
      }
    case .result: throw wrong("it is a single value")
    case .metric: try look(at: String(decoding: text, as: UTF8.self))
    case .samples: throw wrong("a sample is not a time and a value")
    case .sample:
      elements += 1
      if elements == 1 {
        guard !isText, let number = text.withUnsafeBufferPointer({ NumberText.double($0) }) else {
          throw wrong("a sample's time is no number")
        }
        time = number
      } else if elements == 2 {
        guard let number = text.withUnsafeBufferPointer({ NumberText.sample($0) }) else {
          throw LoadError(line: json.line, "\"\(String(decoding: text, as: UTF8.self).excerpt)\" is no number")
        }
        try join.add(seriesBefore, time, number, line: json.line)
      }
    case .series, .other: break
    }
  }

  private mutating func look(at label: String) throws(LoadError) {
    if key == "__name__" {
      // A rate has no name any more.
      if label.hasSuffix("_total"), selection.name ?? label == label { try selection.requireNoCounter(label, line: json.line) }
      if selection.name == label { found += 1 } else if names.count < 20, !names.contains(label) { names.append(label) }
    }
    for wanted in selection.labels where wanted.name == key && wanted.value == label { found += 1 }
  }
}
