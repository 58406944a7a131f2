import CoreObjects

/// Which pods of lower priority would have to go for a pod that fits nowhere.
/// Source: pkg/scheduler/framework/preemption and plugins/defaultpreemption, v1.36.
struct Preemption {
  struct Choice {
    var node: NodeShape
    /// In order of importance.
    var victims: [StoredObject]
    /// Victims whose disruption budget does not allow it.
    var violations: Int
  }
  enum Outcome {
    case choice(Choice)
    /// Why nothing is taken away; whether a place that is being made for the pod stays its own.
    case nothing(why: String, keepsPlace: Bool)
  }

  let attempt: SchedulingAttempt
  let cluster: ClusterUsage
  private let budgets: [(key: ObjectKey, budget: PodDisruptionBudget)]

  init(_ attempt: SchedulingAttempt, _ cluster: ClusterUsage) {
    self.attempt = attempt
    self.cluster = cluster
    budgets = attempt.store.list(.podDisruptionBudgets).map { ($0.key, $0.view(PodDisruptionBudget.self)) }
  }

  func outcome(_ diagnosis: Diagnosis) -> Outcome {
    if attempt.pod.spec.preemptionPolicy == "Never" {
      return .nothing(why: "not eligible due to preemptionPolicy=Never.", keepsPlace: false)
    }
    let helpless = "Preemption is not helpful for scheduling"
    let hopeful = diagnosis.refusals.filter(\.refusal.isResolvable).map(\.node)
    if hopeful.isEmpty || !cluster.isAboveAny(priority: attempt.priority) {
      let reasons = (0..<diagnosis.nodes).map { $0 < hopeful.count ? Preemption.noVictims : helpless }
      return .nothing(why: nodes(reasons), keepsPlace: false)
    }
    let lower = lowerPods()
    if isRoomBeingMade(diagnosis, lower) {
      return .nothing(why: "not eligible due to a terminating pod on the nominated node.", keepsPlace: true)
    }
    var choices: [Choice] = []
    var reasons = Array(repeating: helpless, count: diagnosis.nodes - hopeful.count)
    for node in hopeful {
      switch victims(on: node, lower[node.name] ?? []) {
      case .success(let choice): choices.append(choice)
      case .failure(let refusal): reasons += refusal.reasons
      }
    }
    guard let best = Preemption.best(of: choices) else { return .nothing(why: nodes(reasons), keepsPlace: false) }
    return .choice(best)
  }

  private static let noVictims = "No preemption victims found for incoming pod"

  private func nodes(_ reasons: [String]) -> String {
    "0/\(attempt.nodes.count) nodes are available: \(Diagnosis.count(reasons))."
  }

  /// Placed pods of lower priority by node, the most important first.
  private func lowerPods() -> [String: [StoredObject]] {
    var pods: [String: [StoredObject]] = [:]
    for stored in attempt.store.list(.pods) {
      let pod = stored.view(Pod.self)
      guard let node = ClusterUsage.place(of: pod), (pod.spec.priority ?? 0) < attempt.priority else { continue }
      pods[node, default: []].append(stored)
    }
    return pods.mapValues { $0.sorted { Importance($0) < Importance($1) } }
  }

  /// The pods that were in the way are still ending.
  private func isRoomBeingMade(_ diagnosis: Diagnosis, _ lower: [String: [StoredObject]]) -> Bool {
    guard let node = attempt.pod.status.nominatedNodeName, !node.isEmpty,
      diagnosis.refusals.contains(where: { $0.node.name == node && $0.refusal.isResolvable })
    else { return false }
    return (lower[node] ?? []).contains { stored in
      stored.metadata.deletionTimestamp != nil
        && stored.view(Pod.self).status.conditions.contains {
          $0.type == "DisruptionTarget" && $0.status == "True" && $0.reason == "PreemptionByScheduler"
        }
    }
  }

  private enum Trial {
    case success(Choice)
    case failure(Refusal)
  }

