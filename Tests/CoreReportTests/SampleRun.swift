import CoreObjects
import CoreReport

/// Rehearsals to be shown: a plain autoscaler over a load that rises and falls, its metrics noisy by a formula.
enum SampleRun {
  /// How a sample autoscaler goes about it.
  struct Settings {
    var name: String
    var target = 60.0
    var bounds = 2...10
    var windowSeconds = 300.0
    var podsAtOnce = 4
  }

  static let today = Settings(name: "today")
  static let calmer = Settings(name: "hpa-calmer.yaml", target: 50, bounds: 2...12, windowSeconds: 900)
  static let eager = Settings(
    name: "hpa-eager-with-a-long-name.yaml", target: 70, bounds: 1...10, windowSeconds: 0, podsAtOnce: 8)
  static let small = Settings(name: "hpa-small.yaml", target: 60, bounds: 1...6, windowSeconds: 300, podsAtOnce: 1)

  static func rehearsed(_ settings: [Settings] = [today], hours: Double = 3, namesOnly: Bool = false) -> Rehearsed {
    var rehearsed = Rehearsed(
      title: "What will web's autoscaler do on a Monday?", runs: settings.map { run($0, seconds: hours * 3600) },
      command: "wavetank rehearse -f app.yaml --load cpu=monday.csv --against hpa-calmer.yaml --seed 7 --report monday.html",
      version: "0.9.0", seed: 7, startedAt: Instant(rfc3339: "2026-03-02T08:00:00Z")!)
    rehearsed.sources = [
      ("app.yaml", "Deployment web, HorizontalPodAutoscaler web"),
      ("monday.csv", "720 samples of cpu, column 2, total over pods"),
    ]
    for run in rehearsed.runs {
      let record = run.autoscalers[0]
      let second = record.current.values.firstIndex { $0 > 9 }.map { record.current.seconds[$0] }
      rehearsed.expectations.append(
        ExpectationResult(
          name: "never more than 9 pods", run: run.name, isMet: second == nil, second: second,
          explanation: second == nil ? "" : "there were 10 pods; decided: cpu at 71% of the requests, which asks for 10"))
      rehearsed.expectations.append(ExpectationResult(name: "no container is killed for its memory", run: run.name, isMet: true))
      rehearsed.expectations.append(
        ExpectationResult(
          name: "less than 1% of the load unmet", run: run.name, isMet: (record.figures.unmetShare ?? 0) < 0.01,
          explanation: "some of the load was not served"))
    }
    return rehearsed
  }

