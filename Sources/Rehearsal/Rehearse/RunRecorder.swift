import CoreControllers
import CoreLoad
import CoreObjects
import CoreReport

/// Makes the record of a run from what changes in its store and from what its autoscalers decide.
struct RunRecorder: Sendable {
  private(set) var record: RunRecord
  /// Pods of the targets, by UID. What is left in places that are free is gone.
  var pods = Slots<String, TrackedPod>()
  /// Where the pods of each autoscaler's target are, in the order in which they came.
  private(set) var members: [[Int]]
  /// Autoscalers of whose pods something has changed that a load sees, until somebody has looked.
  var changed: Set<Int>
  /// Pods of which nothing but this has changed: whether they are ready.
  var turned: [Int] = []
  private var uids: [ObjectKey: String] = [:]
  /// Of each autoscaler, as it is now.
  private var targets: [StoredObject?]
  private var autoscalersByTarget: [ObjectKey: Int] = [:]
  private var autoscalersByKey: [ObjectKey: Int] = [:]
  /// Of each autoscaler: what its spec says of metrics, and where the records of these begin.
  private var metricSpecs: [Int: JSON] = [:]
  private var firstMetrics: [Int: Int] = [:]
  private var zero: Instant?
  private var lastLooks: [Instant?]
  private var lastReasons: [Hindrance]
  private var openHolds: [HoldSpan?]
  private var onNodes: [String: Int] = [:]
  /// The nodes of pods of no autoscaler's target that are not over.
  private var others: [ObjectKey: String] = [:]
  private var nodeSeries: [String: RunSeries] = [:]
  private var told: Set<String> = []
  private var lastWarning: String?

  init(name: String, seconds: Double, _ autoscalers: [ManifestObject]) {
    record = RunRecord(name: name, lengthSeconds: seconds)
    members = autoscalers.map { _ in [] }
    changed = Set(autoscalers.indices)
    targets = autoscalers.map { _ in nil }
    lastLooks = autoscalers.map { _ in nil }
    lastReasons = autoscalers.map { _ in Hindrance() }
    openHolds = autoscalers.map { _ in nil }
    rename(name, autoscalers)
  }

  /// Before the run begins: it is another one, with these autoscalers.
  mutating func rename(_ name: String, _ autoscalers: [ManifestObject]) {
    record.name = name
    let keys = autoscalers.map { ObjectKey(.horizontalPodAutoscalers, namespace: $0.namespace, $0.name) }
    autoscalersByKey = Dictionary(zip(keys, keys.indices), uniquingKeysWith: { first, _ in first })
    record.autoscalers = autoscalers.map { autoscaler in
      let target = autoscaler.tree[.spec][.scaleTargetRef]
      return AutoscalerRecord(
        namespace: autoscaler.namespace, name: autoscaler.name,
        target: "\(target[.kind].string ?? "?")/\(target[.name].string ?? "?")", manifest: autoscaler.yaml)
    }
  }

  /// Whether second 0 is over.
  var isPlayed: Bool { zero != nil }

  mutating func begin(at zero: Instant) {
    self.zero = zero
    for index in targets.indices {
      guard let target = targets[index] else { continue }
      count(target, index, 0)
    }
    for node in onNodes.keys.sorted() { nodeSeries[node, default: RunSeries()].add(Double(onNodes[node]!), at: 0) }
  }

  mutating func setTarget(_ target: StoredObject?, of index: Int) {
    targets[index] = target
    if let target { autoscalersByTarget[target.key] = index }
  }

  private func second(_ now: Instant) -> Double? { zero.map { Double((now - $0).nanoseconds) / 1e9 } }

  mutating func tell(_ text: String, _ kind: RunEvent.Kind, at now: Instant) {
    if let second = second(now) { record.events.append(RunEvent(second, kind, text)) }
  }

  // MARK: Changes of the store

  /// - Parameter wait: the seconds for which a new pod's gate stays closed
  mutating func put(_ object: StoredObject, at now: Instant, wait: (JSON) -> Double?) {
    switch object.key.resource {
    case .pods: putPod(object, at: now, wait: wait)
    case .horizontalPodAutoscalers:
      guard let index = autoscalersByKey[object.key], let second = second(now) else { return }
      let spec = object.tree[.spec]
      record.autoscalers[index].least.add(Double(spec["minReplicas"].int ?? 1), at: second)
      record.autoscalers[index].most.add(Double(spec["maxReplicas"].int ?? 1), at: second)
      if let before = metricSpecs[index], before != spec[.metrics] { closeMetrics(index, second) }
      metricSpecs[index] = spec[.metrics]
    case .deployments, .statefulSets, .replicaSets, .replicationControllers:
      guard let index = autoscalersByTarget[object.key] else { return }
      targets[index] = object
      if let second = second(now) { count(object, index, second) }
    case .events: putEvent(object, at: now)
    default: return
    }
  }

