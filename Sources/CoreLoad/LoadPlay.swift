import CoreObjects

/// A load that is played: a shape and a model, and what they remember from one moment to the next. Nothing is sampled: what is used and
/// what is unmet are integrals over the straight lines of which the shape is made. Before second 0 the load has its first level.
package struct LoadPlay: Sendable {
  /// What a time came to.
  package struct Stretch: Sendable, Equatable {
    package var start: Double
    package var end: Double
    /// The mean level for all pods together. nil where there is none.
    package var offered: Double?
    /// What of it the pods could take in the mean: what is not beyond their limits, and nothing where none is ready.
    package var served: Double
    /// What of a queue waited at the beginning; of the other kinds what was offered and not served.
    package var unmet: Double
  }

  /// What a pod uses, and the most that it used at one moment since the last time.
  package struct Usage: Sendable, Equatable {
    package var amount: Double
    package var peak: Double
  }

  /// Of more stretches between two questions only the mean is told.
  private static let stretchLimit = 4

  package let model: LoadModel
  private let shape: LoadShape
  /// It is memory, which is met where a pod is ready, also before a job has spread it: what does not fit is killed.
  private let isHeld: Bool
  private var cursors = LoadCursors()
  private var stretches: [Stretch] = []
  private var waiting = 0.0
  /// What each pod uses of the level, and what jobs have left it that it has not seen yet.
  private var shares: [String: Double] = [:]
  private var left: [String: [(amount: Double, at: Double)]] = [:]
  private var nextTick = 0

  package init(_ model: LoadModel, _ shape: LoadShape, isHeld: Bool = false) {
    (self.model, self.shape, self.isHeld) = (model, shape, isHeld)
  }

  /// Plays on. Times follow each other.
  package mutating func play(from start: Double, to end: Double, _ pods: inout [LoadPod]) {
    var second = start
    while second < end {
      let piece = piece(from: second, to: end, pods)
      let stretch = add(piece, from: second, &pods)
      if second >= 0 { stretches.append(stretch) }
      second = piece.end
    }
  }

  /// What was played since the last time that this was asked.
  package mutating func collect() -> [Stretch] {
    defer { stretches.removeAll(keepingCapacity: true) }
    guard stretches.count > LoadPlay.stretchLimit, var all = stretches.first, let end = stretches.last?.end else {
      return stretches
    }
    func mean(_ value: (Stretch) -> Double?) -> Double {
      stretches.reduce(0) { $0 + (value($1) ?? 0) * ($1.end - $1.start) } / (end - all.start)
    }
    all.offered = stretches.contains { $0.offered != nil } ? mean(\.offered) : nil
    all.served = mean(\.served)
    if !model.isQueue { all.unmet = mean(\.unmet) }
    all.end = end
    return [all]
  }

  /// What each pod uses, in their order: at this second, or in the mean since the last time that this was asked. nil: no sample.
  package mutating func usage(at second: Double, isMean: Bool = false, _ pods: inout [LoadPod]) -> [Usage?] {
    var usage = [Usage?](repeating: nil, count: pods.count)
    let share = share(piece(from: second, to: second, pods), pods.count { $0.isReady })
    for index in pods.indices {
      let (used, peak) = pods[index].collect()
      if model.isQueue || share.ready.first.isNaN || pods[index].isLost { continue }
      var now = model.base + share.of(pods[index].isReady).first
      if model.hasTurns {
        see(pods[index], at: second)
        if model.isTicked { now = model.base + (shares[pods[index].name] ?? 0) }
        now += model.spike(of: pods[index], at: second)
      }
      now = min(now, pods[index].limit)
      // One that uses the same all the time does so to the last digit.
      let mean = used.flatMap { isMean && abs($0 - now) > 1e-9 * now ? $0 : nil }
      usage[index] = Usage(amount: mean ?? now, peak: max(peak, now))
    }
    dropMissing(&usage, pods, second)
    return usage
  }

  /// What waits now; nil where the load is no queue.
  package var backlog: Double? { model.isQueue ? waiting : nil }

  /// The level at a second.
  package mutating func level(at second: Double) -> Double? { shape.level(at: max(0, second), &cursors) }

  /// - Parameter pods: among which a job spreads the level, where it is time to do so
  private mutating func piece(from second: Double, to end: Double, _ pods: [LoadPod]) -> LoadPiece {
    var piece = shape.piece(from: max(0, second), to: max(0, end), &cursors)
    if second < 0 { piece = LoadPiece(end: min(0, end), piece.first) }
    guard case .ticked(let every, _, let grain) = model.kind else { return piece }
    func begin(_ tick: Int) -> Double { Double(tick * max(1, every)) + model.lag.delaySeconds }
    while begin(nextTick) <= max(0, second) {
      if !piece.first.isNaN { spread(piece.first, grain, from: begin(nextTick), pods) }
      nextTick += 1
    }
    piece.cut(to: begin(nextTick), from: second)
    return piece
  }

  private mutating func add(_ piece: LoadPiece, from start: Double, _ pods: inout [LoadPod]) -> Stretch {
    if case .queue(let rate) = model.kind {
      return queue(piece, from: start, rate * Double(pods.count { $0.isReady && !$0.isLost }))
    }
    var stretch = Stretch(start: start, end: piece.end, offered: nil, served: 0, unmet: 0)
    if piece.first.isNaN { return stretch }
    let (length, ready, isByPod) = (piece.end - start, pods.count { $0.isReady }, model.kind == .perPod)
    let level = isByPod ? piece.mean * Double(pods.count) : piece.mean
    let share = share(piece, ready)
    var (taken, unmet) = (0.0, 0.0)
    for index in pods.indices {
      let own = share.of(pods[index].isReady)
      var (all, over) = (own.mean * length, 0.0)
      if model.hasTurns {
        (all, over) = turn(own, from: start, &pods[index])
      } else {
        over = pods[index].use(own, from: start, besides: model.base)
      }
      if pods[index].isReady || isByPod { (taken, unmet) = (taken + all, unmet + over) }
    }
    stretch.offered = level
    if model.isTicked, !isHeld {
      stretch.served = max(0, min(level, (taken - unmet) / length))
    } else if ready > 0 || isByPod {
      stretch.served = max(0, level - unmet / length)
    }
    stretch.unmet = level - stretch.served
    return stretch
  }

  /// What a pod gets, and what it uses besides, may change at moments of its own.
  private mutating func turn(_ share: LoadPiece, from start: Double, _ pod: inout LoadPod) -> (all: Double, unmet: Double) {
    var (second, all, unmet) = (start, 0.0, 0.0)
    repeat {
      see(pod, at: second)
      var part = share
      part.cut(to: turn(of: pod, after: second), from: start)
      part.first = share.level(at: second, from: start)
      if model.isTicked { part = LoadPiece(end: part.end, shares[pod.name] ?? 0) }
      unmet += pod.use(part, from: second, besides: model.base + model.spike(of: pod, at: second))
      all += part.mean * (part.end - second)
      second = part.end
    } while second < share.end
    return (all, unmet)
  }

  /// What arrives while the queue is empty and is less than what can be done is done at once.
  private mutating func queue(_ piece: LoadPiece, from start: Double, _ capacity: Double) -> Stretch {
    var stretch = Stretch(start: start, end: piece.end, offered: piece.first.isNaN ? nil : piece.mean, served: 0, unmet: waiting)
    if start < 0 { return stretch }
    let length = piece.end - start
    let arrives = LoadPiece(end: piece.end, first: piece.first.isNaN ? 0 : piece.first, last: piece.last.isNaN ? 0 : piece.last)
    let change = (arrives.mean - capacity) * length
    // How far it would have sunk meanwhile if it could be below zero.
    var lowest = min(0, change)
    if arrives.first < capacity, arrives.last > capacity {
      let part = (capacity - arrives.first) / (arrives.last - arrives.first)
      lowest = (arrives.first - capacity) * part * length / 2
    }
    waiting = max(stretch.unmet + change, change - lowest)
    stretch.served = max(0, (stretch.unmet - waiting) / length + arrives.mean)
    return stretch
  }

  /// What a pod gets of the level where no job spreads it.
  private func share(_ piece: LoadPiece, _ ready: Int) -> Share {
    guard case .shared(_, let reachesUnready) = model.kind else { return Share(ready: piece, unready: piece) }
    let count = Double(max(1, ready))
    let share = LoadPiece(end: piece.end, first: piece.first / count, last: piece.last / count)
    return Share(ready: share, unready: reachesUnready ? share : LoadPiece(end: piece.end, 0))
  }

  private struct Share {
    let ready: LoadPiece
    let unready: LoadPiece

    func of(_ isReady: Bool) -> LoadPiece { isReady ? ready : unready }
  }

  /// The next moment of a pod's own at which it uses something else.
  private func turn(of pod: LoadPod, after second: Double) -> Double {
    var turn = Double.infinity
    if let spike = model.startSpike, pod.startedAt + spike.seconds > second { turn = pod.startedAt + spike.seconds }
    if model.isTicked, let next = left[pod.name]?.first { turn = min(turn, look(of: pod, next.at)) }
    return turn
  }

  // MARK: Jobs

  /// Leaves each pod its share, one after the other.
  private mutating func spread(_ level: Double, _ grain: Double, from begin: Double, _ pods: [LoadPod]) {
    // A level of whole grains must not miss one of them because it is written in decimals.
    let grains = (level / max(grain, 1e-9) / Double(max(1, pods.count)) + 1e-9).rounded(.down)
    let before = left
    left = [:]
    for (place, pod) in pods.enumerated() {
      left[pod.name] = (before[pod.name] ?? []) + [(grains * grain, begin + Double(place + 1) * model.lag.podSeconds)]
    }
  }

  /// When a pod first sees what was left at a time.
  private func look(of pod: LoadPod, _ at: Double) -> Double {
    let every = model.lag.rereadSeconds
    return every > 0 ? pod.startedAt + max(0, ((at - pod.startedAt) / every).rounded(.up)) * every : at
  }

  private mutating func see(_ pod: LoadPod, at second: Double) {
    if !model.isTicked { return }
    while let next = left[pod.name]?.first, look(of: pod, next.at) <= max(0, second) {
      shares[pod.name] = next.amount
      left[pod.name]!.removeFirst()
    }
  }

  private func dropMissing(_ usage: inout [Usage?], _ pods: [LoadPod], _ second: Double) {
    switch model.missing {
    case .divisor(let divisor) where divisor > 0:
      for (index, pod) in pods.indices.sorted(by: { pods[$0].name < pods[$1].name }).enumerated() where index % divisor == 1 {
        usage[pod] = nil
      }
    case .probability(let probability, let seed):
      let moment = UInt64(bitPattern: Int64(max(0, second).clamped))
      for (index, pod) in pods.enumerated() where Chance.uniform(seed ^ FNV.hash(pod.name), moment) < probability {
        usage[index] = nil
      }
    default: break
    }
  }
}
