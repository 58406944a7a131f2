import CoreJSON
import CoreStore
import CoreTypes

extension PodRuntime {
  /// The pod's status as its node reports it. Source: generateAPIPodStatus, pkg/kubelet/kubelet_pods.go, v1.36.
  func status(_ store: Store, at now: Instant) -> PodStatus {
    let old = pod.status
    var status = PodStatus()
    status.observedGeneration = pod.metadata.generation
    status.phase = phase
    if let failure {
      status.reason = failure.reason
      status.message = failure.message
    }
    let host = DownwardAPI.nodeAddress(node, store)
    status.hostIP = host
    status.hostIPs = List(tree: [.object([Member(key: .ip, value: .string(host))])])
    if let address = address ?? old.podIP {
      status.podIP = address
      status.podIPs = List(tree: [.object([Member(key: .ip, value: .string(address))])])
    }
    status.startTime = startedAt.rfc3339
    // It never changes.
    status.qosClass = old.qosClass ?? QualityOfService.of(pod)
    let helpers = containers.filter { $0.role != .main }
    if !helpers.isEmpty { status.initContainerStatuses = List(tree: .array(helpers.map { containerStatus($0).tree })) }
    let main = containers.lazy.filter { $0.role == .main }
    status.containerStatuses = List(tree: .array(main.map { containerStatus($0).tree }))
    status.conditions = conditions(old.conditions, at: now)
    return status
  }

  private var phase: String {
    // Nothing of a deleted pod is left on the node: its phase is a final one, also where a finalizer keeps the object.
    if isTerminating, hasLeft {
      if let old = pod.status.phase, old == "Succeeded" || old == "Failed" { return old }
      return containers.allSatisfy { $0.role != .main || $0.exit?.code == 0 } ? "Succeeded" : "Failed"
    }
    if failure != nil, isFinished { return "Failed" }
    if isFinished {
      let failed = containers.contains { ($0.exit?.code ?? 0) != 0 && $0.role != .sidecar }
      return failed ? "Failed" : "Succeeded"
    }
    let begun = containers.filter { $0.role == .main }
    let isRunning = begun.contains { container in
      if container.isLive, !isStarting(container) { return true }
      return container.restartCount > 0 || container.exit != nil
    }
    return isRunning ? "Running" : "Pending"
  }

  private func isStarting(_ container: ContainerRuntime) -> Bool {
    if case .starting = container.state { return container.restartCount == 0 }
    return false
  }

  private func containerStatus(_ container: ContainerRuntime) -> ContainerStatus {
    let wanted = spec(of: container)
    var status = ContainerStatus()
    status.name = container.name
    status.image = wanted.image ?? ""
    // As upstream: an image and an identifier are told with the container that was made of them, not before.
    let created = container.isCreated ? container.containerID : nil
    status.imageID = created == nil && container.lastExit == nil ? "" : container.image?.id ?? ""
    status.restartCount = container.restartCount
    status.started = container.isRunning && container.isStarted
    status.ready = container.role == .initial ? container.exit?.code == 0 : container.isRunning && container.isReady
    if let id = created ?? container.lastExit?.containerID { status.containerID = "crun://" + id }
    status.state = state(of: container)
    if let last = container.lastExit, last.containerID != container.containerID || !isEnded(container) {
      status.lastState.terminated = terminated(last.containerID, last.exit)
    } else {
      status.tree.put(.lastState, .object([]))
    }
    return status
  }

  private func isEnded(_ container: ContainerRuntime) -> Bool { container.exit != nil && !restarts(container) }

  private func state(of container: ContainerRuntime) -> CoreTypes.ContainerState {
    var state = CoreTypes.ContainerState()
    switch container.state {
    case .running(_, let startedAt), .stopping(_, let startedAt): state.running.startedAt = startedAt.rfc3339
    case .exited(let id, let exit) where !restarts(container): state.terminated = terminated(id, exit)
    case .exited: state.waiting = waiting("CrashLoopBackOff", "waits before the failed container is started again")
    case .imageBackOff(_, let reason, let message):
      let isSecond = container.imageBackOff.failures > 1 && reason == "ErrImagePull"
      state.waiting = waiting(isSecond ? "ImagePullBackOff" : reason, message)
    case .startBackOff(_, let reason, let message): state.waiting = waiting(reason, message)
    case .waiting where container.role == .main && containers.contains { $0.role != .main }:
      state.waiting = waiting("PodInitializing", nil)
    case .waiting, .pulling, .starting:
      if container.imageBackOff.failures > 0 {
        state.waiting = waiting("ImagePullBackOff", nil)
      } else {
        state.waiting = waiting(container.role == .main ? "ContainerCreating" : "PodInitializing", nil)
      }
    }
    return state
  }

