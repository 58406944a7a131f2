import CoreLoad
import CoreObjects
import Simulation

/// The running pods of one autoscaler's target as its loads see them. Found again only after one of them has changed: a scrape only
/// sets numbers.
struct FedPods: Sendable {
  /// What one container uses; several loads may speak of it.
  struct Usage: Sendable {
    /// Place of the pod in the recorder.
    let pod: Int
    let uid: String
    let container: String
    /// What annotations say, where no load does.
    let annotated: KWOKUsage?
    /// Where the pod's containers may be.
    private var hint = -1
    var isMeasured = true
    /// nil: no load speaks of it.
    var millicores: Double?
    var memoryBytes: Int64?
    /// The most that it held since the last scrape.
    var peakBytes: Int64?

    init(_ tracked: TrackedPod, _ place: Int, _ container: String) {
      pod = place
      uid = tracked.uid
      self.container = container
      annotated = container == tracked.firstContainer ? tracked.annotated : nil
    }

    /// - Returns: the container's ID and limit, where it held more memory than that
    mutating func charge(on nodes: inout VirtualNodes, at now: Instant) -> (id: String, memoryLimitBytes: Int64)? {
      nodes.charge(
        pod: uid, container, millicores: isMeasured ? millicores ?? 1 : nil, memoryBytes: memoryBytes, peakBytes: peakBytes,
        at: now, hint: &hint)
    }

    fileprivate mutating func addAnnotated() {
      if isMeasured, millicores == nil { millicores = annotated?.cpu.map { Double($0.nano) / 1e6 } }
      memoryBytes = memoryBytes ?? annotated?.memory.map { $0.milliValue / 1000 }
    }

    fileprivate mutating func reset() { (isMeasured, millicores, memoryBytes, peakBytes) = (true, nil, nil, nil) }
  }
  /// The pods as one load is given them.
  struct Load: Sendable {
    var pods: [LoadPod] = []
    /// Of a load of a resource: the place of each pod's usage.
    var usages: [Int] = []
  }
  /// The places of the loads in the run's bindings.
  let bindings: Range<Int>
  /// Places of the pods in the recorder, in the order in which they came.
  private(set) var pods: [Int] = []
  private var starts: [Instant] = []
  var loads: [Load] = []
  var usages: [Usage] = []
  /// Those of which only annotations speak.
  var unloaded: [Usage] = []
  /// Up to when the loads were played.
  var playedUntil: Instant?

  private init(bindings: Range<Int>) { self.bindings = bindings }

  /// Of each autoscaler.
  static func all(_ bindings: [LoadBinding], autoscalers: Int) -> [FedPods] {
    (0..<autoscalers).map { autoscaler in
      let first = bindings.firstIndex { $0.autoscaler >= autoscaler } ?? bindings.count
      return FedPods(bindings: first..<(bindings.firstIndex { $0.autoscaler > autoscaler } ?? bindings.count))
    }
  }

  /// - Parameters:
  ///   - zero: the load's second 0
  ///   - lost: nodes on which nothing runs any more
  ///   - isAnew: one of both is another than before
  mutating func find(
    _ recorder: RunRecorder, autoscaler: Int, _ all: [LoadBinding], since zero: Instant, lost: [String], isAnew: Bool
  ) {
    let before = (pods: pods, starts: starts, loads: loads, usages: usages)
    pods = recorder.members[autoscaler].filter { recorder.pods[$0].startedAt != nil }
    starts = pods.map { recorder.pods[$0].startedAt! }
    loads = bindings.map { _ in Load() }
    for load in loads.indices { loads[load].pods.reserveCapacity(pods.count) }
    usages.removeAll(keepingCapacity: true)
    unloaded = []
    var next = 0
    for (index, place) in pods.enumerated() {
      let first = usages.count
      // Those that are left stand in the order in which they stood. A new start begins anew.
      let known = before.pods[next...].firstIndex(of: place)
      next = known.map { $0 + 1 } ?? next
      let same = known.flatMap { before.starts[$0] == starts[index] ? $0 : nil }
      for (load, binding) in zip(loads.indices, bindings) {
        if let same, !isAnew {
          loads[load].pods.append(before.loads[load].pods[same])
          loads[load].pods[index].isReady = recorder.pods[place].isReady
        } else {
          let pod = recorder.pods[place]
          var loaded = pod.loaded(all[binding], since: zero, isLost: lost.contains(pod.node))
          if let same { loaded.goOn(from: before.loads[load].pods[same]) }
          loads[load].pods.append(loaded)
        }
        if !all[binding].metric.isResource { continue }
        if let same, loads.count == 1 {
          usages.append(before.usages[before.loads[load].usages[same]])
          loads[load].usages.append(first)
          continue
        }
        let container = recorder.pods[place].container(all[binding])
        let other = usages[first...].firstIndex { $0.container == container }
        if other == nil { usages.append(Usage(recorder.pods[place], place, container)) }
        loads[load].usages.append(other ?? usages.count - 1)
      }
      if recorder.pods[place].annotated == nil { continue }
      let pod = recorder.pods[place]
      if usages[first...].contains(where: { $0.container == pod.firstContainer }) { continue }
      unloaded.append(Usage(pod, place, pod.firstContainer))
    }
  }

  /// Nothing else has changed of a pod.
  mutating func set(_ pod: Int, isReady: Bool) {
    guard let index = pods.firstIndex(of: pod) else { return }
    for load in loads.indices { loads[load].pods[index].isReady = isReady }
  }

  /// Before the next scrape.
  mutating func reset() {
    for place in usages.indices { usages[place].reset() }
    for place in unloaded.indices { unloaded[place].reset() }
  }

  /// What of a container no load speaks of is as its annotations say.
  mutating func addAnnotated() {
    for place in usages.indices where usages[place].annotated != nil { usages[place].addAnnotated() }
    for place in unloaded.indices { unloaded[place].addAnnotated() }
  }
}

extension TrackedPod {
  /// The container that a load is on.
  func container(_ binding: LoadBinding) -> String {
    if case .resource(let container?) = binding.metric.kind { return container }
    return firstContainer
  }

  fileprivate func loaded(_ binding: LoadBinding, since zero: Instant, isLost: Bool) -> LoadPod {
    let isCPU = binding.metric.isResource && binding.metric.name == "cpu"
    return LoadPod(
      name: key.name, startedAt: Double((startedAt! - zero).nanoseconds) / 1e9, isReady: isReady, isLost: isLost,
      limit: isCPU ? limit(of: container(binding)) : nil)
  }
}
