/// The text format of metrics endpoints. Source: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
///
/// Buckets and quantiles are left out; the sum and the count of a histogram or summary are counters. Timestamps are not used.
package enum PrometheusText {
  package static let nameLimit = 256
  package static let labelLimit = 64

  package struct Result: Sendable, Equatable {
    package var samples: [MetricSample] = []
    /// Lines that could not be read, with why; the first few.
    package var problems: [String] = []
  }

  package static func parse(_ text: String) -> Result {
    var result = Result()
    var types: [String: String] = [:]
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      var reader = LineReader(line)
      reader.skipSpaces()
      guard let first = reader.peek else { continue }
      if first == UInt8(ascii: "#") {
        let words = line.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        if words.count >= 4, words[1] == "TYPE" { types[words[2]] = words[3].filter { $0 != "\r" } }
        continue
      }
      do throws(Problem) {
        if let sample = try reader.sample(types) { result.samples.append(sample) }
      } catch {
        if result.problems.count < 5 { result.problems.append("line \(number): \(error.message)") }
      }
    }
    return result
  }

  fileprivate struct Problem: Error { var message: String }

  /// Of the type line that is for it: "x_count" belongs to the histogram "x".
  ///
  /// Whether it is a counter; nil for what is left out.
  fileprivate static func isCounter(_ name: String, _ types: [String: String]) -> Bool? {
    if let type = types[name] {
      if type == "histogram" || type == "summary" { return nil }
      return type == "counter"
    }
    for (suffix, isCounted) in [("_bucket", false), ("_sum", true), ("_count", true)] where name.hasSuffix(suffix) {
      let type = types[String(name.dropLast(suffix.count))]
      if type == "histogram" || type == "summary" { return isCounted ? true : nil }
    }
    return false
  }
}

private struct LineReader {
  private let bytes: Substring.UTF8View
  private var index: Substring.UTF8View.Index

  init(_ line: Substring.UTF8View.SubSequence) {
    bytes = line
    index = line.startIndex
  }

  var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  mutating func skipSpaces() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D { bytes.formIndex(after: &index) }
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    bytes.formIndex(after: &index)
    return true
  }

  private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
    let start = index
    while let byte = peek, belongs(byte) { bytes.formIndex(after: &index) }
    return String(Substring(bytes[start..<index]))
  }

  private static func isName(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      || (0x61...0x7A).contains(byte)
  }

  mutating func sample(_ types: [String: String]) throws(PrometheusText.Problem) -> MetricSample? {
    let name = word(LineReader.isName)
    guard !name.isEmpty, name.utf8.count <= PrometheusText.nameLimit else {
      throw PrometheusText.Problem(message: "a name of 1 to \(PrometheusText.nameLimit) letters, digits, '_' and ':' is wanted")
    }
    skipSpaces()
    var labels: [Member] = []
    if consume(UInt8(ascii: "{")) { labels = try self.labels() }
    skipSpaces()
    let text = word { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
    guard let value = LineReader.number(text) else {
      throw PrometheusText.Problem(message: "\"\(text.prefix(40))\" is no number")
    }
    guard let isCounter = PrometheusText.isCounter(name, types), value.isFinite else { return nil }
    return MetricSample(name, TextMap(tree: .object(labels)), value: value, isCounter: isCounter)
  }

  private static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case "nan": .nan
    case "+inf", "inf": .infinity
    case "-inf": -.infinity
    case "": nil
    default: Double(text)
    }
  }

  private mutating func labels() throws(PrometheusText.Problem) -> [Member] {
    var labels: [Member] = []
    while true {
      skipSpaces()
      if consume(UInt8(ascii: "}")) { return labels }
      let name = word(LineReader.isName)
      skipSpaces()
      guard !name.isEmpty, consume(UInt8(ascii: "=")) else {
        throw PrometheusText.Problem(message: "a label wants NAME=\"VALUE\"")
      }
      skipSpaces()
      guard consume(UInt8(ascii: "\"")) else { throw PrometheusText.Problem(message: "the value of label \(name) wants quotes") }
      guard labels.count < PrometheusText.labelLimit else {
        throw PrometheusText.Problem(message: "more than \(PrometheusText.labelLimit) labels")
      }
      labels.append(Member(key: Key(name), value: .string(try quoted())))
      skipSpaces()
      if !consume(UInt8(ascii: ",")), peek != UInt8(ascii: "}") {
        throw PrometheusText.Problem(message: "a comma or } is wanted after label \(name)")
      }
    }
  }

  private mutating func quoted() throws(PrometheusText.Problem) -> String {
    var value: [UInt8] = []
    while let byte = peek {
      bytes.formIndex(after: &index)
      if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\"), let escaped = peek else {
        value.append(byte)
        continue
      }
      bytes.formIndex(after: &index)
      value.append(escaped == UInt8(ascii: "n") ? 0x0A : escaped)
    }
    throw PrometheusText.Problem(message: "a label's value has no end")
  }
}
