import CoreStore
import CoreTypes

/// A pod as autoscalers see it, read once for each change of it.
struct AutoscaledPod: Sendable {
  let stored: StoredObject
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
  mutating func pods(of autoscaler: ObjectKey, _ selector: LabelSelector, _ store: Store) -> [AutoscaledPod] {
    let version = index.version(selector, namespace: autoscaler.namespace, store)
    if let known = answers[autoscaler], known.version == version, known.selector == selector { return known.pods }
    let pods = index.pods(selector, namespace: autoscaler.namespace, store).map { AutoscaledPod($0) }
    answers[autoscaler] = Answer(selector: selector, version: version, pods: pods)
    return pods
  }
}
