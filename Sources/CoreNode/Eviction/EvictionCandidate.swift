import CoreObjects

/// A pod that its node could end for what is short. Source of the orders: rankMemoryPressure, rankDiskPressureFunc and
/// rankPIDPressure, pkg/kubelet/eviction/helpers.go, v1.36.
struct EvictionCandidate {
  let uid: String
  private let key: ObjectKey
  private let priority: Int
  /// nil of what nobody asks for beforehand.
  private let request: Int64?
  private let used: Int64
  /// What its containers use and asked for.
  private let containers: [(name: String, used: Int64, request: Int64)]

  init(_ runtime: PodRuntime, _ reading: NodeReading.Pod, _ signal: EvictionSignal) {
    (uid, key, priority) = (runtime.uid, runtime.key, runtime.pod.spec.priority ?? 0)
    let name = signal.pressure == .memory ? "memory" : "ephemeral-storage"
    request =
      signal.pressure == .processes
      ? nil : PodTotals.of(runtime.allocatedPod, .requests).first { $0.name == name }?.amount.value ?? 0
    switch signal.pressure {
    case .memory:
      used = reading.total.usage.workingSet
      containers = EvictionCandidate.containers(runtime, reading, name) { $0.usage.workingSet }
    case .disk:
      used = reading.writtenBytes
      containers = EvictionCandidate.containers(runtime, reading, name) { $0.writtenBytes }
    case .processes:
      used = reading.total.processes
      containers = []
    }
  }

  private static func containers(
    _ runtime: PodRuntime, _ reading: NodeReading.Pod, _ resource: String, _ used: (NodeReading.Container) -> Int64
  ) -> [(String, Int64, Int64)] {
    reading.containers.map { container in
      let spec = runtime.containers.first { $0.name == container.name }.map { runtime.spec(of: $0) }
      let request = spec?.resources.requests[Key(resource)].flatMap { Quantity($0) }?.value ?? 0
      return (container.name, used(container), request)
    }
  }

  private var isAboveRequest: Bool { used > (request ?? .max) }

  /// Whether it goes before another one: first who uses more than was asked for, then the lower priority, then what is used beyond
  /// the request.
  func goesBefore(_ other: EvictionCandidate) -> Bool {
    if isAboveRequest != other.isAboveRequest { return isAboveRequest }
    if priority != other.priority { return priority < other.priority }
    let (own, others) = (used - (request ?? 0), other.used - (other.request ?? 0))
    return own == others ? (key, uid) < (other.key, other.uid) : own > others
  }

  /// Why it ended.
  func message(_ shortage: Shortage) -> String {
    var text =
      "The node is short of \(shortage.signal.resource): \(shortage.text(shortage.available)) is available, "
      + "and \(shortage.text(shortage.threshold)) has to be (\(shortage.signal.rawValue))."
    for (name, used, request) in containers where used > request {
      text += " Container \(name) used \(shortage.text(used)) and had requested \(request == 0 ? "0" : shortage.text(request))."
    }
    return text
  }
}
