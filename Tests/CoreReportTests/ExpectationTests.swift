import CoreReport
import Testing

@Suite("An expectation") struct ExpectationTests {
  /// Two pods, from 100 s on four that are ready at 130, from 200 s on again two.
  private var run: RunRecord {
    var run = RunRecord(name: "today", lengthSeconds: 300)
    var record = AutoscalerRecord(namespace: "default", name: "web", target: "Deployment/web", manifest: "")
    for (second, current, ready) in [(0.0, 2.0, 2.0), (100, 4, 2), (130, 4, 4), (200, 2, 2)] {
      record.desired.add(current, at: second)
      record.current.add(current, at: second)
      record.ready.add(ready, at: second)
    }
    record.most.add(4, at: 0)
    record.decisions = [DecisionRecord(second: 100, from: 2, to: 4, sentence: "cpu: 120%")]
    var metric = MetricRecord(name: "cpu", unit: .percent, target: 60, tolerance: 0.1)
    for (second, value, proposed) in [(0.0, 60.0, 2.0), (90, 120, 4), (140, 60, 4)] {
      metric.value.add(value, at: second)
      metric.proposed.add(proposed, at: second)
    }
    record.metrics = [metric]
    var load = LoadRecord(name: "cpu", unit: .cores)
    for (second, offered, served) in [(0.0, 1.0, 1.0), (90, 3, 2), (130, 3, 3)] {
      load.offered.add(offered, at: second)
      load.served.add(served, at: second)
      load.unmet.add(offered - served, at: second)
    }
    record.loads = [load]
    record.figures.count(record, lengthSeconds: 300)
    run.autoscalers = [record]
    return run
  }

  private func failure(_ rule: RunExpectation.Rule) -> String? {
    let result = RunExpectation(rule).judge(run)[0]
    return result.isMet ? nil : "\(result.second.map { "\($0) " } ?? "")\(result.explanation)"
  }

  @Test("is met or not, with the moment and the decision before it")
  func rules() {
    #expect(failure(.neverAbove(4)) == nil)
    #expect(failure(.neverAbove(3)) == "100.0 there were 4 pods; decided at 1:40, 2 → 4: cpu: 120%")
    #expect(failure(.neverBelow(2)) == nil && failure(.neverBelow(3)) == "0.0 there were 2 ready pods")
    #expect(failure(.reaches(4, within: 30, after: 100)) == nil && failure(.reaches(4, within: 29, after: 100)) != nil)
    #expect(failure(.reaches(5, within: 900, after: 0))?.hasPrefix("300.0 there were 2 ready pods") == true)
    #expect(failure(.fallsTo(2, within: 60, after: 150)) == nil && failure(.fallsTo(2, within: 1, after: 0)) == nil)
    #expect(failure(.fallsTo(2, within: 49, after: 150)) == "199.0 there were 4 pods; decided at 1:40, 2 → 4: cpu: 120%")
    #expect(
      failure(.changesAtMost(2)) == nil && failure(.changesAtMost(1))?.hasPrefix("200.0 the wanted count changed 2 times") == true
    )
    #expect(failure(.unmetBelow(0.1)) == nil && failure(.unmetBelow(0.05))?.hasPrefix("90.0 5.556%") == true)
    #expect(failure(.aboveTargetBelow(seconds: 51)) == nil && failure(.aboveTargetBelow(seconds: 50)) != nil)
    #expect(failure(.podHoursBelow(0.23)) == nil && failure(.podHoursBelow(0.2)) == "there were 0.22 pod-hours")
    #expect(failure(.noOutOfMemory) == nil)
  }

  @Test("is about the runs and the autoscaler that it names")
  func scope() {
    #expect(RunExpectation(runs: ["new.yaml"], .neverAbove(1)).judge(run).isEmpty)
    #expect(RunExpectation(subject: "api", .neverAbove(1)).judge(run).isEmpty)
    #expect(RunExpectation(subject: "web", runs: ["today"], .neverAbove(1)).judge(run).count == 1)
  }

  @Test("rests on figures: pod-hours, changes, time at the maximum and above the target, unmet load, the time to react")
  func figures() {
    let figures = run.autoscalers[0].figures
    #expect(abs(figures.podHours - 800.0 / 3600) < 1e-9 && figures.peak == 4 && figures.changes == 2)
    #expect(figures.secondsAtMost == 100 && figures.secondsAboveTarget == 50 && figures.reactionSeconds == 40)
    #expect(abs((figures.unmetShare ?? 0) - 40.0 / 720) < 1e-9)
  }

  private func reaction(_ values: [(Double, Double, Double)], ready: [(Double, Double)]) -> Double? {
    var record = run.autoscalers[0]
    record.most = RunSeries()
    record.ready = RunSeries()
    record.metrics[0].value = RunSeries()
    record.metrics[0].proposed = RunSeries()
    for (second, value, proposed) in values {
      record.metrics[0].value.add(value, at: second)
      record.metrics[0].proposed.add(proposed, at: second)
    }
    for (second, count) in ready { record.ready.add(count, at: second) }
    record.figures.count(record, lengthSeconds: 300)
    return record.figures.reactionSeconds
  }

  @Test("reacts until as many pods are ready as were asked for or are asked for by then, or until the metric is back")
  func reactions() {
    let ready = [(0.0, 2.0), (100, 6)]
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, 66, 6)], ready: ready) == 15, "back within the tolerance")
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, 80, 6)], ready: ready) == 15, "six are asked for now, and are there")
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, 80, 8)], ready: ready) == 210, "never")
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, 80, 8)], ready: ready + [(130, 7)]) == 40, "what was asked for first")
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, .nan, .nan), (120, 80, 8)], ready: ready + [(130, 7)]) == 40, "a gap")
    #expect(reaction([(0, 60, 2), (90, 200, 7), (105, .nan, .nan)], ready: ready) == 15, "nothing is known any more")
    #expect(reaction([(0, 60, 2), (90, 200, 3), (105, 60, 2), (200, 90, 3), (205, 60, 2)], ready: [(0, 2)]) == 15, "the longest")
  }
}
