import CoreLoad
import CoreObjects
import Foundation
import Testing

/// Debian's, of the package prometheus.
enum Promtool {
  static let path = "/usr/bin/promtool"
  static let isThere = FileManager.default.isExecutableFile(atPath: path)

  /// What `promtool test rules` says of one test file; nil where all was as expected.
  static func complaint(of tests: String) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appending(path: "promtool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "groups: []\n".write(to: folder.appending(path: "rules.yml"), atomically: false, encoding: .utf8)
    try tests.write(to: folder.appending(path: "test.yml"), atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["test", "rules", folder.appending(path: "test.yml").path]
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : output
  }
}

@Suite("Promtool's notation of series") struct SeriesNotationTests {
  private func values(_ text: String, interval: Double = 60) throws -> [Double?] {
    let series = try SeriesNotation.series(text, intervalSeconds: interval)
    return zip(series.seconds, series.values).map { $1.isNaN ? nil : $1 }
  }

  @Test("says values, steps, repetitions, blanks and staleness")
  func meaning() throws {
    #expect(try values("1 2 3") == [1, 2, 3])
    #expect(try values("5x4") == [5, 5, 5, 5, 5])
    #expect(try values("1+2x3") == [1, 3, 5, 7])
    #expect(try values("-3-2x3") == [-3, -5, -7, -9])
    #expect(try values("1 stale 2") == [1, nil, 2])
    let series = try SeriesNotation.series("0+50x2 _x7 9", intervalSeconds: 60)
    #expect(series.seconds == [0, 60, 120, 420.001, 600] && Array(series.values.prefix(3)) == [0, 50, 100])
    var cursor = 0
    #expect(series.level(at: 420, &cursor) == 100 && series.level(at: 421, &cursor) == nil)
    #expect(series.level(at: 600, &cursor) == 9)
  }

  @Test("in which something is wrong is answered with the character")
  func wrong() {
    func message(_ text: String) -> String {
      do { return "\(try SeriesNotation.series(text, intervalSeconds: 60).values)" } catch { return error.description }
    }
    #expect(message("1 2 three") == "character 5: \"three\" is not expected in a series")
    #expect(message("1+1") == "the series ends in the middle of an item: \"x\" and a number are wanted")
    #expect(message("1 {{schema:1}}") == "character 3: native histograms are no load")
    #expect(message("1_000") == "character 1: \"1_000\" is no number")
    #expect(message("1x99999999999999999999") == "a series of more than 1000000 samples")
    #expect(message("0x1000000 0x1000000") == "a series of more than 1000000 samples")
    #expect(message("_x5") == "a series without a sample" && message("") == "a series without a sample")
  }

  static let accepted = [
    "1x4", "_x4 1", "-3-2x3", "1e2x2 .5 1. 2", "1   2", " 1 ", "1x03", "1 +1x3", "1x0", "_x0 1", "+1", "-010 0", "00 007 0.7",
    "1 stale", "1 stale 3 _x8 4", "1 _ _ _ _ _ _ 2", "1+1e0x2", "1-.5x2", "08x2", "0.1+0.1x9", "0+50x20 _x5 stale",
    "9223372036854775808",
    "NaN 1 Inf -inf 4 +iNf", "1\t2", "1e-3", "1E2", "0x5", "010+010x3", "stale 5", "5 stale stale _x3 6", "1 NaN _x3",
    "1 stale+1x2 3", "stale-1x0 4",
  ]
  static let refused = [
    "-3+-2x3", "1+1", "1 stalex3 2", "Infx3", "_x2x3", "1 x3", "1e400", "0b11 2", "1_2", "1, 2", "a", "1e", "+-1", "1++1x2",
    "STALE", "1_",
    "_1", "__ 1", "{{schema:0}}", "1x3x2", "0x", "1# 2", "1 # 2", "x3", "1x-3", "1x1.5", "1.2.3", ".", "-", "1+x3", "stale1",
    "NaN2", "1x3 4x",
    "0xa", "1xx2", "1 ü", "_+1x2", "stale+1",
  ]

  /// Test groups in which promtool expects at each interval what Wavetank reads.
  private func group(_ text: String, interval: Int) throws -> String {
    let series = try SeriesNotation.series(text, intervalSeconds: Double(interval))
    var cursor = 0
    var yaml = """
      - interval: \(interval)s
        input_series: [{series: queue, values: '\(text)'}]
        promql_expr_test:

      """
    for step in 0...(Int(series.end) / interval + 8) {
      var level = series.level(at: Double(step * interval), &cursor)
      // Prometheus forgets the last sample as it forgets all.
      if let last = series.seconds.last, Double(step * interval) > last + 300 { level = nil }
      let samples = level.map { "[{labels: queue, value: \($0)}]" } ?? "[]"
      yaml += "  - {expr: 'queue < Inf > -Inf', eval_time: \(step * interval)s, exp_samples: \(samples)}\n"
    }
    return yaml
  }

  @Test(
    "is read number by number as promtool reads it",
    .enabled(if: Promtool.isThere, "no promtool: it is in Debian's package prometheus"))
  func numbers() throws {
    var tests = "rule_files: [rules.yml]\ntests:\n"
    for interval in [15, 60, 300] { for text in Self.accepted { tests += try group(text, interval: interval) } }
    #expect(try Promtool.complaint(of: tests) == nil)
    let planted = tests.replacingOccurrences(of: "value: 0.9999999999999999}", with: "value: 1.0}")
    #expect(try Promtool.complaint(of: planted) != nil, "a number that is another one by its last bit is noticed")
  }

  @Test(
    "is refused where promtool refuses it", .enabled(if: Promtool.isThere, "no promtool: it is in Debian's package prometheus"))
  func refusals() throws {
    for text in Self.refused {
      #expect(throws: LoadError.self, "\(text)") { try SeriesNotation.series(text, intervalSeconds: 60) }
      #expect(try refuses(text), "promtool accepts \(text)")
    }
  }

  private func refuses(_ text: String) throws -> Bool {
    try Promtool.complaint(
      of: "rule_files: [rules.yml]\ntests:\n- interval: 1m\n  input_series: [{series: queue, values: '\(text)'}]\n"
        + "  promql_expr_test: [{expr: vector(1), eval_time: 0s, exp_samples: [{labels: '{}', value: 1}]}]\n") != nil
  }

  @Test(
    "of random items is read as promtool reads it, or refused as it does",
    .enabled(if: Promtool.isThere, "no promtool: it is in Debian's package prometheus"))
  func random() throws {
    var random = RandomSource(seed: 11)
    let parts = [
      "1", "0", "7", "12", ".", "e", "+", "-", "x", "x2", "_", " ", " ", " ", "stale", "NaN", "Inf", "3", "+1x2", "-2x1", "_x3",
    ]
    var tests = "rule_files: [rules.yml]\ntests:\n"
    var (read, refused) = (0, 0)
    while read < 150 || refused < 60 {
      let text = (0..<1 + random.below(7)).map { _ in parts[random.below(parts.count)] }.joined()
      do {
        tests += try group(text, interval: 60)
        read += 1
      } catch let error as LoadError {
        // Promtool takes a series without a sample.
        if error.message == "a series without a sample" || refused >= 60 { continue }
        refused += 1
        #expect(try refuses(text), "promtool accepts \(text)")
      }
    }
    #expect(try Promtool.complaint(of: tests) == nil)
  }
}