  private func waiting(_ reason: String, _ message: String?) -> ContainerStateWaiting {
    var view = ContainerStateWaiting()
    view.reason = reason
    view.message = message
    return view
  }

  private func terminated(_ id: String, _ exit: ContainerExit) -> ContainerStateTerminated {
    var view = ContainerStateTerminated()
    view.containerID = "crun://" + id
    view.exitCode = exit.code
    view.reason = exit.oomKilled ? "OOMKilled" : exit.code == 0 ? "Completed" : "Error"
    view.startedAt = exit.startedAt.rfc3339
    view.finishedAt = exit.at.rfc3339
    if !exit.message.isEmpty { view.message = exit.message }
    return view
  }

  private func conditions(_ old: List<PodCondition>, at now: Instant) -> List<PodCondition> {
    let isOver = isFinished && !isTerminating
    let helpersDone = containers.allSatisfy {
      $0.role == .main || ($0.role == .initial ? $0.exit?.code == 0 : $0.isRunning && $0.isStarted) || isOver
    }
    let unready = containers.filter { $0.role != .initial && !($0.isRunning && $0.isReady) }.map(\.name)
    let allReady = unready.isEmpty && helpersDone && !isOver
    let gatesHold = pod.spec.readinessGates.allSatisfy { gate in
      old.contains { $0.type == gate.conditionType && $0.status == "True" }
    }
    let reason = isOver ? (phase == "Succeeded" ? "PodCompleted" : "PodFailed") : "ContainersNotReady"
    var text: String? { isOver ? nil : "containers with unready status: [\(unready.joined(separator: " "))]" }
    var draft = ConditionsDraft(old.tree.elements, generation: pod.metadata.generation, now)
    draft.add("PodReadyToStartContainers", address != nil && !isOver, nil, nil)
    draft.add(
      "Initialized", helpersDone, "ContainersNotInitialized",
      "containers with incomplete status: [\(pending.joined(separator: " "))]")
    draft.add("Ready", allReady && gatesHold, allReady ? "ReadinessGatesNotReady" : reason, allReady ? nil : text)
    draft.add("ContainersReady", allReady, reason, text)
    return List(tree: .array(draft.finished))
  }

  private var pending: [String] { containers.filter { $0.role == .initial && $0.exit?.code != 0 }.map(\.name) }
}

/// The conditions of a pod: those of the kubelet in their order, then those of others. Each keeps its time while it stays as it is.
private struct ConditionsDraft {
  private let old: [JSON]
  private let generation: JSON
  private let now: Instant
  private var result: [JSON] = []

  init(_ old: [JSON], generation: Int?, _ now: Instant) {
    self.old = old
    self.generation = generation.map { .int(Int64($0)) } ?? .null
    self.now = now
    result.reserveCapacity(old.count + 4)
  }

  /// - Parameters reason, message: of a condition that is false
  mutating func add(_ type: String, _ isTrue: Bool, _ reason: String?, _ message: @autoclosure () -> String?) {
    let present = old.first { $0[.type].isText(type) } ?? .null
    let status = isTrue ? "True" : "False"
    let (reason, message) = isTrue ? (nil, nil) : (reason, message())
    if present[.status].isText(status), present[.reason].string == reason, present[.message].string == message,
      present[.observedGeneration] == generation
    {
      return result.append(present)
    }
    var condition = PodCondition(tree: present.isNull ? .object([]) : present)
    if !present[.status].isText(status) { condition.lastTransitionTime = now.rfc3339 }
    condition.type = type
    condition.status = status
    condition.reason = reason
    condition.message = message
    condition.tree.put(.observedGeneration, generation)
    result.append(condition.tree)
  }

  var finished: [JSON] {
    let own = result
    return own + old.filter { condition in !own.contains { $0[.type] == condition[.type] } }
  }
}
