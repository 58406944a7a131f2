import CoreObjects

/// A pod as autoscalers see it, read once for each change of it.
final class AutoscaledPod: Sendable {
  let stored: StoredObject
  let uid: String
  let name: String
  /// Being deleted, or failed: no part of any sum.
  let isIgnored: Bool
  let isPending: Bool
  /// The containers whose usage is summed: all but those that only prepare the pod.
  let containers: [String]
  /// status.startTime
  let startedAt: Instant?
  /// The condition Ready, and since when it is as it is; nil without one.
  let ready: (isFalse: Bool, since: Instant?)?
  /// Requests of the whole pod, thousandths of a unit; nil where a container has none.
  private let cpuMilli: Int64?
  private let memoryMilli: Int64?

  init(_ stored: StoredObject) {
    self.stored = stored
    uid = stored.uid
    name = stored.key.name
    let pod = stored.view(Pod.self)
    let spec = pod.spec
    let status = pod.status
    isIgnored = pod.metadata.deletionTimestamp != nil || pod.isIn(.failed)
    isPending = pod.isIn(.pending)
    var names: [String] = []
    for each in spec.containers { names.append(each.name ?? "") }
    for each in spec.initContainers where each.restartPolicy == "Always" { names.append(each.name ?? "") }
    containers = names
    startedAt = status.startTime.flatMap { Instant(rfc3339: $0) }
    ready = pod.ready.map { condition in
      (condition.status == "False", condition.lastTransitionTime.flatMap { Instant(rfc3339: $0) })
    }
    cpuMilli = try? ReplicaCalculator.request(of: spec, stored.key.name, "cpu", nil)
    memoryMilli = try? ReplicaCalculator.request(of: spec, stored.key.name, "memory", nil)
  }

  /// Nil where it is not known beforehand.
  func request(_ measure: ReplicaCalculator.Measure) -> Int64? {
    switch measure {
    case .cpu: cpuMilli
    case .memory: memoryMilli
    case .other: nil
    }
  }
}

/// The pods of one autoscaler, found again only after one of those that its selector may match has changed.
struct AutoscaledPods: Sendable {
  /// Sorted by name.
  private(set) var pods: [AutoscaledPod] = []
  private(set) var uids: [String] = []
  /// When the last of them started.
  private(set) var lastStart: Instant?
  /// Where the samples of each are; below 0: it has none yet.
  private(set) var samples: [Int] = []
  private var selector: LabelSelector?
  private var watch: PodIndex.Watch?
  /// Another autoscaler that scales one of them.
  private(set) var rival: ObjectKey?
  /// The version of the selectors by which that was found out.
  private var rivalVersion: Int?

  /// - Returns: whether the selector is another than before
  mutating func find(
    _ selector: LabelSelector, of autoscaler: ObjectKey, _ index: inout PodIndex, _ snapshot: Snapshot
  ) -> Bool {
    let isSame = self.selector == selector
    if !isSame || !(watch.map { index.isCurrent($0) } ?? false) {
      let present = index.watch(selector, namespace: autoscaler.namespace, snapshot.store)
      if !isSame || present.version != watch?.version {
        pods = index.pods(selector, namespace: autoscaler.namespace, snapshot.store).map { AutoscaledPod($0) }
        uids = pods.map(\.uid)
        lastStart = pods.lazy.compactMap(\.startedAt).max()
        samples = Array(repeating: -1, count: pods.count)
        rivalVersion = nil
      }
      watch = present
      self.selector = selector
    }
    findSamples(snapshot.metrics)
    return !isSame
  }

  /// The places of the pods' samples hardly ever change.
  private mutating func findSamples(_ metrics: MetricsWindow) {
    for index in pods.indices {
      let place = metrics.place(ofPod: pods[index].uid, hint: samples[index])
      if place != samples[index] { samples[index] = place }
    }
  }

  mutating func findRival(of autoscaler: ObjectKey, _ selectors: SelectorIndex) {
    if rivalVersion == selectors.version { return }
    rival = selectors.rival(of: autoscaler, for: pods)
    rivalVersion = selectors.version
  }
}
