import CoreLoad
import Testing

@Suite("Samples in text with timestamps") struct OpenMetricsReaderTests {
  private let twoPods = """
    # HELP work Work.
    # TYPE work counter
    # UNIT work seconds
    work_total{pod="a"} 10 1700000000
    work_total{pod="a"} 16 1700000015 # {trace="x 1"} 1 1700000014.5
    work_total{pod="a"} 2 1700000030.0
    work_created{pod="a"} 1699999000 1700000000
    work_total{pod="b"} 100 1700000015
    work_total{pod="b"} 130 1700000030
    # EOF

    """

  @Test("of OpenMetrics are in seconds; exemplars, units and _created are passed over")
  func openMetrics() throws {
    let reading = try load(twoPods)
    #expect(reading.lines == "0:10 15:116 30:132" && reading.seriesCount == 2 && reading.startedAt == 1_700_000_000)
    #expect(try load(twoPods, selection { $0.labels = [("pod", "b")] }).lines == "0:100 15:130")
  }

  @Test("become a rate where it is asked for")
  func rate() throws {
    #expect(try load(twoPods, selection { $0.isRate = true }).lines == "0:0.4 15:2.133")
    #expect(
      complaint("a 1 0\n# EOF\n", selection { $0.isRate = true }, format: .openMetrics)
        == "no series has two samples: there is no rate")
  }

  @Test("of a counter are no CPU without a rate, nor are those of a gauge in bytes")
  func declared() throws {
    let cpu = selection { $0.metric = "cpu" }
    let counter = "is a counter: its growth in a second is what is used, which 'rate' asks for: --load cpu=FILE,rate"
    #expect(complaint(twoPods, cpu) == "line 2: work_total \(counter)")
    #expect(complaint("# TYPE c counter\nc 1 0\nc 2 15\n", cpu, format: .openMetrics) == "line 1: c \(counter)")
    #expect(complaint("c_total 1 0\nc_total 2 15\n", cpu, format: .openMetrics) == "line 1: c_total \(counter)")
    #expect(try load(twoPods, selection { ($0.metric, $0.isRate) = ("cpu", true) }).lines == "0:0.4 15:2.133")
    #expect(try load(twoPods, selection { $0.metric = "jobs" }).lines == "0:10 15:116 30:132")
    let bytes = "# TYPE m gauge\n# UNIT m bytes\nm 1 0\nm 2 15\n# EOF\n"
    #expect(complaint(bytes, cpu) == "line 2: \"bytes\" is no amount of cpu: cores are wanted, such as 1.5 or 250m")
    #expect(try load(bytes, selection { $0.metric = "memory" }).lines == "0:1 15:2")
  }

  @Test("of Prometheus' text are in milliseconds, and may come scrape by scrape")
  func scrapes() throws {
    let text = """
      # TYPE queue gauge
      queue{shard="1"} 5 1700000000000
      queue{shard="2"} 7 1700000000000
      other 1 1700000000000
      queue{shard="1"} 6 1700000015000
      queue{shard="2"} NaN 1700000015000
      queue{shard="3"} 1 1700000015020
      queue{shard="1"} 8 1700000030000

      """
    #expect(complaint(text, format: .openMetrics) == "which metric? There are queue, other")
    #expect(try load(text, selection { $0.name = "queue" }).lines == "0:12 15:7 30:9")
    #expect(
      complaint(text, selection { $0.name = "queues" }, format: .openMetrics) == "no series is chosen; there are queue, other")
  }

  @Test("of what promtool dumps give what the range query gave")
  func dump() throws {
    let dump = try load(recording("promtool-dump.txt"), selection { $0.name = "queue_depth" })
    let query = try load(recording("prometheus-gauge.json"))
    for second in stride(from: 2.0, to: 55, by: 1) { #expect(dump.level(second) == query.level(second), "\(second)") }
    let pod = selection { ($0.name, $0.labels) = ("work_seconds_total", [("path", "C:\\x \"q\"\n")]) }
    #expect(try load(recording("promtool-dump.txt"), pod).samples == 30)
  }

  @Test("of several pods are joined as Prometheus' own sum and avg join them, number by number", arguments: ["sum", "avg"])
  func joined(query: String) throws {
    let expected = try load(recording("prometheus-\(query).json"))
    let chosen = selection { ($0.name, $0.join) = ("work_seconds_total", query == "sum" ? .sum : .mean) }
    for file in ["promtool-dump.txt", "prometheus-counter.json"] {
      let reading = try load(recording(file), chosen)
      #expect(reading.seriesCount == 2 && expected.series.count == 57)
      for second in stride(from: 0.0, through: 56, by: 1) {
        let (value, wanted) = (try #require(reading.level(second)), try #require(expected.level(second)))
        #expect(abs(value - wanted) < 1e-12 * wanted, "\(file) at \(second)")
      }
    }
  }

  @Test("count for five minutes, as Prometheus looks back, and not across a staleness mark")
  func staleness() throws {
    let text = """
      q{pod="a"} 1 0
      q{pod="a"} 1 60
      q{pod="a"} 1 600
      q{pod="b"} 5 0
      q{pod="b"} NaN 60
      q{pod="c"} 9 300
      q{pod="c"} 9 360
      # EOF
      """
    #expect(try load(text, format: .openMetrics).lines == "0:6 60:1 300:10 360:9 600:10")
    #expect(try load("q 1 0\nq 2 60\nq 3 600\n# EOF\n", format: .openMetrics).lines == "0:1 60:2 360:- 600:3")
  }

  @Test("may have names and labels in quotes, with escapes")
  func quotes() throws {
    let text = "{\"queue.depth\",path=\"a\\\\b \\\"c\\\"}\\n\"} 4 0\n{__name__=\"queue.depth\", path=\"x\"} 5 0\n"
    let chosen = selection { ($0.name, $0.labels) = ("queue.depth", [("path", "a\\b \"c\"}\n")]) }
    #expect(try load(text, chosen, format: .openMetrics).lines == "0:4")
  }

  @Test(
    "in which something is wrong are answered with the line",
    arguments: [
      ("a 1\n", "line 1: no time: samples of one moment are no series"),
      ("a 1 0\na x 15\n", "line 2: \"x\" is no number"), ("a 1 now\n", "line 1: \"now\" is no time"),
      ("a 1 15\na 1 0\n", "line 2: time runs backwards, by 15 s"),
      ("a 1 1700000000\na 1 1700000015000\n", "line 2: the time is in milliseconds, those before in seconds"),
      ("a{b=\"c} 1 0\n", "line 1: a label's value has no end"), ("a{b=c} 1 0\n", "line 1: a label wants NAME=\"VALUE\""),
      ("a{b=\"c\" d=\"e\"} 1 0\n", "line 1: a comma or } is wanted behind a label"),
      ("a {count:1,sum:2} 0\n", "line 1: native histograms are no load"), ("# EOF\na 1 0\n", "line 2: something follows # EOF"),
      ("a NaN 0\n", "no sample is a number: all 1 are missing"), ("# EOF\n", "there is no sample"),
      ("<html>\n", "line 1: a metric's name is wanted: \"<html>\""),
      (
        "a{x=\"1\"} 1 0\na{x=\"1\"} 1 15\na{x=\"2\"} 1 0\na{x=\"1\"} 1 30\n",
        "line 4: a series goes on behind another one, and time has run backwards"
      ),
    ])
  func wrong(text: String, message: String) { #expect(complaint(text, format: .openMetrics) == message) }
}
