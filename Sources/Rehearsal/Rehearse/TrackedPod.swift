import CoreLoad
import CoreObjects

/// A pod of an autoscaler's target, as a rehearsal follows it.
struct TrackedPod: Sendable {
  let key: ObjectKey
  let uid: String
  /// Place in the list of autoscalers.
  let autoscaler: Int
  var node = ""
  var isReady = false
  /// Of its last start; nil while no container runs.
  var startedAt: Instant?
  /// The start that the gate was opened for, or will be.
  var gateStart: Instant?
  let waitSeconds: Double?
  /// What each container can use, in cores; nil: as much as there is.
  private let limits: [(container: String, cores: Double?)]
  let firstContainer: String
  /// What its annotations say that it uses, where no load does.
  let annotated: KWOKUsage?
  /// Place of its series in the record; nil before its first usage.
  var recordPlace: Int?

  init(_ stored: StoredObject, autoscaler: Int, waitSeconds: Double?) {
    key = stored.key
    uid = stored.uid
    self.autoscaler = autoscaler
    self.waitSeconds = waitSeconds
    let pod = stored.view(Pod.self)
    limits = pod.spec.containers.map { container in
      let cpu = container.resources.limits["cpu"].flatMap { Quantity($0) }
      return (container.name ?? "", cpu.map { Double($0.milliValue) / 1000 })
    }
    firstContainer = pod.spec.containers.first?.name ?? ""
    let annotated = try? KWOKUsage(stored.tree[.metadata][.annotations])
    self.annotated = annotated.flatMap { $0.cpu == nil && $0.memory == nil ? nil : $0 }
    update(stored)
  }

  /// Cores that a container can use; nil: as many as there are.
  func limit(of container: String) -> Double? { limits.first { $0.container == container }?.cores }

  mutating func update(_ stored: StoredObject) {
    let pod = stored.view(Pod.self)
    node = pod.spec.nodeName ?? ""
    isReady = pod.isReady
    var started: Instant?
    for status in pod.status.containerStatuses {
      guard let text = status.state.running.startedAt, let at = Instant(rfc3339: text) else {
        started = nil
        break
      }
      started = max(started ?? at, at)
    }
    startedAt = started
  }
}
