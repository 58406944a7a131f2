import CoreObjects
import CoreReport
import Foundation
import TestMachine
import Testing

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A run so small that its files can be read.
private func small() -> Rehearsed {
  var record = AutoscalerRecord(namespace: "shop", name: "web", target: "Deployment/web", manifest: "kind: X\n")
  record.desired.add(2, at: 0)
  record.desired.add(3, at: 20)
  var metric = MetricRecord(name: "queue, \"long\"", unit: .number, target: 5, tolerance: 0.1)
  metric.value.add(4.5, at: 10.5)
  metric.value.add(.nan, at: 40)
  record.metrics = [metric]
  record.figures.podHours = 0.025
  record.decisions = [DecisionRecord(second: 20, from: 2, to: 3, sentence: "queue asks for 3")]
  record.holds = [HoldSpan(from: 20, to: 35, reason: .missingMetrics)]
  var run = RunRecord(name: "today", lengthSeconds: 45)
  run.autoscalers = [record]
  run.events = [RunEvent(5, .step, "a step")]
  var rehearsed = Rehearsed(
    title: "A <small> run", runs: [run], command: "wavetank rehearse", version: "1", seed: .max,
    startedAt: Instant(rfc3339: "2026-03-02T08:00:00Z")!)
  rehearsed.expectations = [
    ExpectationResult(
      name: "at most 0 changes", run: "today", isMet: false, second: 20, explanation: "it changed \"once\" & <more>"),
    ExpectationResult(name: "never more than 4 pods", run: "today", isMet: true),
  ]
  return rehearsed
}

@Suite("A rehearsal as files for other programs") struct RehearsalFilesTests {
  @Test("in JSON has the members that docs/rehearse-output.md names")
  func json() throws {
    let bytes = JSONReport(small()).bytes
    let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(object["apiVersion"] as? String == "wavetank.dev/v1alpha1")
    #expect(text(bytes).contains("\"seed\":18446744073709551615,"))
    #expect(text(bytes).contains("\"value\":{\"seconds\":[10.5,40],\"values\":[4.5,null]}"))
    let documented = try String(
      contentsOf: URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/rehearse-output.md").standardized,
      encoding: .utf8)
    var names: Set<String> = []
    func collect(_ value: Any) {
      if let object = value as? [String: Any] {
        for (name, value) in object {
          names.insert(name)
          collect(value)
        }
      }
      if let array = value as? [Any] { array.forEach(collect) }
    }
    collect(try JSONSerialization.jsonObject(with: Data(JSONReport(SampleRun.rehearsed()).bytes)))
    #expect(names.count > 45)
    for name in names.sorted() { #expect(documented.contains("`\(name)`"), "\(name)") }
  }

  @Test("in comma-separated values has a row for each change, by time, and the last values at its end")
  func csv() {
    #expect(
      text(CSVReport(small()).bytes) == """
        time,seconds,run,namespace,autoscaler,series,name,value
        2026-03-02T08:00:00.000000Z,0,today,shop,web,desired,,2
        2026-03-02T08:00:00.000000Z,0,today,shop,web,target,"queue, ""long\""",5
        2026-03-02T08:00:10.500000Z,10.5,today,shop,web,metric,"queue, ""long\""",4.5
        2026-03-02T08:00:20.000000Z,20,today,shop,web,desired,,3
        2026-03-02T08:00:40.000000Z,40,today,shop,web,metric,"queue, ""long\""",
        2026-03-02T08:00:45.000000Z,45,today,shop,web,desired,,3
        2026-03-02T08:00:45.000000Z,45,today,shop,web,target,"queue, ""long\""",5

        """)
  }

