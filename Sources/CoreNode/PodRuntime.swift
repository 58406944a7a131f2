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
  var sandboxMessage: String?
  /// The files last written to each volume, to write only changes.
  var writtenFiles: [String: [VolumeFile]] = [:]
  /// The images of the volumes of that kind that have been found, by the names of the volumes.
  var volumeImages: [String: String] = [:]
  /// Why its node ends the pod, or does not begin with it.
  var failure: Failure?
  var tokenRefreshAt: Instant?
  /// The object is gone from the API, or being deleted.
  package var isRemoved = false
  var hasLeft = false
  var sandboxBackOff = BackOff()
  /// When the node began to end all of it.
  var endingSince: Instant?
  /// What it has been given for that; a second deletion may give less.
  var endingGrace: Int32?
  /// A main container has been begun: from now on no init container holds up the others.
  var isInitialized = false
  /// All its containers are to end and to start again.
  var isStartingOver = false

  private enum Resizing: Sendable {
    case none
    /// Apart: it is large, and most pods are never resized.
    indirect case some(Resize)
  }
  private var resizing = Resizing.none
  /// nil: what is wanted, what is set aside and what its containers have is the same.
  var resize: Resize? {
    get { if case .some(let resize) = resizing { resize } else { nil } }
    set { resizing = newValue.map { .some($0) } ?? .none }
  }

  /// Apart: it is large, and most pods have none.
  final class Failure: Sendable {
    let reason: String
    let message: String
    /// nil: the pod's own.
    let graceSeconds: Int?
    /// Nothing of the pod was ever begun.
    let isRejection: Bool

    static let evicted = "Evicted"
    /// It used too much of its node.
    var isEviction: Bool { reason == Failure.evicted && !isRejection }

    init(reason: String, message: String, graceSeconds: Int? = nil, isRejection: Bool) {
      self.reason = reason
      self.message = message
      self.graceSeconds = graceSeconds
      self.isRejection = isRejection
    }
  }

  /// A container that ran when the pod's status was last written.
  struct Earlier: Sendable {
    let index: Int
    let containerID: String
    let startedAt: Instant
    let imageID: String?
    let isStarted: Bool
    let isReady: Bool
  }

  /// Those of which the node has not said yet whether they still run.
  private(set) var earlier: [Earlier] = []

  package init(_ stored: StoredObject, at now: Instant) {
    key = stored.key
    uid = stored.uid
    pod = stored.view(Pod.self)
    startedAt = now
    let spec = pod.spec
    containers =
      spec.initContainers.map { ContainerRuntime($0, of: spec, $0.restartPolicy == "Always" ? .sidecar : .initial) }
      + spec.containers.map { ContainerRuntime($0, of: spec, .main) }
    addEphemeral()
    restore(pod.status)
  }

  /// Those that came since the last look: after all others.
  mutating func addEphemeral() {
    for container in pod.spec.ephemeralContainers where index(of: container.name ?? "") == nil {
      containers.append(ContainerRuntime(Container(tree: container.tree), of: pod.spec, .ephemeral))
    }
  }

  var node: String { pod.spec.nodeName ?? "" }
  var isTerminating: Bool { isRemoved || !pod.tree[.metadata][.deletionTimestamp].isNull }
  var address: String? { if case .started(let address) = sandbox { address } else { nil } }

  func spec(of container: ContainerRuntime) -> Container {
    let list = pod.tree[.spec][container.role.list].elements
    guard var found = list.first(where: { $0[.name].isText(container.name) }) else { return Container() }
    if let resize, let allocated = resize.allocated[container.name] { found.put(.resources, allocated) }
    return Container(tree: found)
  }

  func index(of container: String) -> Int? { containers.firstIndex { $0.name == container } }
  func index(ofID id: String) -> Int? { containers.firstIndex { $0.containerID == id } }

  /// Nothing of it is started any more: the node ends it, an init container has failed for good, or all main containers have ended.
  var isEnding: Bool {
    if failure != nil { return true }
    // By index: a loop over the containers would copy each, and they are large.
    let containers = containers.span
    var hasEnded = true
    for index in containers.indices where containers[index].role == .main || containers[index].role == .initial {
      let isMain = containers[index].role == .main
      // No closure: the compiler of Swift 6.3.1 fails on one that captures a span.
      if let code = containers[index].exitCode, isTerminating || containers[index].outcome(ofCode: code) == .stays {
        if !isMain, code != 0 { return true }
      } else if isMain {
        hasEnded = false
      }
    }
    return hasEnded
  }

  /// Nothing of it runs or will run again.
  var isFinished: Bool {
    let containers = containers.span
    for index in containers.indices where containers[index].isLive { return false }
    return isEnding
  }

  /// Whether an ended container is started again. Sidecars are, as long as there is something to help.
  func restarts(_ container: ContainerRuntime) -> Bool {
    guard let code = container.exitCode, failure == nil, !isTerminating else { return false }
    return container.role == .sidecar ? !isEnding : container.outcome(ofCode: code) != .stays
  }

  /// After a restart of the control plane: what the last status said of ended containers and restart counts.
  private mutating func restore(_ status: PodStatus) {
    if let text = status.startTime, let instant = Instant(rfc3339: text) { startedAt = instant }
    for list in [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses] {
      for known in list {
        guard let index = containers.firstIndex(where: { $0.name == known.name }) else { continue }
        containers[index].restartCount = known.restartCount ?? 0
        if let last = Self.exit(known.lastState.terminated) { containers[index].lastExit = last }
        // Between two runs it has ended with the last.
        let between = known.state.running.isAbsent ? containers[index].lastExit : nil
        if let ended = Self.exit(known.state.terminated) ?? between {
          containers[index].state = .exited(containerID: ended.containerID, ended.exit)
        } else if let started = known.state.running.startedAt {
          earlier.append(
            Earlier(
              index: index, containerID: Self.withoutRuntime(known.containerID ?? ""),
              startedAt: Instant(rfc3339: started) ?? startedAt, imageID: known.imageID, isStarted: known.started ?? false,
              isReady: known.ready ?? false))
        }
      }
    }
    restoreResize(status)
    guard pod.isIn(.failed), let reason = status.reason else { return }
    failure = Failure(reason: reason, message: status.message ?? "", isRejection: status.containerStatuses.isEmpty)
  }

  /// The node's first look at what ran before.
  /// - Parameter kept: what of the pod is there still; nil: nothing
  mutating func see(_ kept: KeptPod?, at now: Instant) {
    if let kept, sandbox == .absent { sandbox = .started(address: kept.address) }
    for container in earlier where containers[container.index].state == .waiting {
      if kept?.containers.contains(container.containerID) == true { resume(container, now) } else { endLost(container, now) }
    }
    earlier = []
  }

  /// It went on without anybody looking. Its probes begin anew, its files and tokens are written again.
  private mutating func resume(_ container: Earlier, _ now: Instant) {
    let index = container.index
    containers[index].state = .running(containerID: container.containerID, startedAt: container.startedAt)
    containers[index].imageID = container.imageID
    (containers[index].isStarted, containers[index].isReady) = (container.isStarted, container.isReady)
    if containers[index].role == .main { isInitialized = true }
    tokenRefreshAt = now
  }

  /// As after a reboot of a node it counts as ended with code 255, and is started again where its pod restarts. When it ended is not
  /// known: it is seen now.
  private mutating func endLost(_ container: Earlier, _ now: Instant) {
    let index = container.index
    var exit = ContainerExit(code: 255, at: now, startedAt: container.startedAt)
    exit.message = "the node was restarted"
    let last = ContainerRuntime.LastExit(containerID: container.containerID, exit: exit)
    if containers[index].role != .sidecar, containers[index].outcome(ofCode: exit.code) == .stays {
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
    let path = container.map { "spec.\($0.role.list.name){\($0.name)}" }
    return PodEvent(key: key, uid: uid, isWarning: warning, reason: reason, message: message, fieldPath: path)
  }
}

extension PodRuntime {
  /// Whether a container of this identifier is alive.
  package func isRunning(_ containerID: String) -> Bool {
    containers.contains { $0.isLive && $0.containerID == containerID }
  }
}
