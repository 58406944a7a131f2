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

    init(pod: Int, uid: String, container: String, annotated: KWOKUsage?) {
      self.pod = pod
      self.uid = uid
      self.container = container
      self.annotated = annotated
    }

    /// - Returns: the container's ID and limit, where it holds more memory than that
    mutating func charge(on nodes: inout VirtualNodes, at now: Instant) -> (id: String, memoryLimitBytes: Int64)? {
      nodes.charge(
        pod: uid, container, millicores: isMeasured ? millicores ?? 1 : nil, memoryBytes: memoryBytes, at: now, hint: &hint)
    }
  }
  /// The pods as one load is given them.
  struct Load: Sendable {
    let asksAge: Bool
    var starts: [Instant] = []
    var pods: [LoadPod] = []
    /// Of a load of a resource: the place of each pod's usage.
    var usages: [Int] = []
  }
  /// The places of the loads in the run's bindings.
  let bindings: Range<Int>
  /// Places of the pods in the recorder, in the order in which they came.
  private(set) var pods: [Int] = []
  var loads: [Load] = []
  var usages: [Usage] = []
  /// From here on there are those of which only annotations speak.
  private(set) var firstUnloaded = 0
  /// Of the recorder, when they were found.
  private(set) var version = 0

  private init(bindings: Range<Int>) { self.bindings = bindings }

  /// Of each autoscaler.
  static func all(_ bindings: [LoadBinding], autoscalers: Int) -> [FedPods] {
    (0..<autoscalers).map { autoscaler in
      let first = bindings.firstIndex { $0.autoscaler >= autoscaler } ?? bindings.count
      return FedPods(bindings: first..<(bindings.firstIndex { $0.autoscaler > autoscaler } ?? bindings.count))
    }
  }

  mutating func find(_ recorder: RunRecorder, autoscaler: Int, _ all: [LoadBinding]) {
    version = recorder.versions[autoscaler]
    pods = recorder.members[autoscaler].filter { recorder.pods[$0].startedAt != nil }
    loads = []
    usages = []
    for binding in all[bindings] {
      var load = Load(asksAge: binding.load.model.asksAge)
      for place in pods {
        let pod = recorder.pods[place]
        load.pods.append(pod.loaded(binding))
        load.starts.append(pod.startedAt!)
        if binding.metric.isResource { load.usages.append(self.place(pod, place, pod.container(binding))) }
      }
      loads.append(load)
    }
    firstUnloaded = usages.count
    for place in pods where recorder.pods[place].annotated != nil {
      _ = self.place(recorder.pods[place], place, recorder.pods[place].firstContainer)
    }
  }

  /// Where a container's usage is from now on.
  private mutating func place(_ pod: TrackedPod, _ place: Int, _ container: String) -> Int {
    if let known = usages.firstIndex(where: { $0.pod == place && $0.container == container }) { return known }
    let annotated = container == pod.firstContainer ? pod.annotated : nil
    usages.append(Usage(pod: place, uid: pod.uid, container: container, annotated: annotated))
    return usages.count - 1
  }

  /// Before the next scrape.
  mutating func reset(at now: Instant) {
    for place in usages.indices {
      (usages[place].isMeasured, usages[place].millicores, usages[place].memoryBytes) = (true, nil, nil)
    }
    for load in loads.indices where loads[load].asksAge {
      for pod in pods.indices {
        loads[load].pods[pod].ageSeconds = Double((now - loads[load].starts[pod]).nanoseconds) / 1e9
      }
    }
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

  fileprivate func loaded(_ binding: LoadBinding) -> LoadPod {
    let isCPU = if case .resource = binding.metric.kind { binding.metric.name == "cpu" } else { false }
    return LoadPod(name: key.name, ageSeconds: 0, isReady: isReady, limit: isCPU ? limit(of: container(binding)) : nil)
  }
}
