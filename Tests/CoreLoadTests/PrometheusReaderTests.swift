import CoreLoad
import Testing

@Suite("A range query's answer") struct PrometheusReaderTests {
  private func matrix(_ series: String...) -> String {
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[\(series.joined(separator: ","))]}}"
  }
  private func series(_ labels: String, _ samples: [(Double, String)]) -> String {
    "{\"metric\":{\(labels)},\"values\":[\(samples.map { "[\($0),\"\($1)\"]" }.joined(separator: ","))]}"
  }

  @Test("of Prometheus 2.42 is read; NaN and infinity are missing samples")
  func gauge() throws {
    let reading = try load(recording("prometheus-gauge.json"))
    #expect(reading.seriesCount == 1 && reading.samples == 49 && reading.missing == 8 && reading.stepSeconds == 1)
    #expect(reading.startedAt == 1_795_929_022 && reading.series.end == 56)
    #expect(reading.level(0) == 85 && reading.level(14) == 23)
    for second in 15..<23 { #expect(reading.level(Double(second)) == nil) }
    #expect(reading.level(23) == 27)
  }

  @Test("of two pods of which one went and one came is their sum, of those that are there")
  func sum() throws {
    let reading = try load(recording("prometheus-counter.json"))
    #expect(reading.seriesCount == 2 && reading.level(0) == 2.147 && reading.level(10) == 6.147 + 0.258)
    #expect(reading.level(29) == 13.747 + 13.558, "the last second of pod a")
    #expect(reading.level(30) == 14.258, "a range query leaves out what is stale: it counts for one step")
    #expect(reading.series.end == 56)
    let mean = try load(recording("prometheus-counter.json"), selection { $0.join = .mean })
    #expect(mean.level(10) == (6.147 + 0.258) / 2 && mean.level(30) == 14.258)
  }

  @Test("of counters is the sum of their rates, across a reset")
  func rate() throws {
    let reading = try load(recording("prometheus-counter.json"), selection { $0.isRate = true })
    #expect(reading.startedAt == 1_795_929_023, "the first second that has a rate")
    for second in [0.0, 5, 20, 27] { #expect(abs(reading.level(second)! - (second < 10 ? 0.4 : 1.1)) < 0.02, "\(second)") }
    for second in [30.0, 40, 50, 55] { #expect(abs(reading.level(second)! - 0.7) < 0.02, "\(second)") }
    let reset = try #require(reading.level(34))
    #expect(abs(reset - 0.258) < 0.001, "what came since the reset")
  }

  @Test("is chosen from by name and labels")
  func labels() throws {
    let pod = try load(recording("prometheus-counter.json"), selection { $0.labels = [("pod", "a")] })
    #expect(pod.seriesCount == 1 && pod.samples == 30 && pod.series.end == 29)
    let path = try load(recording("prometheus-counter.json"), selection { $0.labels = [("path", "C:\\x \"q\"\n")] })
    #expect(path.series == pod.series)
    let text = String(decoding: try recording("prometheus-counter.json"), as: UTF8.self)
    #expect(
      complaint(text, selection { $0.labels = [("pod", "c")] })
        == "no series has the name and labels that are asked for; there are work_seconds_total")
    #expect(complaint(text, selection { $0.name = "cpu" }).hasPrefix("no series has the name"))
    #expect(try load(text, selection { $0.name = "work_seconds_total" }).seriesCount == 2)
  }

  @Test("may be what promtool prints, a range selector's, and data or result alone")
  func forms() throws {
    let promtool = try load(recording("promtool-range.json"))
    #expect(
      promtool.seriesCount == 2 && promtool.stepSeconds == 5 && promtool.level(0) == 3.349 && promtool.level(10) == 7.347 + 2.358)
    #expect(promtool.level(29) == 13.347 + 12.858 && promtool.level(30) == 16.358)
    let raw = try load(recording("prometheus-range-selector.json"))
    #expect(raw.startedAt == 1_795_929_021.312 && raw.level(0) == 85 && raw.level(14) == 23 && raw.level(15) == nil)
    let whole = matrix(series("\"a\":\"b\"", [(0, "1"), (15, "2")]))
    let data = "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"a\":\"b\"},\"values\":[[0,\"1\"],[15,\"2\"]]}]}"
    #expect(try load(data) == load(whole))
    #expect(try load("\n [{\"metric\":{\"a\":\"b\"},\"values\":[[0,\"1\"],[15,\"2\"]]}]\n", format: .prometheus) == load(whole))
  }

  @Test("has a gap where steps are left out, and where all pods are gone")
  func gaps() throws {
    let gap = matrix(series("", [(100, "1"), (115, "2"), (160, "3"), (175, "NaN"), (190, "4")]))
    #expect(try load(gap).lines == "0:1 15:2 30:- 60:3 75:- 90:4")
    let pods = matrix(
      series("\"pod\":\"a\"", [(100, "1"), (115, "1")]), series("\"pod\":\"b\"", [(160, "2"), (175, "2")]),
      series("\"pod\":\"c\"", [(175, "4")]))
    #expect(try load(pods).lines == "0:1 15:1 30:- 60:2 75:6")
    let earlier = matrix(series("\"pod\":\"b\"", [(160, "2")]), series("\"pod\":\"a\"", [(100, "1"), (115, "1")]))
    #expect(try load(earlier).lines == "0:1 15:1 30:- 60:2", "the first sample of all is second 0, whichever series comes first")
  }

  @Test("begins where the run does, ends with it, and is changed by factor and offset")
  func window() throws {
    let text = matrix(series("", (0..<20).map { (Double(1000 + $0 * 15), "\($0)") }))
    #expect(try load(text, selection { $0.untilSecond = 40 }).lines == "0:0 15:1 30:2")
    #expect(try load(text, selection { ($0.start, $0.untilSecond) = (1040, 30) }).lines == "0:2 5:3 20:4")
    #expect(try load(text, selection { $0.start = 990 }).series.seconds.first == 10)
    #expect(try load(text, selection { ($0.factor, $0.offset, $0.untilSecond) = (1000, 5, 15) }).lines == "0:5 15:1005")
    #expect(complaint(text, selection { $0.start = 2000 }) == "the last sample is 715 s before the start")
  }

  @Test("that is none is told as what it is")
  func wrong() throws {
    #expect(
      complaint(String(decoding: try recording("prometheus-error.json"), as: UTF8.self))
        == "Prometheus answered: 1:10: parse error: unclosed left parenthesis")
    #expect(
      complaint(String(decoding: try recording("prometheus-vector.json"), as: UTF8.self))
        == "line 1: no answer of Prometheus to a range query: it is a vector, and a matrix is wanted")
    #expect(complaint("[{\"metric\":{},\"value\":[1,\"2\"]}]").hasSuffix("it is of one moment (\"vector\")"))
    #expect(complaint(matrix()) == "the query found no series")
    #expect(complaint("{}") == "line 1: no answer of Prometheus to a range query: it has no result")
    #expect(complaint("{\"status\":\"error\"}") == "Prometheus answered with an error, and not why")
    #expect(complaint(matrix(series("", [(0, "NaN")]))) == "no sample is a number: all 1 are missing")
    #expect(complaint(matrix(series("", [(30, "1"), (15, "1")]))) == "line 1: time runs backwards, by 15 s")
    #expect(complaint(matrix(series("", [(0, "fast")]))) == "line 1: \"fast\" is no number")
    #expect(complaint(matrix(series("", [(0, "1"), (1e12, "1")]))) == "line 1: times lie more than 60 years apart")
    #expect(complaint("[{\"metric\":{},\"histograms\":[[1,{\"count\":\"3\"}]]}]") == "line 1: native histograms are no load")
    #expect(complaint("[\n{\"metric\":{},\n\"values\":[[1,\"1\"],\n[2]]}]").hasPrefix("line 4: "))
    for text in ["[", "{\"status\":\"success\",", "[{\"metric\":{},\"values\":[[1,\"2\"]", "[{\"metric\":{}"] {
      #expect(complaint(text, format: .prometheus) == "line 1: the file ends in the middle of its JSON", "\(text)")
    }
    for text in [
      "[}", "[1,]", "{\"a\" 1}", "[{\"metric\":{},\"values\":[[1,\"2\"],,]}]", "[] []", "{'a':1}", "[nul]", "[01x]",
      "{\"a\\q\":1}",
    ] {
      #expect(complaint(text, format: .prometheus).contains("no JSON") || complaint(text).contains("no answer"), "\(text)")
    }
    #expect(complaint(String(repeating: "[{\"a\":", count: 100)).contains("nested too deeply"))
    #expect(complaint("") == "the file is empty" && complaint(" \n") == "the file is empty")
  }

  @Test("is kept up to a limit")
  func limit() {
    let text = matrix(series("", (0..<20).map { (Double($0 * 15), "1") }))
    #expect(
      complaint(text, selection { $0.limit = 10 })
        == "line 1: more than 10 samples: say for how long the run is, or choose fewer series")
    #expect(!complaint(text, selection { ($0.limit, $0.untilSecond) = (250, 60) }).hasPrefix("line"))
  }
}