  /// All lower pods go, and as many as possible may stay after all: those with a budget to protect them first, then the others,
  /// each time the most important first.
  private func victims(on node: NodeShape, _ lower: [StoredObject]) -> Trial {
    if lower.isEmpty { return .failure(Refusal(Preemption.noVictims)) }
    var trial = cluster
    for stored in lower { trial.add(stored.view(Pod.self), to: node.name, -1, attempt.store) }
    if let refusal = attempt.refusal(on: Candidate(node, trial), trial, attempt.rules(trial)) { return .failure(refusal) }
    let (violating, others) = split(lower)
    var choice = Choice(node: node, victims: [], violations: 0)
    func spare(_ stored: StoredObject) -> Bool {
      let pod = stored.view(Pod.self)
      trial.add(pod, to: node.name, 1, attempt.store)
      if attempt.refusal(on: Candidate(node, trial), trial, attempt.rules(trial)) == nil { return true }
      trial.add(pod, to: node.name, -1, attempt.store)
      choice.victims.append(stored)
      return false
    }
    for stored in violating where !spare(stored) { choice.violations += 1 }
    for stored in others { _ = spare(stored) }
    choice.victims.sort { Importance($0) < Importance($1) }
    return .success(choice)
  }

  /// Pods whose end would break a budget, if all before them end too.
  private func split(_ pods: [StoredObject]) -> (violating: [StoredObject], others: [StoredObject]) {
    var allowed = budgets.map { $0.budget.status.disruptionsAllowed ?? 0 }
    var (violating, others): ([StoredObject], [StoredObject]) = ([], [])
    for pod in pods {
      var violates = false
      let labels = pod.metadata.labels
      for (index, entry) in budgets.enumerated() where !labels.isEmpty && entry.key.namespace == pod.key.namespace {
        let selector = entry.budget.spec.selector
        guard selector.matches(labels), entry.budget.status.disruptedPods.tree[Key(pod.key.name)].isNull else { continue }
        allowed[index] -= 1
        if allowed[index] < 0 { violates = true }
      }
      if violates { violating.append(pod) } else { others.append(pod) }
    }
    return (violating, others)
  }

  /// Fewest violated budgets; then the lowest highest victim; the lowest sum of priorities; the fewest victims; the victims that
  /// have run for the shortest time; the first node. Source: pickOneNodeForPreemption.
  private static func best(of choices: [Choice]) -> Choice? {
    func precedes(_ left: Choice, _ right: Choice) -> Bool {
      func priorities(_ choice: Choice) -> [Int] { choice.victims.map { Importance($0).priority } }
      let (mine, theirs) = (priorities(left), priorities(right))
      if left.violations != right.violations { return left.violations < right.violations }
      if mine.first != theirs.first { return mine.first ?? Int.min < theirs.first ?? Int.min }
      // Each counts as at least one victim, also with a priority below zero.
      func sum(_ priorities: [Int]) -> Int { priorities.reduce(0) { $0 + $1 + Int(Int32.max) + 1 } }
      if sum(mine) != sum(theirs) { return sum(mine) < sum(theirs) }
      if mine.count != theirs.count { return mine.count < theirs.count }
      func start(_ choice: Choice) -> String { choice.victims.first.map { Importance($0).start } ?? "" }
      return start(left) > start(right)
    }
    var best: Choice?
    for choice in choices where best == nil || precedes(choice, best!) { best = choice }
    return best
  }

  /// The more important first: higher priority, then the longer run. Source: MoreImportantPod, pkg/scheduler/util/utils.go.
  private struct Importance: Comparable {
    let priority: Int
    let start: String
    private let key: ObjectKey

    init(_ stored: StoredObject) {
      let pod = stored.view(Pod.self)
      priority = pod.spec.priority ?? 0
      // A pod that has not started is the youngest.
      start = pod.status.startTime ?? "~"
      key = stored.key
    }

    static func < (left: Importance, right: Importance) -> Bool {
      if left.priority != right.priority { return left.priority > right.priority }
      if left.start != right.start { return left.start < right.start }
      return left.key < right.key
    }
  }
}