  mutating func delete(_ key: ObjectKey, at now: Instant) {
    if let index = autoscalersByTarget[key], let second = second(now) { count(0, 0, 0, index, second) }
    if key.resource == .pods, let node = others.removeValue(forKey: key) { move(from: node, to: "", now) }
    guard key.resource == .pods, let uid = uids.removeValue(forKey: key), let place = pods.place(of: uid) else { return }
    let pod = pods[place]
    pods.remove(uid, leaving: pod)
    members[pod.autoscaler].removeAll { $0 == place }
    if pod.startedAt != nil { changed.insert(pod.autoscaler) }
    move(from: pod.node, to: "", now)
    if let second = second(now), let place = pod.recordPlace {
      record.autoscalers[pod.autoscaler].pods[place].usage.add(.nan, at: second)
    }
  }

  private mutating func count(_ target: StoredObject, _ index: Int, _ second: Double) {
    let status = target.tree[.status]
    count(target.tree[.spec][.replicas].int ?? 1, status[.replicas].int ?? 0, status[.readyReplicas].int ?? 0, index, second)
  }

  private mutating func count(_ desired: Int, _ current: Int, _ ready: Int, _ index: Int, _ second: Double) {
    record.autoscalers[index].desired.add(Double(desired), at: second)
    record.autoscalers[index].current.add(Double(current), at: second)
    record.autoscalers[index].ready.add(Double(ready), at: second)
  }

  private mutating func putPod(_ object: StoredObject, at now: Instant, wait: (JSON) -> Double?) {
    if let place = pods.place(of: object.uid) {
      let before = pods[place]
      pods[place].update(object)
      if before.startedAt != pods[place].startedAt {
        changed.insert(before.autoscaler)
      } else if before.isReady != pods[place].isReady {
        turned.append(place)
      }
      move(from: before.node, to: pods[place].node, now)
      tellTrouble(object, now)
      return
    }
    let labels = object.metadata.labels
    let index = targets.firstIndex { target in
      guard let target, target.key.namespace == object.key.namespace else { return false }
      return target.podSelector.matches(labels)
    }
    guard let index else { return putOther(object, now) }
    // Its end may have gone unseen.
    if uids[object.key] != nil { delete(object.key, at: now) }
    let pod = TrackedPod(object, autoscaler: index, waitSeconds: wait(object.tree))
    members[index].append(pods.reserve(object.uid, pod))
    uids[object.key] = object.uid
    move(from: "", to: pod.node, now)
  }

  /// A pod of a Job, a DaemonSet, or of nobody.
  private mutating func putOther(_ object: StoredObject, _ now: Instant) {
    let pod = object.view(Pod.self)
    let node = ["Succeeded", "Failed"].contains(pod.status.phase) ? "" : pod.spec.nodeName ?? ""
    move(from: others[object.key] ?? "", to: node, now)
    others[object.key] = node
    tellTrouble(object, now)
  }

  private mutating func move(from old: String, to new: String, _ now: Instant) {
    if old == new { return }
    for (node, change) in [(old, -1), (new, 1)] where !node.isEmpty {
      onNodes[node, default: 0] += change
      if let second = second(now) { nodeSeries[node, default: RunSeries()].add(Double(onNodes[node]!), at: second) }
    }
  }

  private mutating func tellTrouble(_ object: StoredObject, _ now: Instant) {
    guard let second = second(now), let trouble = RunRecorder.trouble(of: object),
      told.insert(object.uid + trouble).inserted
    else { return }
    record.events.append(RunEvent(second, .unschedulable, "\(object.key.name): \(trouble)"))
  }

  /// Pods that are not made, or do not start, and whose status does not say why: a quota, a missing ServiceAccount or volume.
  private mutating func putEvent(_ object: StoredObject, at now: Instant) {
    let about = object.tree["involvedObject"]
    if object.tree["reason"].string == "FailedGetScale" { return tellLostTarget(object, about, now) }
    guard let reason = object.tree["reason"].string, ["FailedCreate", "FailedMount"].contains(reason),
      let name = about[.name].string, let text = object.tree[.message].string,
      targets.contains(where: { target in
        guard let key = target?.key, key.namespace == object.key.namespace else { return false }
        return name == key.name || name.hasPrefix(key.name + "-")
      })
    else { return }
    lastWarning = "\(name): \(text)"
    guard let second = second(now), told.insert("\(name) \(reason)").inserted else { return }
    record.events.append(RunEvent(second, .unschedulable, "\(name): \(text)"))
  }

