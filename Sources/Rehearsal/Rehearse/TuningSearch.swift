import CoreObjects
package import CoreReport

/// Looks for a better autoscaler: first coarsely and by chance, then around what is best. The seed decides, not the number of cores.
package struct TuningSearch: Sendable {
  package struct Candidate: Sendable {
    package var autoscaler: ManifestObject
    /// What is another than today, in words; empty: nothing.
    package var changes: [String]
    package var figures: RunFigures
    /// Meets every goal.
    package var isGood: Bool
    fileprivate var point: [Int]
    /// What is to be small, and what the first goal is about.
    fileprivate var cost: Double
    fileprivate var harm: Double
    fileprivate var strain: Double { figures.secondsAboveTarget }
    /// Meets all goals but the first.
    fileprivate var isAllowed: Bool
  }
  /// What was found.
  package struct Found: Sendable {
    package var today: Candidate
    /// No other one is better in what is to be small and in the first goal's figure; the cheapest first.
    package var front: [Candidate]
    /// The cheapest of those that meet every goal.
    package var best: Candidate?
    package var runs: Int
  }
  /// Members of the front around which is looked, and that are told.
  private static let frontLimit = 12
  /// Into how many parts a coarse step is cut in the end.
  private static let nearest = 16

  private let sweep: RehearsalSweep
  private let space: TuningSpace
  private let goals: [RunExpectation]
  private let aim: TuningAim
  private let seed: UInt64
  private let runLimit: Int
  /// Of what is scaled.
  private let title: String

  /// - Parameters:
  ///   - subject: the autoscaler or its target; nil: the only one
  ///   - goals: at least one
  /// - Throws: where the input cannot be played, or it is not said which autoscaler is to be tuned.
  package init(
    _ input: RehearsalInput, subject: String?, goals: [RunExpectation], aim: TuningAim, runLimit: Int
  ) throws(RehearsalError) {
    let autoscalers = input.objects.filter(\.isAutoscaler)
    let chosen = autoscalers.filter { subject == nil || $0.isMeant(by: subject!) }
    guard let autoscaler = chosen.first, chosen.count == 1 else {
      throw RehearsalError(
        autoscalers.isEmpty
          ? "there is no HorizontalPodAutoscaler among the manifests"
          : "which autoscaler? --autoscaler says one of \(autoscalers.names)")
    }
    title = autoscaler.targetTitle
    space = try TuningSpace(autoscaler, loaded: input.loads.map(\.metric))
    sweep = try RehearsalSweep(input)
    let title = title
    self.goals = goals.map { goal in
      var goal = goal
      if goal.subject == nil { goal.subject = title }
      return goal
    }
    self.aim = aim
    self.runLimit = runLimit
    seed = input.seed
  }

  /// - Parameters:
  ///   - tasks: how many are played at a time
  ///   - goesOn: told how many are done, after each; false: what was found so far is the answer
  /// - Throws: where today's cannot be played.
  package func run(tasks: Int, goesOn: (Int) -> Bool) async throws(RehearsalError) -> Found {
    let today = try candidate(space.today, Played(sweep.play(variant(space.today)), title, goals))
    var known = [today]
    var tried: Set<[Int]> = [today.point]
    var isStopped = false
    var nearness = 1
    var next = coarse()
    while !isStopped, known.count < runLimit {
      var batch = next.filter { space.holds($0) && tried.insert($0).inserted }
      if batch.isEmpty {
        if nearness > Self.nearest { break }
        nearness *= 2
        next = neighbours(of: front(known), nearness)
        continue
      }
      batch = Array(batch.prefix(runLimit - known.count))
      let before = known.count
      let played = await sweep.play(
        batch.map(variant), tasks: tasks,
        goesOn: { done in
          if !goesOn(before + done) { isStopped = true }
          return !isStopped
        },
        keep: { [title, goals] result in (try? result.get()).map { Played($0, title, goals) } })
      for (point, played) in zip(batch, played) {
        if let played, let played { known.append(candidate(point, played)) }
      }
      known.sort { $0.isBefore($1) }
      next = neighbours(of: front(known), nearness)
    }
    let best = known.first(where: \.isGood)
    return Found(today: today, front: thinned(front(known), with: best), best: best, runs: known.count)
  }

  /// What a run came to.
  private struct Played: Sendable {
    var figures = RunFigures()
    /// Of each goal, whether it is met.
    var met: [Bool] = []

    init(_ run: RunRecord, _ title: String, _ goals: [RunExpectation]) {
      figures = run.autoscalers.first { "\($0.namespace)/\($0.target)" == title }?.figures ?? figures
      met = goals.map { $0.judge(run).allSatisfy(\.isMet) }
    }
  }

  private func variant(_ point: [Int]) -> RehearsalSweep.Variant {
    .init(name: "", autoscalers: [space.autoscaler(at: point)])
  }

  private func candidate(_ point: [Int], _ played: Played) -> Candidate {
    Candidate(
      autoscaler: space.autoscaler(at: point), changes: space.changes(at: point), figures: played.figures,
      isGood: played.met.allSatisfy { $0 }, point: point, cost: Self.shown(aim.value(played.figures)),
      harm: Self.shown(goals[0].axis(played.figures)), isAllowed: played.met.dropFirst().allSatisfy { $0 })
  }

  /// Nobody prefers one to another for less than can be read.
  private static func shown(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }

  // MARK: Where to look

  /// Each dimension alone, and then all of them by chance.
  private func coarse() -> [[Int]] {
    var points: [[Int]] = []
    for (index, dimension) in space.dimensions.enumerated() {
      for value in dimension.coarse {
        var point = space.today
        point[index] = value
        points.append(point)
      }
    }
    var random = RandomSource(seed: seed)
    while points.count < runLimit / 2 {
      points.append(space.dimensions.map { $0.coarse[random.below($0.coarse.count)] })
    }
    return points
  }

  private func neighbours(of front: [Candidate], _ nearness: Int) -> [[Int]] {
    var points: [[Int]] = []
    for candidate in thinned(front, with: nil) {
      for (index, dimension) in space.dimensions.enumerated() {
        let step = max(1, dimension.stride / nearness)
        let places = dimension.isOrdered ? [-step, step].map { candidate.point[index] + $0 } : Array(dimension.values.indices)
        for place in places {
          var point = candidate.point
          point[index] = place
          points.append(point)
        }
      }
    }
    return points
  }

  // MARK: What is best

  /// Those of which no other is better in both, the cheapest first; of those that meet the other goals, where any does.
  /// - Parameter sorted: by `isBefore`
  private func front(_ sorted: [Candidate]) -> [Candidate] {
    let allowed = sorted.filter(\.isAllowed)
    // Where the goal tells nothing apart, time above target does.
    let isTelling = sorted.contains { $0.harm != sorted[0].harm }
    var front: [Candidate] = []
    for candidate in allowed.isEmpty ? sorted : allowed {
      guard let last = front.last else {
        front.append(candidate)
        continue
      }
      if isTelling ? candidate.harm < last.harm : candidate.strain < last.strain { front.append(candidate) }
    }
    return front
  }

  /// Some of a long front, from end to end.
  private func thinned(_ front: [Candidate], with best: Candidate?) -> [Candidate] {
    if front.count <= Self.frontLimit, best == nil || front.contains(where: { $0.point == best!.point }) { return front }
    let last = Double(max(1, front.count - 1))
    let places = (0..<Self.frontLimit).map { Int((Double($0) * last / Double(Self.frontLimit - 1)).rounded()) }
    var chosen = Set(places.filter { front.indices.contains($0) }).sorted().map { front[$0] }
    if let best, !chosen.contains(where: { $0.point == best.point }) { chosen.append(best) }
    return chosen.sorted { $0.isBefore($1) }
  }
}

extension TuningSearch.Candidate {
  /// Cheaper, better, nearer to today; in the end any order that is always the same.
  fileprivate func isBefore(_ other: Self) -> Bool {
    if cost != other.cost { return cost < other.cost }
    if harm != other.harm { return harm < other.harm }
    if strain != other.strain { return strain < other.strain }
    if changes.count != other.changes.count { return changes.count < other.changes.count }
    return point.lexicographicallyPrecedes(other.point)
  }
}
