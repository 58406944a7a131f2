import CoreObjects

/// How many replicas one metric asks for. Source: pkg/controller/podautoscaler/replica_calculator.go, v1.36.
struct ReplicaCalculator {
  /// Seconds after a start in which cpu of a pod may be set aside, and the delay of its first readiness.
  static let cpuInitialization = 300
  static let initialReadiness = 30

  let custom: CustomMetrics
  let now: Instant
  let pods: [AutoscaledPod]
  /// Where the samples of each are.
  let samples: [Int]
  let tolerance: Tolerance
  let current: Int

  /// What containers are measured by.
  enum Measure {
    case cpu, memory, other

    init(_ name: String) { self = name == "cpu" ? .cpu : name == "memory" ? .memory : .other }
  }

  /// Usage against target, with every pod that counted.
  private struct Level {
    var ratio: Double
    /// Whole percents of the requests; nil for a target that is an amount.
    var utilization: Int?
    /// Thousandths of a unit for each pod.
    var average: Int64
    /// How many pods counted, and how many have no sample to count.
    var counted = 0
    var unready = 0
    var missing = 0
  }

  /// Fills the terms of `decision` in. Throws where no count follows.
  func evaluate(
    _ name: String, container: String?, _ target: AutoscalerRules.Target, _ metrics: MetricsWindow,
    _ decision: inout MetricDecision
  ) throws(MetricFailure) {
    try requirePods()
    var isUtilization = false
    var wanted: Int64 = 0
    switch target {
    case .utilization(let percent): (isUtilization, wanted) = (true, Int64(percent))
    case .average(let amount): wanted = amount
    case .value, .invalid: throw .noUtilizationOrAverage(resource: name)
    }
    let measure = Measure(name)
    decision.pods.reserveCapacity(pods.count)
    for (pod, samples) in zip(pods, samples) {
      decision.pods.append(try term(pod, samples, name, measure, container, isUtilization, metrics))
    }
    if try !count(&decision, isUtilization, wanted) {
      if let container, let (pod, _) = zip(pods, samples).first(where: { lacks(container, $0, $1, metrics) }) {
        throw .containerNotMeasured(container, pod: pod.stored.key.namespace + "/" + pod.name)
      }
      throw .noSample(pods: decision.pods.count, unready: decision.pods.count { $0.state == .unready })
    }
  }

  func requirePods() throws(MetricFailure) { if pods.isEmpty { throw .noPods } }

  /// Fills in the count that follows from the pods' terms; false if no pod counts.
  func count(_ decision: inout MetricDecision, _ isUtilization: Bool, _ wanted: Int64) throws(MetricFailure) -> Bool {
    guard let first = try level(decision.pods, isUtilization, wanted) else { return false }
    decision.utilization = first.utilization
    decision.averageMilli = first.average
    decision.ratio = first.ratio
    decision.assumedRatio = first.ratio
    decision.replicas = replicas(first, &decision, isUtilization, wanted)
    return true
  }

  /// Source: GetResourceReplicas and calcPlainMetricReplicas.
  private func replicas(_ first: Level, _ decision: inout MetricDecision, _ isUtilization: Bool, _ wanted: Int64) -> Int {
    let usesUnready = first.ratio > 1 && first.unready > 0
    if !usesUnready, first.missing == 0 {
      decision.isWithinTolerance = tolerance.holds(first.ratio)
      return decision.isWithinTolerance ? current : Self.count(first.ratio, first.counted)
    }
    for index in decision.pods.indices {
      let term = decision.pods[index]
      switch term.state {
      case .missing where first.ratio < 1:
        let fallback = Int128(term.requestMilli) * Int128(max(100, wanted)) / 100
        decision.pods[index].assumedMilli = isUtilization ? Int64(clamping: fallback) : wanted
      case .missing where first.ratio > 1 || !isUtilization: decision.pods[index].assumedMilli = 0
      case .unready where usesUnready: decision.pods[index].assumedMilli = 0
      default: continue
      }
    }
    guard let second = try? level(decision.pods, isUtilization, wanted) else { return current }
    decision.assumedRatio = second.ratio
    let flips = (first.ratio < 1 && second.ratio > 1) || (first.ratio > 1 && second.ratio < 1)
    decision.isWithinTolerance = tolerance.holds(second.ratio)
    decision.isReversed = flips && !decision.isWithinTolerance
    if decision.isWithinTolerance || flips { return current }
    let result = Self.count(second.ratio, decision.pods.reduce(0) { $0 + ($1.value == nil ? 0 : 1) })
    return (second.ratio < 1 && result > current) || (second.ratio > 1 && result < current) ? current : result
  }

  /// A metric below 0 asks for none.
  static func count(_ ratio: Double, _ pods: Int) -> Int {
    Int(max(0, min((ratio * Double(pods)).rounded(.up), Double(Int32.max))))
  }

