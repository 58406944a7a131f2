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
  /// From here on there are those of which only annotations speak.
  private(set) var firstUnloaded = 0
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
  mutating func find(_ recorder: RunRecorder, autoscaler: Int, _ all: [LoadBinding], since zero: Instant, lost: [String]) {
    let before = (pods: pods, starts: starts, loads: loads)
    pods = recorder.members[autoscaler].filter { recorder.pods[$0].startedAt != nil }
    starts = pods.map { recorder.pods[$0].startedAt! }
    loads = bindings.map { _ in Load() }
    usages = []
    var unloaded: [Usage] = []
    var next = 0
    for (index, place) in pods.enumerated() {
      let pod = recorder.pods[place]
      let first = usages.count
      // Those that are left stand in the order in which they stood. A new start begins anew.
      let known = before.pods[next...].firstIndex(of: place)
      next = known.map { $0 + 1 } ?? next
      let same = known.flatMap { before.starts[$0] == starts[index] ? $0 : nil }
      for (load, binding) in zip(loads.indices, all[bindings]) {
        var loaded = pod.loaded(binding, since: zero, isLost: lost.contains(pod.node))
        if let same { loaded.goOn(from: before.loads[load].pods[same]) }
        loads[load].pods.append(loaded)
        if !binding.metric.isResource { continue }
        let container = pod.container(binding)
        let known = usages[first...].firstIndex { $0.container == container }
        if known == nil { usages.append(Usage(pod, place, container)) }
        loads[load].usages.append(known ?? usages.count - 1)
      }
      if pod.annotated != nil, !usages[first...].contains(where: { $0.container == pod.firstContainer }) {
        unloaded.append(Usage(pod, place, pod.firstContainer))
      }
    }
    firstUnloaded = usages.count
    usages += unloaded
  }

  /// Before the next scrape.
  mutating func reset() {
    for place in usages.indices { usages[place].reset() }
  }

  /// What of a container no load speaks of is as its annotations say.
  mutating func addAnnotated() {
    for place in usages.indices {
      guard let annotated = usages[place].annotated else { continue }
      if usages[place].isMeasured, usages[place].millicores == nil {
        usages[place].millicores = annotated.cpu.map { Double($0.nano) / 1e6 }
      }
      usages[place].memoryBytes = usages[place].memoryBytes ?? annotated.memory.map { $0.milliValue / 1000 }
    }
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