  private static func run(_ settings: Settings, seconds: Double) -> RunRecord {
    var record = AutoscalerRecord(
      namespace: "default", name: "web", target: "Deployment/web",
      manifest: """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          name: web
          namespace: default
        spec:
          scaleTargetRef:
            apiVersion: apps/v1
            kind: Deployment
            name: web
          minReplicas: \(settings.bounds.lowerBound)
          maxReplicas: \(settings.bounds.upperBound)
          metrics:
          - type: Resource
            resource:
              name: cpu
              target:
                type: Utilization
                averageUtilization: \(Int(settings.target))
        """)
    var metric = MetricRecord(name: "cpu", unit: .percent, target: settings.target, tolerance: 0.1)
    var load = LoadRecord(name: "cpu", unit: .cores)
    record.least.add(Double(settings.bounds.lowerBound), at: 0)
    record.most.add(Double(settings.bounds.upperBound), at: 0)
    var nodes: [(node: String, pods: RunSeries)] = ["node-1", "node-2", "node-3"].map { ($0, RunSeries()) }
    var desired = 2
    var starts: [Double] = [-60, -60]
    var history: [(second: Double, count: Int)] = []
    var hold: HoldSpan?
    func close(_ second: Double, unless reason: HoldSpan.Reason?) {
      if let open = hold, open.reason != reason {
        record.holds.append(HoldSpan(from: open.from, to: second, reason: open.reason))
        hold = nil
      }
      if hold == nil, let reason { hold = HoldSpan(from: second, to: second, reason: reason) }
    }
    for tick in 0..<Int(seconds / 15) {
      let second = Double(tick) * 15
      while starts.count < desired { starts.append(second) }
      if starts.count > desired {
        for place in desired..<starts.count where place < record.pods.count { record.pods[place].usage.add(.nan, at: second) }
        starts.removeLast(starts.count - desired)
      }
      let ready = max(1, starts.count { second - $0 >= 30 })
      // Quiet, a rise, a plateau, a fall, and a burst.
      let phase = second / seconds
      let wave = phase < 0.1 ? 0.1 : phase < 0.4 ? (phase - 0.1) / 0.3 : phase < 0.6 ? 1 : max(0.05, 1 - (phase - 0.6) / 0.25)
      let noise = Double((tick * 7919 + 104_729) % 997) / 997 - 0.5
      let offered = 0.07 + 0.52 * wave + (phase > 0.9 && phase < 0.93 ? 0.7 : 0) + 0.04 * noise
      let served = min(offered, Double(ready) * 0.1)
      load.offered.add(offered, at: second)
      load.served.add(served, at: second)
      load.unmet.add(offered - served, at: second)
      let percent = (served / Double(ready) * 1000).rounded()
      let isMissing = phase > 0.45 && phase < 0.47
      metric.value.add(isMissing ? .nan : percent, at: second)
      for place in starts.indices {
        while place >= record.pods.count {
          record.pods.append(("web-5d9c7b8f6-\(["x2k9f", "b7wqz", "m4tzp", "c8vdn"][place % 4])\(place)", RunSeries()))
        }
        let share = 1 + 0.3 * (Double((tick * 31 + place * 577) % 101) / 101 - 0.5)
        record.pods[place].usage.add(second - starts[place] >= 30 ? served / Double(ready) * share : 0.002, at: second)
      }
      var reason: HoldSpan.Reason?
      var next = desired
      if isMissing {
        reason = .missingMetrics
        metric.proposed.add(.nan, at: second)
      } else {
        let ratio = percent / settings.target
        let wanted = abs(ratio - 1) <= 0.1 ? desired : Int((ratio * Double(ready)).rounded(.up))
        metric.proposed.add(Double(wanted), at: second)
        history.append((second, wanted))
        history.removeAll { $0.second < second - settings.windowSeconds }
        next = wanted
        if wanted < desired {
          next = min(desired, history.map(\.count).max() ?? wanted)
          if next > wanted { reason = .window }
        }
        if next > desired + settings.podsAtOnce { (next, reason) = (desired + settings.podsAtOnce, .policy) }
        let bounded = max(settings.bounds.lowerBound, min(settings.bounds.upperBound, next))
        if bounded != next { (next, reason) = (bounded, .limit) }
      }
      close(second, unless: reason)
      if next != desired {
        record.decisions.append(
          DecisionRecord(
            second: second, from: desired, to: next,
            sentence: "cpu resource utilization (percentage of request): \(Int(percent))% of the requests, which asks for \(next)"
          ))
      }
      desired = next
      record.desired.add(Double(desired), at: second)
      record.current.add(Double(starts.count), at: second)
      record.ready.add(Double(ready), at: second)
      for node in nodes.indices { nodes[node].pods.add(Double((starts.count + 2 - node) / 3), at: second) }
    }
    close(seconds, unless: nil)
    record.metrics = [metric]
    record.loads = [load]
    record.figures.count(record, lengthSeconds: seconds)
    var run = RunRecord(name: settings.name, lengthSeconds: seconds)
    run.autoscalers = [record]
    run.podsOnNodes = nodes
    run.events = [
      RunEvent(seconds * 0.3, .step, "step: node-2 is drained"),
      RunEvent(seconds * 0.5, .outOfMemory, "web-1: container web held 70Mi of 64Mi and was killed"),
    ]
    return run
  }
}