  /// Nil if no pod counts.
  private func level(_ terms: [PodTerm], _ isUtilization: Bool, _ wanted: Int64) throws(MetricFailure) -> Level? {
    var total: Int128 = 0
    var requests: Int128 = 0
    var count: Int128 = 0
    var level = Level(ratio: 0, utilization: nil, average: 0)
    // In their place, not as copies.
    let terms = terms.span
    for index in terms.indices {
      switch terms[index].state {
      case .counted: level.counted += 1
      case .unready: level.unready += 1
      case .missing: level.missing += 1
      case .ignored: break
      }
      guard let value = terms[index].value else { continue }
      total += Int128(value)
      requests += Int128(terms[index].requestMilli)
      count += 1
    }
    if count == 0 { return nil }
    level.average = Int64(clamping: total / count)
    if isUtilization {
      if requests == 0 { throw .zeroRequests }
      let percent = Int(clamping: min(total * 100 / requests, Int128(Int32.max)))
      level.utilization = percent
      level.ratio = Double(percent) / Double(wanted)
    } else {
      level.ratio = Double(level.average) / Double(wanted)
    }
    return level
  }

  // MARK: one pod

  private func term(
    _ pod: AutoscaledPod, _ samples: Int, _ name: String, _ measure: Measure, _ container: String?, _ isUtilization: Bool,
    _ metrics: MetricsWindow
  ) throws(MetricFailure) -> PodTerm {
    var term = PodTerm(name: pod.name)
    if isUtilization {
      if container == nil, let known = pod.request(measure) {
        term.requestMilli = known
      } else {
        term.requestMilli = try Self.request(of: pod.stored.view(Pod.self).spec, pod.name, name, container)
      }
    }
    let isSetAside = pod.isIgnored || pod.isPending
    let usage = isSetAside ? nil : usage(pod, samples, measure, container, metrics, &term)
    if pod.isIgnored {
      term.state = .ignored
    } else if pod.isPending {
      term.state = .unready
    } else if let usage {
      term.usageMilli = usage.value
      term.state = measure == .cpu && isUnready(pod, usage.at, usage.window) ? .unready : .counted
    } else {
      term.state = .missing
    }
    return term
  }

  /// It was measured, and has no container of the name. Source: getContainerMetrics, pkg/controller/podautoscaler/metrics, v1.36.
  private func lacks(_ container: String, _ pod: AutoscaledPod, _ samples: Int, _ metrics: MetricsWindow) -> Bool {
    var isNamed = false
    let found = metrics.podMetrics(at: samples, containers: pod.containers) { if $0.name == container { isNamed = true } }
    return found != nil && !isNamed
  }

  /// Nil without a sample, also of a pod that has no container of the name.
  private func usage(
    _ pod: AutoscaledPod, _ samples: Int, _ measure: Measure, _ container: String?, _ metrics: MetricsWindow,
    _ term: inout PodTerm
  ) -> (value: Int64, at: Instant, window: Duration)? {
    if measure == .other { return nil }
    var total: Int128 = 0
    var isMissing = false
    var isNamed = container == nil
    let found = metrics.podMetrics(at: samples, containers: pod.containers) { usage in
      if let container {
        guard usage.name == container else { return }
        isNamed = true
      }
      if measure == .cpu {
        if usage.cpuNanocores < 0 { isMissing = true }
        // Quantities round up to thousandths.
        total += Int128((usage.cpuNanocores + 999_999) / 1_000_000)
      } else {
        total += Int128(usage.memoryBytes) * 1000
        term.anonymousBytes &+= usage.anonymous
        term.activeFileBytes &+= usage.activeFile
        term.inactiveFileBytes &+= usage.inactiveFile
      }
    }
    guard let found, !isMissing, isNamed else { return nil }
    return (Int64(clamping: total), found.at, found.window)
  }

  /// The request in thousandths, nothing for a pod without the named container. A pod's own request wins unless one is named.
  /// Source: calculatePodRequests, v1.36.
  static func request(of spec: PodSpec, _ pod: String, _ name: String, _ container: String?)
    throws(MetricFailure) -> Int64
  {
    if container == nil, let text = spec.resources.requests[name], let amount = Quantity(text) { return amount.milliValue }
    var total: Int128 = 0
    func add(_ each: Container) throws(MetricFailure) {
      if let container, each.name != container { return }
      guard let text = each.resources.requests[name], let amount = Quantity(text) else {
        throw .noRequest(resource: name, container: each.name ?? "", pod: pod)
      }
      total += Int128(amount.milliValue)
    }
    for each in spec.containers { try add(each) }
    for each in spec.initContainers where each.restartPolicy == "Always" { try add(each) }
    return Int64(clamping: total)
  }

  /// Whether time alone makes no difference to it any more.
  static func isPastInitialization(_ started: Instant?, _ now: Instant) -> Bool {
    started.map { $0 + .seconds(cpuInitialization) <= now } ?? true
  }

  private func isUnready(_ pod: AutoscaledPod, _ sampleAt: Instant, _ window: Duration) -> Bool {
    guard let ready = pod.ready, let start = pod.startedAt else { return true }
    let since = ready.since ?? start
    if start + .seconds(Self.cpuInitialization) > now { return ready.isFalse || sampleAt < since + window }
    return ready.isFalse && start + .seconds(Self.initialReadiness) > since
  }
}
