package import CoreObjects

/// Every term of one look at an autoscaler, in the order in which they follow from one another: for `wavetank explain` and the
/// live view.
package struct Decision: Sendable {
  package var at: Instant
  package var least: Int
  package var most: Int
  package var current: Int
  /// One for each metric of the spec, in its order; empty where they were not read.
  package var metrics: [MetricDecision] = []
  /// Index in `metrics` of the one that wants most.
  package var winner: Int?
  /// What the metrics ask for; nil where they give no answer.
  package var recommended: Int?
  package var stabilized: Int
  package var stabilizedReason: ScalingLimits.Stabilized?
  /// When the last recommendation that forbids a change leaves its window.
  package var stabilizedUntil: Instant?
  package var limitedReason: ScalingLimits.Limited?
  /// When a policy lets the count go further.
  package var limitedUntil: Instant?
  package var desired: Int
  /// Why the metrics were not asked or gave no answer.
  package var problem: String?

  static let aboveMost = "Current number of replicas above Spec.MaxReplicas"
  static let belowLeast = "Current number of replicas below Spec.MinReplicas"

  init(at now: Instant, current: Int, _ rules: AutoscalerRules) {
    at = now
    least = rules.least
    most = rules.most
    self.current = current
    stabilized = current
    desired = current
  }

  mutating func add(_ proposal: AutoscalerMetrics.Proposal) {
    metrics = proposal.metrics
    winner = proposal.winner
    recommended = proposal.replicas
    problem = proposal.problem
  }

  mutating func add(_ limits: ScalingLimits) {
    stabilized = limits.stabilized
    stabilizedReason = limits.stabilizedReason
    stabilizedUntil = limits.stabilizedUntil
    limitedReason = limits.limitedReason
    limitedUntil = limits.limitedUntil
    desired = limits.desired
  }

  /// The decision in one line of plain words.
  package var reason: String { sentence { $0.rfc3339 } }

  /// The same, with moments as `time` tells them.
  package func sentence(_ time: (Instant) -> String) -> String {
    func until(_ instant: Instant?) -> String { instant.map { " until \(time($0))" } ?? "" }
    if let problem { return problem }
    guard let metric = winner.map({ metrics[$0] }), let recommended else { return "nothing was decided" }
    let level =
      metric.utilization.map { "\($0)% of the requests" }
      ?? "\(Int((max(-1e12, min(metric.ratio, 1e12)) * 100).rounded()))% of the target"
    var text = "\(metric.label): \(level)"
    if recommended != current {
      text += ", which asks for \(recommended)"
    } else {
      text += metric.isWithinTolerance ? ", within the tolerance" : ", which asks for what there is"
    }
    let unseen = metric.pods.reduce(0) { $0 + ($1.state == .missing || $1.state == .unready ? 1 : 0) }
    if unseen > 0 { text += " (\(unseen) of \(metric.pods.count) pods without a usable sample)" }
    if let stabilizedReason { text += "; \(stabilizedReason.rawValue) keeps \(stabilized)" + until(stabilizedUntil) }
    if let limitedReason { text += "; \(limitedReason.rawValue) stops at \(desired)" + until(limitedUntil) }
    return text
  }
}

