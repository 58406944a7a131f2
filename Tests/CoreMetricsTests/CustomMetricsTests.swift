import Testing

@testable import CoreObjects

@Suite("CustomMetrics: what pods tell about themselves")
struct CustomMetricsTests {
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  private func scrape(_ pod: String, at seconds: Int, _ outcome: PodScrape.Outcome, uid: String? = nil) -> PodScrape {
    PodScrape(namespace: "shop", pod: pod, podUID: uid ?? pod, at: Self.start + .seconds(seconds), outcome)
  }
  private func gauge(_ name: String, _ value: Double, _ labels: TextMap = TextMap([:])) -> MetricSample {
    MetricSample(name, labels, value: value)
  }
  private func selector(_ text: String) throws -> LabelSelector { LabelSelector(tree: try JSONParser.parse(Array(text.utf8))) }
  private static let absent = LabelSelector(tree: .null)

  @Test("a scrape replaces what a pod showed before, name by name")
  func replaced() {
    var custom = CustomMetrics()
    custom.add([
      scrape("a", at: 0, .samples([gauge("queue", 1.5), gauge("old", 1)])), scrape("b", at: 0, .samples([gauge("queue", 2)])),
    ])
    #expect(custom.names(namespace: "shop") == ["old", "queue"])
    custom.add([scrape("a", at: 15, .samples([gauge("queue", 0.0004)])), scrape("b", at: 15, .samples([gauge("queue", 3)]))])
    #expect(custom.names(namespace: "shop") == ["queue"])
    #expect(custom.metrics("queue", namespace: "shop").map { $0.sum(Self.absent) } == [0, 3000])
    #expect(custom.metrics("queue", namespace: "elsewhere").isEmpty)
    #expect(custom.metric("queue", namespace: "shop", podUID: "b")?.at == Self.start + .seconds(15))
    #expect(custom.count == 2)
  }

  @Test("a pod keeps its numbers over one failed scrape, and loses them with the second")
  func misses() {
    var custom = CustomMetrics()
    custom.add([scrape("a", at: 0, .samples([gauge("queue", 1)]))])
    custom.add([scrape("a", at: 15, .failed("connection refused"))])
    #expect(custom.metric("queue", namespace: "shop", podUID: "a")?.at == Self.start)
    #expect(custom.problem(namespace: "shop", podUID: "a") == "connection refused")
    custom.add([scrape("a", at: 30, .failed("connection refused"))])
    #expect(custom.metric("queue", namespace: "shop", podUID: "a") == nil)
    #expect(custom.names(namespace: nil).isEmpty)
    #expect(custom.isKnown(namespace: "shop", podUID: "a"))
    custom.add([scrape("a", at: 45, .samples([gauge("queue", 4)]))])
    #expect(custom.problem(namespace: "shop", podUID: "a") == nil)
    #expect(custom.metric("queue", namespace: "shop", podUID: "a")?.sum(Self.absent) == 4000)
  }

  @Test("a pod that a scrape does not name is forgotten at once")
  func forgotten() {
    var custom = CustomMetrics()
    custom.add([scrape("a", at: 0, .samples([gauge("queue", 1)]))])
    custom.add([])
    #expect(custom.count == 0)
    #expect(custom.metrics("queue", namespace: "shop").isEmpty)
  }

  @Test("a counter counts per second between two scrapes, under its name without _total")
  func rates() {
    var custom = CustomMetrics()
    func at(_ seconds: Int, _ value: Double, uid: String = "a") {
      custom.add([
        scrape(
          "a", at: seconds, .samples([MetricSample("requests_total", TextMap(["code": "200"]), value: value, isCounter: true)]),
          uid: uid)
      ])
    }
    func rate(_ uid: String = "a") -> Int64? { custom.metric("requests", namespace: "shop", podUID: uid)?.sum(Self.absent) }
    at(0, 100)
    #expect(rate() == nil)
    at(15, 130)
    #expect(rate() == 2000)
    #expect(custom.metric("requests_total", namespace: "shop", podUID: "a") == nil)
    at(30, 15)
    #expect(rate() == 1000, "it began again at 0")
    custom.add([scrape("a", at: 45, .failed("timeout"))])
    at(60, 75)
    #expect(rate() == 2000, "the missed scrape lies between")
    at(75, 500, uid: "b")
    #expect(rate("b") == nil, "another pod of the same name")
  }

  @Test("a selector chooses among the series of a pod, and sums are of those that it matches")
  func selectors() throws {
    var custom = CustomMetrics()
    custom.add([
      scrape(
        "a", at: 0,
        .samples([gauge("jobs", 1, TextMap(["queue": "mail"])), gauge("jobs", 2, TextMap(["queue": "print"])), gauge("jobs", 4)]))
    ])
    let jobs = try #require(custom.metric("jobs", namespace: "shop", podUID: "a"))
    #expect(jobs.sum(Self.absent) == 7000)
    #expect(jobs.sum(try selector(#"{"matchLabels":{"queue":"mail"}}"#)) == 1000)
    #expect(jobs.sum(try selector(#"{"matchExpressions":[{"key":"queue","operator":"Exists"}]}"#)) == 3000)
    #expect(jobs.sum(try selector(#"{"matchLabels":{"queue":"none"}}"#)) == nil)
  }

  @Test("an object's series are tied to it by a label of its kind; a pod has its own, a namespace all")
  func objects() {
    var custom = CustomMetrics()
    custom.add([
      scrape(
        "a", at: 0, .samples([gauge("hits", 1, TextMap(["service": "web"])), gauge("hits", 2, TextMap(["service": "api"]))])),
      scrape("b", at: 0, .samples([gauge("hits", 4, TextMap(["service": "web"]))])),
    ])
    func sum(_ kind: String, _ name: String) -> Int64 {
      custom.metrics("hits", namespace: "shop", ofKind: kind, named: name).reduce(0) { $0 + ($1.sum(Self.absent) ?? 0) }
    }
    #expect(sum("Service", "web") == 5000)
    #expect(sum("Service", "none") == 0)
    #expect(sum("Namespace", "shop") == 7000)
    #expect(sum("Namespace", "other") == 0)
    #expect(sum("Pod", "a") == 3000)
  }

  @Test("what passes the limits is left out, told, and takes nothing else along")
  func limits() {
    var custom = CustomMetrics()
    let long = String(repeating: "x", count: CustomMetrics.textLimit + 1)
    let many = (0...CustomMetrics.podLimit).map { gauge("m\($0)", 1) }
    custom.add([
      scrape("a", at: 0, .samples([gauge(long, 1), gauge("bad", .infinity), gauge("nan", .nan), gauge("good", 1e300)])),
      scrape("b", at: 0, .samples(many)),
    ])
    #expect(custom.names(namespace: "shop").contains("good"))
    #expect(custom.metric("good", namespace: "shop", podUID: "a")?.sum(Self.absent) == 9_000_000_000_000_000_000)
    #expect(custom.problem(namespace: "shop", podUID: "a")?.hasPrefix("3 series were left out") == true)
    #expect(custom.problem(namespace: "shop", podUID: "b")?.hasPrefix("1 series were left out") == true)
    #expect(custom.count == CustomMetrics.podLimit + 1)
  }
}
