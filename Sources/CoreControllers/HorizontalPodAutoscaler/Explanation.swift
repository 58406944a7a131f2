package import CoreObjects

/// What an autoscaler saw, what it made of that, and what would have to change for it to scale: the last decision in full, and why
/// it is as it is where people wonder. The same as text and as JSON.
package struct Explanation: Sendable {
  private let stored: StoredObject
  private let decisions: [Decision]
  private let store: Store

  /// - Parameter decisions: oldest first.
  package init(_ stored: StoredObject, _ decisions: [Decision], _ store: Store) {
    self.stored = stored
    self.decisions = decisions
    self.store = store
  }

  private var autoscaler: HorizontalPodAutoscaler { stored.view(HorizontalPodAutoscaler.self) }
  private var target: CrossVersionObjectReference { autoscaler.spec.scaleTargetRef }

  // MARK: Text

  package var lines: [String] {
    let spec = autoscaler.spec
    var lines = [
      "hpa/\(stored.key.name) in namespace \(stored.key.namespace) scales \(target.kind ?? "?")/\(target.name ?? "?") between "
        + "\(spec.minReplicas ?? 1) and \(spec.maxReplicas ?? 1) replicas"
    ]
    guard let last = decisions.last else {
      return lines + ["It has not looked at its target yet: it does so every 15 s."] + advice
    }
    lines += ["", "decision of \(last.at.rfc3339): \(last.current) → \(last.desired) replicas"]
    if let problem = last.problem { lines.append("  " + problem) }
    for (index, metric) in last.metrics.enumerated() {
      lines += metricLines(metric, last).map { "  " + $0 }
      if last.metrics.count > 1, index == last.winner { lines.append("  this metric asks for most, so it counts") }
    }
    lines += limitLines(last).map { "  " + $0 }
    lines += nextLines(last)
    let earlier = decisions.dropLast().suffix(5)
    if !earlier.isEmpty {
      lines += ["", "before that:"]
      for decision in earlier.reversed() {
        lines.append("  \(decision.at.rfc3339)  \(decision.current) → \(decision.desired)  \(decision.reason)")
      }
    }
    return lines + advice
  }

  private func metricLines(_ metric: MetricDecision, _ decision: Decision) -> [String] {
    var lines = [metric.label]
    for pod in metric.pods { lines.append("  " + podLine(pod, metric)) }
    if let failure = metric.failure { return lines + ["  \(failure.reason.rawValue): \(failure.message)"] }
    let average = amount(metric.averageMilli, metric)
    if let utilization = metric.utilization, let goal = metric.targetUtilization {
      lines.append("  average \(average), \(utilization)% of the requests; target \(goal)%")
    } else if let goal = metric.targetMilli {
      let whole = metric.valueMilli.map { "\(amount($0, metric)) in all, " } ?? ""
      lines.append("  \(whole)average \(average); target \(amount(goal, metric))")
    } else if let goal = metric.targetValueMilli, let value = metric.valueMilli {
      lines.append("  \(amount(value, metric)) in all; target \(amount(goal, metric))")
    }
    let bounds = "\(decimal(1 - metric.toleranceDown)) to \(decimal(1 + metric.toleranceUp))"
    lines.append("  ratio \(decimal(metric.ratio)); from \(bounds) nothing changes (the tolerance)")
    if metric.assumedRatio != metric.ratio {
      lines.append("  with what is assumed for pods without a sample the ratio is \(decimal(metric.assumedRatio))")
    }
    if metric.isWithinTolerance {
      lines.append("  within the tolerance: asks for what there is, \(metric.replicas)")
    } else if metric.isReversed {
      lines.append("  that would turn the direction round: asks for what there is, \(metric.replicas)")
    } else {
      lines.append("  asks for \(metric.replicas) replica\(metric.replicas == 1 ? "" : "s")")
    }
    return lines
  }

  private func podLine(_ pod: PodTerm, _ metric: MetricDecision) -> String {
    let name = pod.name + String(repeating: " ", count: max(1, 12 - pod.name.count))
    let assumed = pod.assumedMilli.map { "; \(amount($0, metric)) is assumed" } ?? ""
    switch pod.state {
    case .ignored: return name + "set aside: it is being deleted or has failed"
    case .missing: return name + "set aside: it has no sample" + assumed
    case .unready: return name + "set aside: it is not ready yet" + assumed
    case .counted:
      var text = name + amount(pod.usageMilli, metric)
      if pod.requestMilli > 0 {
        text += " of \(amount(pod.requestMilli, metric)) requested, \(pod.usageMilli &* 100 / pod.requestMilli)%"
      }
      if metric.isMemory, pod.anonymousBytes + pod.activeFileBytes + pod.inactiveFileBytes > 0 {
        text +=
          " (anonymous \(Explanation.mebi(pod.anonymousBytes)), active file pages \(Explanation.mebi(pod.activeFileBytes)); "
        text += "inactive file pages \(Explanation.mebi(pod.inactiveFileBytes)) do not count)"
      }
      return text
    }
  }

  private func limitLines(_ decision: Decision) -> [String] {
    var lines: [String] = []
    if let reason = decision.stabilizedReason {
      let until = decision.stabilizedUntil.map { ", until \($0.rfc3339) at the latest" } ?? ""
      lines.append("\(reason.rawValue): a recommendation within the stabilization window keeps \(decision.stabilized)\(until)")
    }
    if let reason = decision.limitedReason {
      let until = decision.limitedUntil.map { ", until \($0.rfc3339)" } ?? ""
      lines.append("\(reason.rawValue): no further than \(decision.desired)\(until)")
    }
    return lines
  }

  private func nextLines(_ decision: Decision) -> [String] {
    guard let metric = decision.winner.map({ decision.metrics[$0] }), metric.failure == nil else { return [] }
    var lines = ["", "what comes next:"]
    lines.append(
      decision.current >= decision.most
        ? "  does not scale up: \(decision.most) replicas are maxReplicas"
        : "  scales up when \(subject(metric)) passes \(amount(metric.scalesUpAboveMilli, metric))")
    if decision.current <= decision.least {
      lines.append("  does not scale down: \(decision.least) replicas are minReplicas")
    } else {
      let below = amount(metric.scalesDownBelowMilli(current: decision.current), metric)
      let until =
        decision.stabilizedUntil.map { ", and not before \($0.rfc3339)" } ?? ", and has stayed there for the stabilization window"
      lines.append("  scales down when \(subject(metric)) is below \(below)\(until)")
    }
    return lines
  }

  // MARK: What people wonder about

  private var advice: [String] {
    var found: [String] = []
    if let metric = decisions.last?.metrics.first(where: { $0.failure != nil }), let failure = metric.failure {
      found.append(advice(on: metric, failure))
    }
    let rivals = store.list(.horizontalPodAutoscalers, namespace: stored.key.namespace).filter { other in
      let reference = other.view(HorizontalPodAutoscaler.self).spec.scaleTargetRef
      return other.key != stored.key && reference.kind == target.kind && reference.name == target.name
    }
    if !rivals.isEmpty {
      let names = rivals.map(\.key.name).joined(separator: ", ")
      found.append("hpa \(names) scales the same \(target.kind ?? "?"): they undo each other's work. Keep one.")
    }
    if appliedReplicas {
      found.append(
        "The applied manifest of \(target.kind ?? "?")/\(target.name ?? "?") sets replicas: every kubectl apply sets them back. Leave them out."
      )
    }
    return found.isEmpty ? [] : ["", "worth knowing:"] + found.map { "  " + $0 }
  }

  private func advice(on metric: MetricDecision, _ failure: MetricDecision.Failure) -> String {
    switch (failure.cause, failure.reason) {
    case (.noRequest, _):
      "Utilization is a percentage of the requests: give every container of the pods a request, or use averageValue."
    case (.notAnnotated, _):
      "Pods are asked for numbers only with the annotations prometheus.io/scrape \"true\" and prometheus.io/port in the "
        + "template of the workload."
    case (.adapterFailed, _), (.adapterEmpty, _):
      "The metric comes from the server behind an APIService, not from the pods: kubectl get apiservice says whether it is up."
    case (_, .object), (_, .external):
      "The metric shows <unknown> until a pod of the namespace has shown such a series in a scrape."
    case _ where metric.pods.isEmpty: "The target shows <unknown> because the selector of the target finds no pods."
    default: "The target shows <unknown> until a running pod has been measured; that takes up to 30 s after its start."
    }
  }

  private static let lastApplied = Key("kubectl.kubernetes.io/last-applied-configuration")

  private var appliedReplicas: Bool {
    guard let resource = ScaleTarget.resource(target, store),
      let object = store.get(resource, namespace: stored.key.namespace, target.name ?? "")
    else { return false }
    let text = object.tree[.metadata][.annotations][Explanation.lastApplied].string ?? ""
    return (try? JSONParser.parse(text))?[.spec][.replicas].isNull == false
  }

  // MARK: JSON

  package var tree: JSON {
    [
      "name": .string(stored.key.name), "namespace": .string(stored.key.namespace),
      "target": ["kind": .string(target.kind ?? ""), "name": .string(target.name ?? "")],
      "decisions": .array(decisions.map(decisionTree)), "lines": .array(lines.map { .string($0) }),
    ]
  }

  private func decisionTree(_ decision: Decision) -> JSON {
    var tree: JSON = [
      "at": .string(decision.at.rfc3339), "current": .int(Int64(decision.current)), "desired": .int(Int64(decision.desired)),
      "stabilized": .int(Int64(decision.stabilized)), "reason": .string(decision.reason),
      "metrics": .array(decision.metrics.map { metricTree($0, decision) }),
    ]
    if let recommended = decision.recommended { tree.put(Key("recommended"), .int(Int64(recommended))) }
    for (name, text) in [
      ("stabilizedReason", decision.stabilizedReason?.rawValue), ("stabilizedUntil", decision.stabilizedUntil?.rfc3339),
      ("limitedReason", decision.limitedReason?.rawValue), ("limitedUntil", decision.limitedUntil?.rfc3339),
      ("problem", decision.problem),
    ] {
      if let text { tree.put(Key(name), .string(text)) }
    }
    return tree
  }

  private func metricTree(_ metric: MetricDecision, _ decision: Decision) -> JSON {
    var tree: JSON = [
      "label": .string(metric.label), "averageMilli": .int(metric.averageMilli), "ratio": .double(metric.ratio),
      "withinTolerance": .bool(metric.isWithinTolerance), "reversed": .bool(metric.isReversed),
      "replicas": .int(Int64(metric.replicas)),
      "scalesUpAboveMilli": .int(metric.scalesUpAboveMilli),
      "scalesDownBelowMilli": .int(metric.scalesDownBelowMilli(current: decision.current)),
      "pods": .array(
        metric.pods.map { pod in
          [
            "name": .string(pod.name), "state": .string("\(pod.state)"), "usageMilli": .int(pod.usageMilli),
            "requestMilli": .int(pod.requestMilli), "anonymousBytes": .int(pod.anonymousBytes),
            "activeFileBytes": .int(pod.activeFileBytes), "inactiveFileBytes": .int(pod.inactiveFileBytes),
          ]
        }),
    ]
    if let value = metric.valueMilli { tree.put(Key("valueMilli"), .int(value)) }
    if let utilization = metric.utilization { tree.put(Key("utilization"), .int(Int64(utilization))) }
    if let failure = metric.failure {
      tree.put(Key("failure"), ["reason": .string(failure.reason.rawValue), "message": .string(failure.message)])
    }
    return tree
  }

  // MARK: Amounts

  private func subject(_ metric: MetricDecision) -> String { metric.targetValueMilli == nil ? "the average" : "the value" }

  /// Thousandths of a unit as people write them: "67Mi", "250m".
  private func amount(_ milli: Int64, _ metric: MetricDecision) -> String {
    metric.isMemory ? Explanation.mebi(milli / 1000) : milli % 1000 == 0 ? "\(milli / 1000)" : "\(milli)m"
  }

  private static func mebi(_ bytes: Int64) -> String {
    let tenths = (bytes * 10 + (1 << 19)) >> 20
    return tenths % 10 == 0 || tenths > 1000 ? "\(tenths / 10)Mi" : "\(tenths / 10).\(tenths % 10)Mi"
  }

  private func decimal(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
