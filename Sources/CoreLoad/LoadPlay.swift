import CoreObjects

/// A pod as a load sees it.
package struct LoadPod: Sendable, Equatable {
  package var name: String
  /// Since its containers started.
  package var ageSeconds: Double
  package var isReady: Bool
  /// What it cannot use more of: its limit of CPU.
  package var limit: Double?

  package init(name: String, ageSeconds: Double, isReady: Bool, limit: Double? = nil) {
    self.name = name
    self.ageSeconds = ageSeconds
    self.isReady = isReady
    self.limit = limit
  }
}

/// A load that is played: `LoadModel`, and what it remembers from one second to the next.
package struct LoadPlay: Sendable {
  /// What one step came to.
  package struct Step: Sendable, Equatable {
    /// Of each pod, in the order in which they were given; nil: no sample.
    package var usage: [Double?]
    /// The level for all pods together. nil where there is none.
    package var offered: Double?
    /// What of it the pods could take: a queue's in a second; else what is not beyond their limits, and nothing where none is ready.
    package var served: Double
    /// What of a queue waits; of the other kinds what is offered and not served now.
    package var backlog: Double
  }

  package let model: LoadModel
  private var backlog = 0.0
  private var lastSecond: Double?
  /// What each pod uses of the level, and what the last job has left it.
  private var shares: [String: Double] = [:]
  private var left: [String: (amount: Double, at: Double)] = [:]
  private var lastTick: Int?

  package init(_ model: LoadModel) { self.model = model }

  /// Usage at a second. Steps come in the order of time.
  ///
  /// - Parameter level: at that second; nil: there is none, so that no pod has a sample (a queue gets no work).
  package mutating func step(at second: Double, level: Double?, pods: [LoadPod]) -> Step {
    defer { lastSecond = second }
    if case .queue(let rate) = model.kind { return queueStep(second, level, pods, rate) }
    guard let level else { return Step(usage: Array(repeating: nil, count: pods.count), offered: nil, served: 0, backlog: 0) }
    let ready = pods.count { $0.isReady }
    if case .ticked(let every, _, let grain) = model.kind { spread(level, pods, every, grain, second) }
    var step = Step(usage: [], offered: level, served: 0, backlog: 0)
    step.usage.reserveCapacity(pods.count)
    var (loss, total) = (0.0, 0.0)
    for pod in pods {
      var wanted: Double
      let share: Double
      switch model.kind {
      case .shared(let base, let reachesUnready):
        share = pod.isReady || reachesUnready ? level / Double(max(1, ready)) : 0
        wanted = base + share
      case .ticked(_, let base, _):
        share = shares[pod.name] ?? 0
        wanted = base + share
      case .perPod, .queue: (share, wanted) = (level, level)
      }
      total += share
      if let spike = model.startSpike, pod.ageSeconds < spike.seconds { wanted += spike.level }
      let usage = min(wanted, pod.limit ?? .infinity)
      if pod.isReady || model.kind == .perPod { loss += min(share, wanted - usage) } else { loss += share }
      step.usage.append(usage)
    }
    if model.kind == .perPod { step.offered = total }
    let offered = step.offered ?? 0
    step.served = min(offered, max(0, total - loss))
    step.backlog = offered - step.served
    dropMissing(&step, pods, second)
    return step
  }

  private mutating func queueStep(_ second: Double, _ level: Double?, _ pods: [LoadPod], _ rate: Double) -> Step {
    let passed = lastSecond.map { max(0, second - $0) } ?? 0
    let capacity = rate * Double(pods.count { $0.isReady })
    let waiting = backlog + (level ?? 0) * passed
    backlog = max(0, waiting - capacity * passed)
    let served = passed > 0 ? (waiting - backlog) / passed : min(level ?? 0, capacity)
    return Step(usage: Array(repeating: nil, count: pods.count), offered: level, served: served, backlog: backlog)
  }

  /// Sets the shares anew where a time to do so has come since the last step.
  private mutating func spread(_ level: Double, _ pods: [LoadPod], _ every: Int, _ grain: Double, _ second: Double) {
    let lag = model.lag
    guard second >= lag.delaySeconds else { return }
    let tick = Int(min(second - lag.delaySeconds, 1e15)) / max(1, every)
    if tick != lastTick {
      lastTick = tick
      left = [:]
      // A level of whole grains must not miss one of them because it is written in decimals.
      let grains = (level / max(grain, 1e-9) / Double(max(1, pods.count)) + 1e-9).rounded(.down)
      let begin = Double(tick * max(1, every)) + lag.delaySeconds
      for (place, pod) in pods.enumerated() { left[pod.name] = (grains * grain, begin + Double(place + 1) * lag.podSeconds) }
    }
    let before = shares
    shares = [:]
    for pod in pods {
      let age = lag.rereadSeconds > 0 ? pod.ageSeconds.truncatingRemainder(dividingBy: lag.rereadSeconds) : 0
      let new = left[pod.name].flatMap { $0.at <= second - age ? $0.amount : nil }
      shares[pod.name] = new ?? before[pod.name]
    }
  }

  private func dropMissing(_ step: inout Step, _ pods: [LoadPod], _ second: Double) {
    switch model.missing {
    case .divisor(let divisor) where divisor > 0:
      for (index, pod) in pods.indices.sorted(by: { pods[$0].name < pods[$1].name }).enumerated() where index % divisor == 1 {
        step.usage[pod] = nil
      }
    case .probability(let probability, let seed):
      let moment = UInt64(bitPattern: Int64(second.clamped))
      for (index, pod) in pods.enumerated() where Chance.uniform(seed ^ FNV.hash(pod.name), moment) < probability {
        step.usage[index] = nil
      }
    default: break
    }
  }
}