  /// An autoscaler makes no decision where it does not find its target.
  private mutating func tellLostTarget(_ object: StoredObject, _ about: JSON, _ now: Instant) {
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: object.key.namespace, about[.name].string ?? "")
    guard let second = second(now), let text = object.tree[.message].string, let index = autoscalersByKey[key],
      told.insert("\(key) FailedGetScale").inserted
    else { return }
    let name = record.name(of: record.autoscalers[index])
    record.events.append(RunEvent(second, .event, "\(name) finds no target: \(text)"))
  }

  /// Why a pod does not get on; nil if it does.
  private static func trouble(of object: StoredObject) -> String? {
    let status = object.tree[.status]
    for condition in status[.conditions].elements
    where condition[.type].string == "PodScheduled" && condition[.status].string == "False" {
      return condition[.message].string
    }
    for container in status[.containerStatuses].elements {
      let waiting = container[.state][.waiting]
      guard let reason = waiting[.reason].string, !["ContainerCreating", "PodInitializing"].contains(reason) else { continue }
      return reason + (waiting[.message].string.map { ": " + $0 } ?? "")
    }
    return nil
  }

  /// Why the pods of an autoscaler's target are not ready, in the words of the first that has any.
  func holdup(ofTargetOf index: Int, _ object: (ObjectKey) -> StoredObject?) -> String {
    let members = members[index]
    for place in members {
      let pod = pods[place]
      guard let stored = object(pod.key), let trouble = RunRecorder.trouble(of: stored) else { continue }
      return "\(pod.key.name): \(trouble)"
    }
    return lastWarning ?? (members.isEmpty ? "it has no pod" : "its pods are not ready yet")
  }

  /// The pods of an autoscaler's target, in the order in which they came.
  func keys(ofTargetOf index: Int) -> [ObjectKey] { members[index].map { pods[$0].key } }
  /// When the last container of a target was started.
  var lastStart: Instant? { members.joined().compactMap { pods[$0].startedAt }.max() }
  func isFollowed(_ pod: ObjectKey) -> Bool { uids[pod] != nil }

  // MARK: Loads

  /// What a load came to, and what each pod uses of the first one.
  /// - Parameter running: where the pods are
  mutating func load(
    _ binding: LoadBinding, _ stretches: [LoadPlay.Stretch], _ usage: [LoadPlay.Usage?], _ running: [Int], at second: Double
  ) {
    let index = binding.autoscaler
    let name = binding.name
    let place =
      record.autoscalers[index].loads.firstIndex { $0.name == name } ?? addLoad(binding.metric, called: name, of: index)
    for stretch in stretches { record.autoscalers[index].loads[place].add(stretch) }
    guard place == 0, binding.metric.isByPod else { return }
    for (pod, usage) in zip(running, usage) {
      let place = pods[pod].recordPlace ?? addPod(pod)
      record.autoscalers[index].pods[place].usage.add(usage?.amount ?? .nan, at: second)
    }
  }

  private mutating func addLoad(_ metric: ReadMetric, called name: String, of index: Int) -> Int {
    let unit: MetricUnit = !metric.isResource ? .number : metric.name == "memory" ? .bytes : .cores
    record.autoscalers[index].loads.append(LoadRecord(name: name, unit: unit))
    return record.autoscalers[index].loads.count - 1
  }

  /// What a pod was measured to use of its autoscaler's first metric, where nobody knows what was offered.
  mutating func measure(_ key: ObjectKey, _ metric: ReadMetric, _ amount: Double, at now: Instant) {
    guard let second = second(now), let pod = uids[key].flatMap({ pods.place(of: $0) }) else { return }
    let index = pods[pod].autoscaler
    if record.autoscalers[index].loads.isEmpty { _ = addLoad(metric, called: metric.name, of: index) }
    let place = pods[pod].recordPlace ?? addPod(pod)
    record.autoscalers[index].pods[place].usage.add(amount, at: second)
  }

  private mutating func addPod(_ pod: Int) -> Int {
    let index = pods[pod].autoscaler
    let place = record.autoscalers[index].pods.count
    pods[pod].recordPlace = place
    record.autoscalers[index].pods.append((pods[pod].key.name, RunSeries()))
    return place
  }

  mutating func kill(_ pod: TrackedPod, _ container: String, bytes: Int64, limit: Int64, at now: Instant) {
    let held = "held \(Quantity(bytes: bytes)) of \(Quantity(bytes: limit))"
    kill(pod, "\(pod.key.name): container \(container) \(held) and was killed", at: now)
  }

  private mutating func kill(_ pod: TrackedPod, _ text: String, at now: Instant) {
    guard let second = second(now) else { return }
    record.autoscalers[pod.autoscaler].figures.outOfMemoryKills += 1
    record.events.append(RunEvent(second, .outOfMemory, text))
  }

  /// Tells of containers that have ended and were started again, each time once.
  mutating func tellRestarts(of object: StoredObject, at now: Instant) {
    guard let pod = pods.place(of: object.uid).map({ pods[$0] }) else { return }
    for status in object.tree[.status][.containerStatuses].elements {
      let ended = status["lastState"][.terminated]
      let name = status[.name].string ?? ""
      guard ended.isObject, told.insert("\(object.uid) \(name) \(status["restartCount"].int ?? 0) restarts").inserted else {
        continue
      }
      if ended[.reason].string == "OOMKilled" {
        kill(pod, "\(pod.key.name): container \(name) was killed for its memory", at: now)
      } else {
        tell("\(pod.key.name): container \(name) ended with exit code \(ended["exitCode"].int ?? 0)", .crash, at: now)
      }
    }
  }

  // MARK: Decisions

  mutating func record(_ decision: Decision, of key: ObjectKey) {
    guard let index = autoscalersByKey[key], lastLooks[index] != decision.at, let second = second(decision.at) else { return }
    lastLooks[index] = decision.at
    recordMetrics(decision, index, second)
    recordHold(decision, index, second)
    let hindrance = Hindrance(decision)
    // What holds a count back is told once, when it begins.
    if decision.desired != decision.current || (hindrance != lastReasons[index] && hindrance != Hindrance()) {
      let sentence = hindrance.problem == nil ? nil : record.autoscalers[index].silence
      record.autoscalers[index].decisions.append(
        DecisionRecord(
          second: second, from: decision.current, to: decision.desired,
          sentence: sentence ?? decision.sentence { Elapsed.text(self.second($0) ?? 0) }))
    }
    lastReasons[index] = hindrance
  }

  /// Other metrics, or other targets, are series of their own.
  private mutating func closeMetrics(_ index: Int, _ second: Double) {
    for place in record.autoscalers[index].metrics.indices {
      record.autoscalers[index].metrics[place].value.add(.nan, at: second)
      record.autoscalers[index].metrics[place].proposed.add(.nan, at: second)
    }
    firstMetrics[index] = record.autoscalers[index].metrics.count
  }

  private mutating func recordMetrics(_ decision: Decision, _ index: Int, _ second: Double) {
    for (place, metric) in zip(firstMetrics[index, default: 0]..., decision.metrics) {
      if place == record.autoscalers[index].metrics.count {
        record.autoscalers[index].metrics.append(RunRecorder.metric(metric))
      }
      var value = Double.nan
      if metric.failure == nil {
        if let percent = metric.utilization {
          value = Double(percent)
        } else if metric.targetValueMilli != nil {
          value = Double(metric.valueMilli ?? 0) / 1000
        } else {
          value = Double(metric.averageMilli) / 1000
        }
      }
      record.autoscalers[index].metrics[place].value.add(value, at: second)
      record.autoscalers[index].metrics[place].proposed.add(metric.failure == nil ? Double(metric.replicas) : .nan, at: second)
    }
  }

  private static func metric(_ metric: MetricDecision) -> MetricRecord {
    let target = metric.targetUtilization.map(Double.init) ?? Double(metric.targetMilli ?? metric.targetValueMilli ?? 0) / 1000
    let unit: MetricUnit =
      metric.targetUtilization != nil ? .percent : metric.isMemory ? .bytes : metric.label.hasPrefix("cpu") ? .cores : .number
    return MetricRecord(name: metric.label, unit: unit, target: target, tolerance: metric.toleranceUp)
  }

  private mutating func recordHold(_ decision: Decision, _ index: Int, _ second: Double) {
    let reason: HoldSpan.Reason? =
      if decision.recommended == nil, decision.problem != nil {
        .missingMetrics
      } else if decision.stabilizedReason != nil {
        .window
      } else {
        switch decision.limitedReason {
        case .tooManyReplicas, .tooFewReplicas: .limit
        case .scaleUp, .scaleDown: .policy
        case nil: nil
        }
      }
    if let open = openHolds[index], open.reason != reason {
      record.autoscalers[index].holds.append(HoldSpan(from: open.from, to: second, reason: open.reason))
      openHolds[index] = nil
    }
    if let reason, openHolds[index] == nil { openHolds[index] = HoldSpan(from: second, to: second, reason: reason) }
  }

  func finish(at end: Double) -> RunRecord {
    var record = record
    for index in openHolds.indices {
      if let open = openHolds[index] {
        record.autoscalers[index].holds.append(HoldSpan(from: open.from, to: end, reason: open.reason))
      }
    }
    for index in record.autoscalers.indices {
      var figures = record.autoscalers[index].figures
      figures.count(record.autoscalers[index], lengthSeconds: end)
      record.autoscalers[index].figures = figures
    }
    record.podsOnNodes = nodeSeries.keys.sorted().map { ($0, nodeSeries[$0]!) }
    return record
  }
}
