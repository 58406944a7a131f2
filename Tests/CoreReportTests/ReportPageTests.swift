import CoreObjects
import CoreReport
import Testing

@Suite("A report") struct ReportPageTests {
  @Test("is the same bytes twice")
  func bytes() {
    let runs = [SampleRun.today, SampleRun.calmer]
    #expect(ReportPage(SampleRun.rehearsed(runs)).bytes == ReportPage(SampleRun.rehearsed(runs)).bytes)
  }

  @Test("says first whether the expectations held, and which did not, when and why")
  func verdict() throws {
    var rehearsed = SampleRun.rehearsed()
    rehearsed.expectations = [
      ExpectationResult(name: "at most 3 changes", run: "today", isMet: false, second: 754, explanation: "it changed 18 times"),
      ExpectationResult(name: "never more than 12 pods", run: "today", isMet: true),
    ]
    let page = ReportPage(rehearsed).html
    #expect(page.contains("✗ 1 of 2 expectations failed"))
    #expect(page.contains("<li id=\"expectation-1\"><strong>at most 3 changes</strong>, at 12:34: it changed 18 times</li>"))
    rehearsed.expectations.removeFirst()
    #expect(ReportPage(rehearsed).html.contains("✓ The expectation held"))
    rehearsed.expectations = []
    #expect(ReportPage(rehearsed).html.contains("pod-hours and 18 changes in 3:00:00"))
  }

  @Test("measures each run by today's")
  func differences() {
    var rehearsed = SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])
    rehearsed.runs[0].autoscalers[0].figures.podHours = 10
    rehearsed.runs[1].autoscalers[0].figures.podHours = 7.5
    rehearsed.runs[0].autoscalers[0].figures.changes = 4
    rehearsed.runs[1].autoscalers[0].figures.changes = 5
    let page = ReportPage(rehearsed).html
    #expect(page.contains("hpa-calmer.yaml takes 25% fewer pod-hours than today, with 5 changes instead of 4."))
    #expect(page.contains("7.5<span class=\"difference better\">−2.5</span>"))
    #expect(page.contains("5<span class=\"difference worse\">+1</span>"))
  }

  @Test("writes names and texts as texts, whatever is in them")
  func escaping() {
    let bad = "<script>alert(\"1\")</script>&'\u{0}\u{1b}"
    var rehearsed = SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])
    rehearsed.title = bad
    rehearsed.command = bad
    rehearsed.sources = [(bad, bad)]
    rehearsed.expectations = [ExpectationResult(name: bad, run: bad, isMet: false, second: 60, explanation: bad)]
    for run in rehearsed.runs.indices {
      rehearsed.runs[run].name = bad + "\(run)"
      rehearsed.runs[run].podsOnNodes = [(bad, RunSeries())]
      rehearsed.runs[run].events = [RunEvent(5, .step, bad)]
      rehearsed.runs[run].autoscalers[0].name = bad
      rehearsed.runs[run].autoscalers[0].namespace = bad
      rehearsed.runs[run].autoscalers[0].target = bad
      rehearsed.runs[run].autoscalers[0].manifest = bad + "\(run)"
      rehearsed.runs[run].autoscalers[0].metrics[0].name = bad
      rehearsed.runs[run].autoscalers[0].loads[0].name = bad
      rehearsed.runs[run].autoscalers[0].pods[0].name = bad
      rehearsed.runs[run].autoscalers[0].decisions[0].sentence = bad
    }
    let page = ReportPage(rehearsed).html
    #expect(page.ranges(of: "<script>").count == 1)
    #expect(!page.contains("alert(\"") && !page.contains("\u{0}") && !page.contains("\u{1b}"))
    #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\u{FFFD}\u{FFFD}"))
  }

  @Test("names nothing outside of itself")
  func alone() {
    let page = ReportPage(SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])).html
    #expect(!page.contains("src=") && !page.contains("url(") && !page.contains("@import") && !page.contains("<link"))
    #expect(page.ranges(of: "href=\"").count == page.ranges(of: "href=\"#").count)
  }

  @Test("leads from each change to its sentence")
  func anchors() {
    let rehearsed = SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])
    let page = ReportPage(rehearsed).html
    for (number, run) in rehearsed.runs.enumerated() {
      for index in run.autoscalers[0].decisions.indices {
        #expect(page.contains("<li id=\"decision-\(number + 1)-1-\(index + 1)\">"))
      }
      #expect(page.contains("href=\"#decision-\(number + 1)-1-1\""))
    }
  }

  @Test("marks what of a manifest today's does not have")
  func manifests() {
    let page = ReportPage(SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])).html
    #expect(page.ranges(of: "<ins>").count == 2)
    #expect(page.contains("<ins>        averageUtilization: 50</ins>") || page.contains("averageUtilization: 50</ins>"))
  }

  @Test("bundles pods that are too many to be drawn one by one")
  func manyPods() {
    var rehearsed = SampleRun.rehearsed()
    let pods = rehearsed.runs[0].autoscalers[0].pods
    #expect(ReportPage(rehearsed).html.contains("data-many=\"\(pods[0].name)\""))
    for number in 0...100 { rehearsed.runs[0].autoscalers[0].pods.append(("pod-\(number)", pods[number % 3].usage)) }
    let page = ReportPage(rehearsed).html
    #expect(!page.contains("data-many=\"") && page.contains("data-name=\"highest\"") && page.contains("data-name=\"lowest\""))
  }

  @Test("of many autoscalers has figures of all and charts of some")
  func manyAutoscalers() {
    var rehearsed = SampleRun.rehearsed([SampleRun.today, SampleRun.calmer])
    for run in rehearsed.runs.indices {
      let record = rehearsed.runs[run].autoscalers[0]
      for number in 1..<30 {
        var other = record
        other.target = "Deployment/web-\(number)"
        rehearsed.runs[run].autoscalers.append(other)
      }
    }
    let page = ReportPage(rehearsed).html
    #expect(page.contains("<a href=\"#autoscaler-30\">Deployment/web-29 in default</a>"))
    #expect(page.ranges(of: "<table class=\"figures\"").count == 30)
    #expect(page.ranges(of: "<h3>Replicas</h3>").count == 20)
    #expect(page.contains("Charts are drawn of the first 20 of 30 autoscalers."))
  }

  @Test("of nothing at all is a page as well, and so is one of numbers at the ends of what there is")
  func extremes() {
    var rehearsed = Rehearsed(
      title: "", runs: [], command: "", version: "", seed: .max, startedAt: Instant(rfc3339: "2026-03-02T08:00:00Z")!)
    #expect(ReportPage(rehearsed).html.contains("Played from"))
    rehearsed = SampleRun.rehearsed()
    for (value, second) in [
      (1e308, 1.0), (-1e308, 2), (.infinity, 3), (-.infinity, 4), (Double.leastNonzeroMagnitude, 5), (.nan, 6), (1e18, .infinity),
    ] {
      rehearsed.runs[0].autoscalers[0].metrics[0].value.add(value, at: second)
      rehearsed.runs[0].autoscalers[0].metrics[0].proposed.add(value, at: second)
      rehearsed.runs[0].autoscalers[0].desired.add(value, at: second)
      rehearsed.runs[0].autoscalers[0].most.add(value, at: second)
      rehearsed.runs[0].autoscalers[0].loads[0].unmet.add(value, at: second)
    }
    rehearsed.runs[0].lengthSeconds = .infinity
    #expect(ReportPage(rehearsed).html.contains("<svg"))
    rehearsed.runs[0].lengthSeconds = 0
    #expect(ReportPage(rehearsed).html.contains("<svg"))
  }
}
