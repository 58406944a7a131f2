import CoreControllers
import CoreObjects
package import CoreReport

/// Plays a rehearsal on a cluster with real containers, at the pace of its clock, and records the same as a simulated one: what the
/// manifests make is created, second 0 is when the autoscalers are, and steps come at their times. What the containers use is theirs.
package struct LiveRun {
  /// Cluster seconds in which the workload has to be ready, and then be measured.
  static let (readyLimit, measuredLimit) = (RehearsalRun.readyLimit, 300)
  /// For so long it may be out of reach during the run.
  static let lostLimit = 120
  /// Between two looks, and two readings of what the pods use.
  static let (lookSeconds, usageSeconds) = (1, 5)

  let input: RehearsalInput
  let access: any ClusterAccess
  let say: @Sendable (String) -> Void
  let made: LiveObjects
  var recorder: RunRecorder
  var draining: [String] = []
  /// Evictions that were refused, which is told once.
  var heldBack: Set<String> = []
  private let autoscalers: [ManifestObject]
  private var watched: LiveWatches
  /// Of each autoscaler the metric whose usage by each pod is shown.
  private let metrics: [ReadMetric?]
  private var autoscalerTrees: [ObjectKey: JSON] = [:]
  private var usageDue: Instant
  /// The cluster has not answered since then.
  private var lostAt: Instant?
  /// Pods that were measured, and when the newest sample was made, by the cluster's clock.
  private var sampled: Set<ObjectKey> = []
  private var sampledAt: Instant?
  private var lastDesired: [Double?] = []

  /// - Parameters:
  ///   - isOwn: the cluster is there for this run only: what is there already gives way, and nothing has to be removed
  ///   - say: told in a line what is not as the scenario says, and how far the run is
  /// - Throws: `RehearsalError` where the cluster refuses something or the workload never gets ready; whatever the access throws.
  package static func play(
    _ input: RehearsalInput, on access: any ClusterAccess, name: String, isOwn: Bool,
    say: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> (record: RunRecord, beginning: RunBeginning) {
    var run = try LiveRun(input, access, name: name, isOwn: isOwn, say: say)
    let (watched, made) = (run.watched, run.made)
    let result: Result<(RunRecord, RunBeginning), any Error>
    do { result = .success(try await run.play()) } catch { result = .failure(error) }
    watched.close()
    // Also where the run was cancelled.
    if !isOwn { await Task { await made.remove() }.value }
    return try result.get()
  }

  private init(
    _ input: RehearsalInput, _ access: any ClusterAccess, name: String, isOwn: Bool, say: @escaping @Sendable (String) -> Void
  ) throws(RehearsalError) {
    (self.input, self.access, self.say) = (input, access, say)
    autoscalers = input.objects.filter(\.isAutoscaler)
    watched = try LiveWatches(access, autoscalers)
    made = LiveObjects(access, isOwn: isOwn, say: say)
    metrics = autoscalers.map { ReadMetric.all(of: $0.tree).first(where: \.isByPod) }
    recorder = RunRecorder(name: name, seconds: input.seconds, autoscalers)
    usageDue = access.now
  }

  private mutating func play() async throws -> (RunRecord, RunBeginning) {
    let standIns = input.standIns
    var present: Set<String> = []
    for path in standIns.paths where !(try await access.get(path)).isNull { present.insert(path) }
    try standIns.require(in: present)
    for line in input.unplayed(isOwn: made.isOwn) { say(line) }
    try await made.requireNew(watched.targetPaths + autoscalers.compactMap(LiveObjects.path))
    try await wait(until: input.creation(from: access.now), for: "the manifests are created")
    for object in input.early() { try await made.create(object) }
    try await wait("ready", within: Self.readyLimit) { run in
      run.watched.targets.allSatisfy { $0.map { RehearsalRun.isReady($0) } ?? false }
    }
    let readyAt = access.now
    try await wait("measured", within: Self.measuredLimit) { $0.isMeasured }
    let zero = input.beginning(from: max(access.now, readyAt + .seconds(RehearsalRun.measuredSeconds)))
    try await wait(until: zero, for: "all is ready: second 0 is")
    try await look()
    recorder.begin(at: zero)
    let beginning = RunBeginning(
      zero: zero, startedSeconds: Double((zero - (recorder.lastStart ?? readyAt)).nanoseconds) / 1e9, scrape: sampledAt ?? zero)
    for object in input.timed + autoscalers { try await made.create(object) }
    try await go(from: zero)
    return (recorder.finish(at: input.seconds), beginning)
  }

  private func wait(until moment: Instant, for what: String) async throws {
    let left = moment - access.now
    if left <= .zero { return }
    say("\(what) at \(moment.rfc3339), in \(Elapsed.text(Double(left.nanoseconds) / 1e9))")
    try await access.wait(left)
  }

  /// What a cluster makes true only later is looked at again, with a bound.
  private mutating func wait(_ what: String, within limit: Int, until holds: (LiveRun) -> Bool) async throws {
    let end = access.now + .seconds(limit)
    while true {
      try await look()
      if holds(self) { return }
      guard access.now < end else {
        let index = watched.targets.firstIndex { $0.map { !RehearsalRun.isReady($0) } ?? true } ?? 0
        throw RehearsalError(
          "\(autoscalers[index].tree[.spec][.scaleTargetRef][.name].string ?? "?") is not \(what) after \(limit) s: "
            + (what == "ready"
              ? recorder.holdup(ofTargetOf: index) { key in watched.pods[key] }
              : "metrics.k8s.io has no sample of all of its pods"),
          at: (input.target(of: autoscalers[index]) ?? autoscalers[index]).place)
      }
      try await access.wait(.seconds(Self.lookSeconds))
    }
  }

  private mutating func go(from zero: Instant) async throws {
    let end = zero + .seconds(input.seconds)
    var steps = input.steps.enumerated().sorted { ($0.element.second, $0.offset) > ($1.element.second, $1.offset) }.map(\.element)
    while true {
      while let step = steps.last, zero + .seconds(step.second) <= access.now {
        steps.removeLast()
        try await perform(step)
      }
      try await lookPatiently()
      tellChanges(zero)
      let now = access.now
      if now >= end { return }
      let due = steps.last.map { zero + .seconds($0.second) } ?? end
      try await access.wait(max(.zero, min(min(due, end), now + .seconds(Self.lookSeconds)) - now))
    }
  }

  // MARK: Looks

  private mutating func lookPatiently() async throws {
    do {
      if !draining.isEmpty { try await evict() }
      try await look()
      lostAt = nil
    } catch {
      if Task.isCancelled { throw CancellationError() }
      let since = lostAt ?? access.now
      lostAt = since
      guard access.now < since + .seconds(Self.lostLimit) else { throw error }
    }
  }

  /// Records what has changed since the look before.
  mutating func look() async throws {
    let changes = try await watched.changes()
    let now = access.now
    for (index, target) in watched.targets.enumerated() { recorder.setTarget(target, of: index) }
    for key in changes.removed { recorder.delete(key, at: now) }
    for object in changes.objects {
      // Probes are run here: no pod waits for anything else.
      recorder.put(object, at: now) { _ in nil }
      if object.key.resource == .pods { recorder.tellRestarts(of: object, at: now) }
      if object.key.resource == .horizontalPodAutoscalers { recordStatus(object, at: now) }
    }
    for autoscaler in autoscalers {
      if let decision = access.decision(ofAutoscaler: autoscaler.name, namespace: autoscaler.namespace) {
        recorder.record(decision, of: ObjectKey(.horizontalPodAutoscalers, namespace: autoscaler.namespace, autoscaler.name))
      }
    }
    if now >= usageDue {
      try await measure()
      usageDue = now + .seconds(Self.usageSeconds)
    }
  }

  /// On clusters that tell no decision the status does, each time it changes.
  private mutating func recordStatus(_ object: StoredObject, at now: Instant) {
    guard object.tree[.status] != autoscalerTrees[object.key]?[.status] else { return }
    autoscalerTrees[object.key] = object.tree
    guard access.decision(ofAutoscaler: object.key.name, namespace: object.key.namespace) == nil,
      let decision = Decision(reportedBy: object.tree, at: now)
    else { return }
    recorder.record(decision, of: object.key)
  }

  private mutating func measure() async throws {
    for (autoscaler, metric) in zip(autoscalers, metrics) {
      guard let metric else { continue }
      let samples = try await PodSample.read(metric, namespace: autoscaler.namespace, access)
      let now = access.now
      for sample in samples {
        let key = ObjectKey(.pods, namespace: autoscaler.namespace, sample.pod)
        recorder.measure(key, metric, sample.amount, at: now)
        sampled.insert(key)
        if recorder.isFollowed(key), let at = sample.at { sampledAt = max(sampledAt ?? at, at) }
      }
    }
  }

  /// Whether each pod of a target whose autoscaler reads a resource has a sample.
  private var isMeasured: Bool {
    autoscalers.indices.allSatisfy { index in
      metrics[index]?.isResource != true || recorder.keys(ofTargetOf: index).allSatisfy(sampled.contains)
    }
  }

  private mutating func tellChanges(_ zero: Instant) {
    let desired = recorder.record.autoscalers.map(\.desired.last)
    defer { lastDesired = desired }
    for (index, count) in desired.enumerated() where !lastDesired.isEmpty && lastDesired[index] != count {
      guard let count, let before = lastDesired[index] else { continue }
      let second = Elapsed.text(Double((access.now - zero).nanoseconds) / 1e9)
      say(
        "\(second) of \(Elapsed.text(input.seconds)): \(recorder.record.target(of: recorder.record.autoscalers[index])) \(Int(before)) → \(Int(count))"
      )
    }
  }
}
