package import CoreObjects

/// One pod on its node: what was asked of the node and what is known. Source of the behaviour: pkg/kubelet, v1.36.
package struct PodRuntime: Sendable {
  package enum Sandbox: Sendable, Equatable {
    /// → starting, failed
    case absent
    /// → started, failed
    case starting
    /// → removing
    case started(address: String)
    /// → starting
    case failed(until: Instant)
    /// → removed
    case removing
    case removed
  }

  package let key: ObjectKey
  package let uid: String
  package var pod: Pod
  package var sandbox = Sandbox.absent
  package var containers: [ContainerRuntime]
  package var startedAt: Instant
  /// The object is gone from the API, or being deleted.
  package var isRemoved = false
  /// It has not been looked at since it was bound.
  var isNew = false
  var sandboxBackOff = BackOff()
  var sandboxMessage: String?
  var hasLeft = false
  /// The files last written to each volume, to write only changes.
  var writtenFiles: [String: [VolumeFile]] = [:]
  var tokenRefreshAt: Instant?
  /// The phase that a pod keeps once it is finished by its node (DeadlineExceeded).
  var failure: Failure?

  struct Failure: Sendable, Equatable {
    var reason: String
    var message: String
  }

  package init(_ stored: StoredObject, at now: Instant) {
    key = stored.key
    uid = stored.uid
    pod = stored.view(Pod.self)
    startedAt = now
    containers = pod.spec.initContainers.map {
      ContainerRuntime(name: $0.name ?? "", role: $0.restartPolicy == "Always" ? .sidecar : .initial)
    }
    containers += pod.spec.containers.map { ContainerRuntime(name: $0.name ?? "", role: .main) }
    restore(pod.status)
  }

  var node: String { pod.spec.nodeName ?? "" }
  var isTerminating: Bool { isRemoved || !pod.tree[.metadata][.deletionTimestamp].isNull }
  var address: String? { if case .started(let address) = sandbox { address } else { nil } }

  func spec(of container: ContainerRuntime) -> Container {
    let list = pod.tree[.spec][container.role == .main ? .containers : .initContainers].elements
    return list.first { $0[.name].isText(container.name) }.map { Container(tree: $0) } ?? Container()
  }

  func index(of container: String) -> Int? { containers.firstIndex { $0.name == container } }
  func index(ofID id: String) -> Int? { containers.firstIndex { $0.containerID == id } }

  /// All containers ended and none of them will run again.
  var isFinished: Bool {
    // By index: a loop over the containers would copy each, and they are large.
    let containers = containers.span
    var (hasFailed, hasEnded, isLive) = (failure != nil, true, false)
    for index in containers.indices {
      if containers[index].isLive { isLive = true }
      let code = containers[index].exitCode
      let isLast = code.map { !restarts(containers[index].role, afterCode: $0) } ?? false
      switch containers[index].role {
      case .initial: if isLast, code != 0 { hasFailed = true }
      case .main: if !isLast { hasEnded = false }
      case .sidecar: break
      }
    }
    return hasFailed ? !isLive : hasEnded
  }

  /// Whether an ended container is started again.
  func restarts(_ container: ContainerRuntime) -> Bool {
    container.exitCode.map { restarts(container.role, afterCode: $0) } ?? false
  }

  private func restarts(_ role: ContainerRuntime.Role, afterCode code: Int) -> Bool {
    if failure != nil || isTerminating { return false }
    switch (role, pod.spec.restartPolicy ?? "Always") {
    case (.sidecar, _): return true
    case (.initial, "Never"): return false
    case (.initial, _): return code != 0
    case (.main, "Always"): return true
    case (.main, "OnFailure"): return code != 0
    default: return false
    }
  }

  /// After a restart of the control plane: what the last status said of ended containers and restart counts.
  private mutating func restore(_ status: PodStatus) {
    if let text = status.startTime, let instant = Instant(rfc3339: text) { startedAt = instant }
    for list in [status.initContainerStatuses, status.containerStatuses] {
      for known in list {
        guard let index = containers.firstIndex(where: { $0.name == known.name }) else { continue }
        containers[index].restartCount = known.restartCount ?? 0
        if let last = Self.exit(known.lastState.terminated) { containers[index].lastExit = last }
        if let ended = Self.exit(known.state.terminated) {
          containers[index].state = .exited(containerID: ended.containerID, ended.exit)
        } else if let started = known.state.running.startedAt {
          endLost(index, id: known.containerID ?? "", startedAt: Instant(rfc3339: started) ?? startedAt)
        }
      }
    }
    if pod.isIn(.failed), let reason = status.reason { failure = Failure(reason: reason, message: status.message ?? "") }
  }

  /// A container that ran when its status was last written. Containers do not outlive their node's agent: as after a reboot
  /// of a node, it counts as ended with code 255 and is started again where its pod restarts.
  private mutating func endLost(_ index: Int, id: String, startedAt: Instant) {
    // When it ended is not known.
    var exit = ContainerExit(code: 255, at: startedAt, startedAt: startedAt)
    exit.message = "the node was restarted"
    let last = ContainerRuntime.LastExit(containerID: Self.withoutRuntime(id), exit: exit)
    if pod.spec.restartPolicy == "Never", containers[index].role != .sidecar {
      containers[index].state = .exited(containerID: last.containerID, exit)
    } else {
      containers[index].lastExit = last
      containers[index].restartCount += 1
    }
  }

  /// "crun://4f…" as the runtime itself knows it: "4f…".
  private static func withoutRuntime(_ id: String) -> String { String(id.drop { $0 != "/" }.drop { $0 == "/" }) }

  private static func exit(_ terminated: ContainerStateTerminated) -> ContainerRuntime.LastExit? {
    guard let code = terminated.exitCode else { return nil }
    let finished = terminated.finishedAt.flatMap { Instant(rfc3339: $0) } ?? Instant(nanoseconds: 0)
    var exit = ContainerExit(
      code: code, at: finished, startedAt: terminated.startedAt.flatMap { Instant(rfc3339: $0) } ?? finished)
    exit.cause = ContainerExit.cause(terminated.reason)
    exit.message = terminated.message ?? ""
    return .init(containerID: withoutRuntime(terminated.containerID ?? ""), exit: exit)
  }

  func event(_ reason: String, _ message: String, warning: Bool = false, container: ContainerRuntime? = nil) -> PodEvent {
    let path = container.map { "spec.\($0.role == .main ? "containers" : "initContainers"){\($0.name)}" }
    return PodEvent(key: key, uid: uid, isWarning: warning, reason: reason, message: message, fieldPath: path)
  }
}

extension PodRuntime {
  /// Whether a container of this identifier is alive.
  package func isRunning(_ containerID: String) -> Bool {
    containers.contains { $0.isLive && $0.containerID == containerID }
  }
}