/// What one metric asked for, and why.
package struct MetricDecision: Sendable {
  package struct Failure: Sendable {
    package var cause: MetricFailure
    package var reason: MetricFailure.Reason
    package var message: String

    init(_ source: AutoscalerRules.Source, _ cause: MetricFailure) {
      self.cause = cause
      reason = source.failureReason
      message = source.message(cause)
    }
  }
  /// As conditions and events call it: "memory resource utilization (percentage of request)".
  package var label: String
  package var isMemory: Bool
  package var failure: Failure?
  package var pods: [PodTerm] = []
  /// Percent of the requests that is aimed at, or thousandths of a unit for each pod.
  package var targetUtilization: Int?
  package var targetMilli: Int64?
  /// What is aimed at for all pods together, thousandths of a unit.
  package var targetValueMilli: Int64?
  /// Whole percents of the requests; nil for a target that is an amount.
  package var utilization: Int?
  /// Mean of the pods that counted, thousandths of a unit.
  package var averageMilli: Int64 = 0
  /// The metric as a whole, thousandths of a unit; nil where each pod has its own.
  package var valueMilli: Int64?
  package var ratio = 1.0
  /// The ratio with what was assumed for pods without a sample; the same as `ratio` where nothing was.
  package var assumedRatio = 1.0
  package var toleranceUp: Double
  package var toleranceDown: Double
  package var isWithinTolerance = false
  /// With what was assumed the count would go the other way: then it stays.
  package var isReversed = false
  package var replicas = 0

  init(_ metric: AutoscalerRules.Metric, _ tolerance: Tolerance) {
    label = metric.label
    isMemory = metric.isMemory
    toleranceUp = tolerance.up
    toleranceDown = tolerance.down
    switch metric.target {
    case .utilization(let percent): targetUtilization = percent
    case .average(let amount): targetMilli = amount
    case .value(let amount): targetValueMilli = amount
    case .invalid: break
    }
  }

  /// Mean request of the pods that counted, thousandths of a unit.
  package var requestMilli: Int64 {
    let counted = pods.filter { $0.state == .counted }
    return counted.isEmpty ? 0 : counted.reduce(0) { $0 &+ $1.requestMilli } / Int64(counted.count)
  }

  /// The target as an amount for each pod, thousandths of a unit.
  private var goalMilli: Double {
    (targetMilli ?? targetValueMilli).map(Double.init) ?? Double(requestMilli) * Double(targetUtilization ?? 0) / 100
  }

  /// The average above which this metric asks for more pods. Utilisation moves in whole percents.
  package var scalesUpAboveMilli: Int64 {
    guard let percent = targetUtilization else { return Self.whole(goalMilli * (1 + toleranceUp)) }
    let next = (Double(percent) * (1 + toleranceUp) + 1e-9).rounded(.down) + 1
    return Self.whole(Double(requestMilli) * next / 100)
  }

  /// The average below which it asks for fewer than `current` pods.
  package func scalesDownBelowMilli(current: Int) -> Int64 {
    if current <= 1 { return 0 }
    let ratio = min(1 - toleranceDown, Double(current - 1) / Double(current))
    return Self.whole(goalMilli * ratio)
  }

  /// What is held against the target, for the status: plain milli-units, as upstream, but for memory. Bytes that are no whole Ki are
  /// told as a server keeps them, which reads a number without a unit as a decimal one: 97092k.
  var amount: MetricValueStatus {
    if targetValueMilli != nil { return .make(value: Quantity(milli: valueMilli ?? 0).description) }
    let average = isMemory ? Quantity(bytes: averageMilli / 1000) : Quantity(milli: averageMilli)
    let text = average.description
    return .make(averageValue: isMemory ? Quantity(text)?.description ?? text : text, averageUtilization: utilization)
  }

  private static func whole(_ amount: Double) -> Int64 { Int64(max(0, min(amount, 9e18))) }
}

/// One pod's part in a metric.
package struct PodTerm: Sendable {
  package enum State: UInt8, Sendable {
    case counted
    /// Being deleted, or failed.
    case ignored
    /// It has no sample.
    case missing
    /// Pending; for cpu also: in its first minutes, or never ready yet.
    case unready
  }
  package var name: String
  package var state = State.counted
  package var usageMilli: Int64 = 0
  package var requestMilli: Int64 = 0
  /// What was taken for it instead of a sample.
  package var assumedMilli: Int64?
  /// What its memory is made of.
  package var anonymousBytes: Int64 = 0
  package var activeFileBytes: Int64 = 0
  package var inactiveFileBytes: Int64 = 0

  init(name: String) { self.name = name }

  /// The amount that enters the sum.
  var value: Int64? { state == .counted ? usageMilli : assumedMilli }
}
