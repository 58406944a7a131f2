import CoreMetrics
import CoreStore
import CoreTypes

/// A pod as autoscalers see it, read once for each change of it.
struct AutoscaledPod: Sendable {
  let stored: StoredObject
  let uid: String
  let name: String
  /// Where its samples are; below 0: it has none yet.
  fileprivate(set) var samples = -1
  /// Being deleted, or failed: no part of any sum.
  let isIgnored: Bool
  let isPending: Bool
  /// The containers whose usage is summed: all but those that only prepare the pod.
  let containers: [String]
  /// Requests of the whole pod, thousandths of a unit; nil where a container has none.
  private let cpuMilli: Int64?
  private let memoryMilli: Int64?

  init(_ stored: StoredObject) {
    self.stored = stored
    uid = stored.uid
    name = stored.key.name
    let pod = stored.view(Pod.self)
    let spec = pod.spec
    let phase = pod.status.phase
    isIgnored = pod.metadata.deletionTimestamp != nil || phase == "Failed"
    isPending = phase == "Pending"
    var names: [String] = []
    for each in spec.containers { names.append(each.name ?? "") }
    for each in spec.initContainers where each.restartPolicy == "Always" { names.append(each.name ?? "") }
    containers = names
    cpuMilli = try? ReplicaCalculator.request(of: spec, stored.key.name, "cpu", nil)
    memoryMilli = try? ReplicaCalculator.request(of: spec, stored.key.name, "memory", nil)
  }

  /// Nil where it is not known beforehand.
  func request(_ name: String) -> Int64? {
    switch name {
    case "cpu": cpuMilli
    case "memory": memoryMilli
    default: nil
    }
  }
}

/// The pods of each autoscaler, found again only after one of those that its selector may match has changed.
struct AutoscaledPods: Sendable {
  private struct Answer: Sendable {
    var selector: LabelSelector
    var version: UInt64
    var pods: [AutoscaledPod]
    /// Who else scales them, as of that version of the selectors.
    var rival: (key: ObjectKey?, version: Int)?

    func isOf(_ selector: LabelSelector, _ version: UInt64) -> Bool { self.version == version && self.selector == selector }

    /// The places of the pods' samples hardly ever change.
    mutating func findSamples(_ metrics: MetricsWindow) {
      for index in pods.indices {
        let place = metrics.place(ofPod: pods[index].uid, hint: pods[index].samples)
        if place != pods[index].samples { pods[index].samples = place }
      }
    }
  }
  private var index = PodIndex()
  private var answers: [ObjectKey: Answer] = [:]

  mutating func note(_ change: StoreChange) { index.note(change) }

  /// Forgets an autoscaler that is gone.
  mutating func forget(_ autoscaler: ObjectKey) { answers[autoscaler] = nil }

  /// Another autoscaler that scales one of the pods that were found last.
  mutating func rival(of autoscaler: ObjectKey, _ selectors: SelectorIndex) -> ObjectKey? {
    guard let answer = answers[autoscaler] else { return nil }
    if let known = answer.rival, known.version == selectors.version { return known.key }
    let rival = selectors.rival(of: autoscaler, for: answer.pods)
    answers[autoscaler]!.rival = (rival, selectors.version)
    return rival
  }

  /// Sorted by name.
  mutating func pods(of autoscaler: ObjectKey, _ selector: LabelSelector, _ snapshot: Snapshot) -> [AutoscaledPod] {
    let version = index.version(selector, namespace: autoscaler.namespace, snapshot.store)
    if let place = answers.index(forKey: autoscaler), answers.values[place].isOf(selector, version) {
      answers.values[place].findSamples(snapshot.metrics)
      return answers.values[place].pods
    }
    let pods = index.pods(selector, namespace: autoscaler.namespace, snapshot.store).map { AutoscaledPod($0) }
    var answer = Answer(selector: selector, version: version, pods: pods)
    answer.findSamples(snapshot.metrics)
    answers[autoscaler] = answer
    return answer.pods
  }
}
