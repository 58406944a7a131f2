import CoreMetrics
import CoreStore
import CoreTypes

/// How many replicas one metric asks for. Source: pkg/controller/podautoscaler/replica_calculator.go, v1.36.
struct ReplicaCalculator {
  /// Seconds after a start in which cpu of a pod may be set aside, and the delay of its first readiness.
  static let cpuInitialization = 300
  static let initialReadiness = 30

  struct Proposal: Sendable {
    var replicas: Int
    /// Whole percents, nil for raw values.
    var utilization: Int?
    /// Mean of the pods that have a sample, in thousandths of a unit.
    var averageMilli: Int64
    var ratio: Double
    var counted: [String] = []
    var ignored: [String] = []
    var missing: [String] = []
    var unready: [String] = []
    var totalMilli: Int64 = 0
    var requestsMilli: Int64 = 0
    var isWithinTolerance = false
  }

  struct Failure: Error { var message: String }

  struct Tolerance {
    var up = 0.1
    var down = 0.1
    func holds(_ ratio: Double) -> Bool { 1 - down <= ratio && ratio <= 1 + up }
  }

  let snapshot: Snapshot
  let now: Instant
  let pods: [StoredObject]
  let tolerance: Tolerance

  /// `target` is a percentage of the request where `isUtilization`, else an average in thousandths.
  func resource(_ name: String, container: String?, target: Int64, isUtilization: Bool, current: Int) throws(Failure) -> Proposal {
    var samples: [(pod: String, value: Int64, request: Int64)] = []
    var proposal = Proposal(replicas: current, averageMilli: 0, ratio: 1)
    var aside: [(pod: String, request: Int64, isMissing: Bool)] = []
    var ready = 0
    if pods.isEmpty { throw Failure(message: "no pods are behind the target's selector while calculating replicas") }
    for stored in pods {
      let pod = stored.view(Pod.self)
      if pod.metadata.deletionTimestamp != nil || pod.status.phase == "Failed" {
        proposal.ignored.append(stored.key.name)
        continue
      }
      let request = try isUtilization ? Self.request(of: pod, name, container) : 0
      if pod.status.phase == "Pending" {
        proposal.unready.append(stored.key.name)
        aside.append((stored.key.name, request, false))
        continue
      }
      guard let usage = usage(of: stored, pod, name, container) else {
        proposal.missing.append(stored.key.name)
        aside.append((stored.key.name, request, true))
        continue
      }
      if name == "cpu", isUnready(pod, usage.at, usage.window) {
        proposal.unready.append(stored.key.name)
        aside.append((stored.key.name, request, false))
        continue
      }
      ready += 1
      proposal.counted.append(stored.key.name)
      samples.append((stored.key.name, usage.value, request))
    }
    guard !samples.isEmpty else {
      throw Failure(message: "no metrics were received for the \(pods.count) pod(s): they may not be ready, or have no sample yet")
    }
    func ratio(_ all: [(pod: String, value: Int64, request: Int64)]) -> (Double, Int?, Int64) {
      let total = all.reduce(0) { $0 + $1.value }
      let average = total / Int64(all.count)
      if !isUtilization { return (Double(average) / Double(target), nil, average) }
      let percent = Int(total * 100 / max(1, all.reduce(0) { $0 + $1.request }))
      return (Double(percent) / Double(target), percent, average)
    }
    let (first, utilization, average) = ratio(samples)
    proposal.utilization = utilization
    proposal.averageMilli = average
    proposal.ratio = first
    proposal.totalMilli = samples.reduce(0) { $0 + $1.value }
    proposal.requestsMilli = samples.reduce(0) { $0 + $1.request }
    let usesUnready = !proposal.unready.isEmpty && first > 1
    if !usesUnready, proposal.missing.isEmpty {
      proposal.isWithinTolerance = tolerance.holds(first)
      if !proposal.isWithinTolerance { proposal.replicas = Int((first * Double(ready)).rounded(.up)) }
      return proposal
    }
    for pod in aside where pod.isMissing || usesUnready {
      if pod.isMissing, first < 1 {
        samples.append((pod.pod, isUtilization ? pod.request * max(100, target) / 100 : target, pod.request))
      } else {
        samples.append((pod.pod, 0, pod.request))
      }
    }
    let second = ratio(samples).0
    proposal.ratio = second
    if tolerance.holds(second) || (first < 1 && second > 1) || (first > 1 && second < 1) {
      proposal.isWithinTolerance = true
      return proposal
    }
    let wanted = Int((second * Double(samples.count)).rounded(.up))
    if (second < 1 && wanted > current) || (second > 1 && wanted < current) { return proposal }
    proposal.replicas = wanted
    return proposal
  }

  private func usage(
    of stored: StoredObject, _ pod: Pod, _ name: String, _ container: String?
  ) -> (value: Int64, at: Instant, window: Duration)? {
    let names = pod.spec.containers.map { $0.name ?? "" }
    guard let usage = snapshot.metrics.podMetrics(stored.uid, containers: names) else { return nil }
    var total: Int64 = 0
    var found = false
    for each in usage.containers where container == nil || each.name == container {
      if name == "cpu", each.cpuNanocores < 0 { return nil }
      found = true
      total += name == "cpu" ? (each.cpuNanocores + 999_999) / 1_000_000 : each.memoryBytes * 1000
    }
    return found ? (total, usage.timestamp, usage.window) : nil
  }

  /// The request in thousandths. A pod's own request wins unless a container is named.
  private static func request(of pod: Pod, _ name: String, _ container: String?) throws(Failure) -> Int64 {
    if container == nil, let text = pod.spec.resources.requests[name], let amount = Quantity(text) { return amount.milliValue }
    var total: Int64 = 0
    let sidecars = pod.spec.initContainers.filter { $0.restartPolicy == "Always" }
    for each in Array(pod.spec.containers) + sidecars where container == nil || each.name == container {
      guard let text = each.resources.requests[name], let amount = Quantity(text) else {
        throw Failure(
          message: "container \(each.name ?? "") of pod \(pod.metadata.name ?? "") has no request for \(name): set resources.requests.\(name)")
      }
      total += amount.milliValue
    }
    return total
  }

  private func isUnready(_ pod: Pod, _ sampleAt: Instant, _ window: Duration) -> Bool {
    guard let ready = pod.status.conditions.first(where: { $0.type == "Ready" }),
      let start = pod.status.startTime.flatMap({ Instant(rfc3339: $0) })
    else { return true }
    let since = ready.lastTransitionTime.flatMap { Instant(rfc3339: $0) } ?? start
    if start + .seconds(Self.cpuInitialization) > now { return ready.status == "False" || sampleAt < since + window }
    return ready.status == "False" && start + .seconds(Self.initialReadiness) > since
  }
}