  @Test("in OpenMetrics has a sample at each beat of 15 seconds, and none where there is no value")
  func openMetrics() {
    #expect(
      text(OpenMetricsReport(small()).bytes) == #"""
        # HELP wavetank_hpa_replicas_desired Replicas that the autoscaler's target is to have.
        # TYPE wavetank_hpa_replicas_desired gauge
        wavetank_hpa_replicas_desired{run="today",namespace="shop",hpa="web"} 2 1772438400
        wavetank_hpa_replicas_desired{run="today",namespace="shop",hpa="web"} 2 1772438415
        wavetank_hpa_replicas_desired{run="today",namespace="shop",hpa="web"} 3 1772438430
        wavetank_hpa_replicas_desired{run="today",namespace="shop",hpa="web"} 3 1772438445
        # HELP wavetank_hpa_metric_value What is compared with the target.
        # TYPE wavetank_hpa_metric_value gauge
        wavetank_hpa_metric_value{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 4.5 1772438415
        wavetank_hpa_metric_value{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 4.5 1772438430
        # HELP wavetank_hpa_metric_target The metric's target.
        # TYPE wavetank_hpa_metric_target gauge
        wavetank_hpa_metric_target{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 5 1772438400
        wavetank_hpa_metric_target{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 5 1772438415
        wavetank_hpa_metric_target{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 5 1772438430
        wavetank_hpa_metric_target{run="today",namespace="shop",hpa="web",metric="queue, \"long\"",unit="number"} 5 1772438445
        # EOF

        """#)
  }

  @Test("in OpenMetrics has longer beats for a long run, yet none that Prometheus would not bridge")
  func longRun() {
    var rehearsed = small()
    rehearsed.runs[0].lengthSeconds = 100 * 86400
    let lines = text(OpenMetricsReport(rehearsed).bytes).split(separator: "\n")
    #expect(lines.count < 260_000)
    let moments = lines.filter { $0.hasPrefix("wavetank_hpa_replicas_desired") }.prefix(2).map {
      Int($0.split(separator: " ").last!)!
    }
    #expect((60...240).contains(moments[1] - moments[0]))
  }

  @Test("in JUnit's XML has a case for each expectation, and why one failed")
  func junit() {
    let xml = text(JUnitReport(small()).bytes)
    #expect(xml.contains("<testsuites name=\"A &lt;small&gt; run\" tests=\"2\" failures=\"1\" errors=\"0\">"))
    #expect(
      xml.contains(
        "<failure type=\"expectation\" message=\"at 0:20: it changed &quot;once&quot; &amp; &lt;more&gt;\">"
          + "at most 0 changes, at 0:20: it changed &quot;once&quot; &amp; &lt;more&gt;</failure>"))
  }
}

@Suite("Other programs read a rehearsal", .serialized, .timeLimit(.minutes(2))) struct RehearsalReadersTests {
  private static func folder(_ name: String) throws -> String {
    let path = NSTemporaryDirectory() + "rehearsal-\(name)-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private static let promtool = "/usr/bin/promtool"

  @Test(
    "promtool makes blocks of its OpenMetrics, of all samples",
    .enabled(if: FileManager.default.isExecutableFile(atPath: promtool), "needs Debian's prometheus"))
  func blocks() async throws {
    let folder = try RehearsalReadersTests.folder("blocks")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = OpenMetricsReport(SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])).bytes
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/run.om"))
    let made = try await Program.run(
      RehearsalReadersTests.promtool, ["tsdb", "create-blocks-from", "openmetrics", folder + "/run.om", folder + "/data"])
    #expect(made.status == 0, "\(made.output)\n\(made.errors)")
    // A database that has been written to has one.
    try FileManager.default.createDirectory(atPath: folder + "/data/wal", withIntermediateDirectories: true)
    let dump = try await Program.run(RehearsalReadersTests.promtool, ["tsdb", "dump", folder + "/data"])
    let samples = text(bytes).split(separator: "\n").count { !$0.hasPrefix("#") }
    #expect(dump.output.split(separator: "\n").count == samples)
    #expect(
      dump.output.contains(
        #"{__name__="wavetank_hpa_replicas_desired", hpa="web", namespace="default", run="today"} 2 1772438400000"#))
  }

  /// A Python with junitparser, in .build/junitparser once; nil where PyPI cannot be reached.
  private static let python: String? = {
    let home =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .path + "/.build/junitparser"
    let python = home + "/bin/python"
    let commands = [
      ["python3", "-m", "venv", "--clear", home],
      [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1", "junitparser==5.0.3"],
    ]
    if let check = try? Program.runHere("/usr/bin/env", [python, "-c", "import junitparser"]), check.status == 0 {
      return python
    }
    for command in commands {
      guard let outcome = try? Program.runHere("/usr/bin/env", command), outcome.status == 0 else { return nil }
    }
    return python
  }()

  @Test(
    "junitparser reads its expectations: how many there are, which failed and why",
    .enabled(if: python != nil, "needs junitparser of PyPI"))
  func junitparser() async throws {
    let folder = try RehearsalReadersTests.folder("junit")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var rehearsed = SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])
    rehearsed.expectations += small().expectations
    try Data(JUnitReport(rehearsed).bytes).write(to: URL(fileURLWithPath: folder + "/run.xml"))
    let script = """
      import sys, junitparser
      suites = junitparser.JUnitXml.fromfile(sys.argv[1])
      print(suites.tests, suites.failures)
      for suite in suites:
          print(suite.name, suite.tests, suite.failures, suite.timestamp)
          for case in suite:
              for result in case.result: print(case.name, "|", result.message, "|", result.type)
      """
    let read = try await Program.run(RehearsalReadersTests.python!, ["-c", script, folder + "/run.xml"])
    #expect(read.status == 0, "\(read.errors)")
    let failed = rehearsed.expectations.count { !$0.isMet }
    #expect(read.output.contains("\(rehearsed.expectations.count) \(failed)\n"))
    #expect(read.output.contains("hpa-calmer.yaml 3 "))
    #expect(read.output.contains("at most 0 changes | at 0:20: it changed \"once\" & <more> | expectation"))
  }
}
