import CoreObjects
import Testing

@Suite("The text format of metrics endpoints")
struct PrometheusTextTests {
  @Test("gauges, counters and untyped values are read with their labels")
  func values() {
    let result = PrometheusText.parse(
      """
      # HELP queue_length how many wait
      # TYPE queue_length gauge
      queue_length{queue="a b",tier="x\\"y\\\\z\\n"} 4.5
      # TYPE http_requests_total counter
      http_requests_total{code="200",} 1027 1395066363000
      free 1e3

      """)
    #expect(result.problems == [])
    #expect(result.samples.map(\.name) == ["queue_length", "http_requests_total", "free"])
    #expect(result.samples.map(\.value) == [4.5, 1027, 1000])
    #expect(result.samples.map(\.isCounter) == [false, true, false])
    #expect(result.samples[0].labels["queue"] == "a b" && result.samples[0].labels["tier"] == "x\"y\\z\n")
    #expect(result.samples[1].labels["code"] == "200")
  }

  @Test("of histograms and summaries only the sum and the count are kept, as counters")
  func histograms() {
    let result = PrometheusText.parse(
      """
      # TYPE latency histogram
      latency_bucket{le="0.1"} 3
      latency_bucket{le="+Inf"} 5
      latency_sum 0.9
      latency_count 5
      # TYPE size summary
      size{quantile="0.5"} 12
      size_sum 100
      size_count 7
      lone_count 3
      """)
    #expect(result.samples.map(\.name) == ["latency_sum", "latency_count", "size_sum", "size_count", "lone_count"])
    #expect(result.samples.map(\.isCounter) == [true, true, true, true, false])
  }

  @Test("what is no number is left out; a bad line is told and costs no other line")
  func badLines() {
    let result = PrometheusText.parse("a NaN\nb +Inf\nc{x=1} 2\n{} 3\nd\ne{x=\"1\" y=\"2\"} 3\nf 7\r\n")
    #expect(result.samples.map(\.name) == ["f"] && result.samples[0].value == 7)
    #expect(result.problems.map { String($0.prefix(6)) } == ["line 3", "line 4", "line 5", "line 6"])
  }
}
