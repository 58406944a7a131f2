import CoreObjects

extension PodRuntime {
  /// The pod's status as its node reports it. Source: generateAPIPodStatus, pkg/kubelet/kubelet_pods.go, v1.36.
  func status(_ store: Store, at now: Instant) -> PodStatus {
    let old = pod.status
    let isFinished = isFinished
    let phase = phase(isFinished: isFinished)
    let hostIP = DownwardAPI.nodeAddress(node, store)
    let podIP = address ?? old.podIP
    let helpers = statuses { $0 != .main }
    return PodStatus.make(
      observedGeneration: pod.metadata.generation, phase: phase.rawValue, reason: failure?.reason, message: failure?.message,
      hostIP: hostIP, hostIPs: [HostIP.make(ip: hostIP).tree], podIP: podIP, podIPs: podIP.map { [PodIP.make(ip: $0).tree] },
      startTime: startedAt.rfc3339,
      // It never changes.
      qosClass: old.qosClass ?? QualityOfService.of(pod),
      initContainerStatuses: helpers.isEmpty ? nil : helpers, containerStatuses: statuses { $0 == .main },
      conditions: conditions(old.conditions, phase, isFinished: isFinished, at: now))
  }

  private func statuses(_ isWanted: (ContainerRuntime.Role) -> Bool) -> [JSON] {
    var statuses: [JSON] = []
    let containers = containers.span
    for index in containers.indices where isWanted(containers[index].role) {
      statuses.append(containerStatus(containers[index]).tree)
    }
    return statuses
  }

  private func phase(isFinished: Bool) -> PodPhase {
    // Nothing of a deleted pod is left on the node: its phase is a final one, also where a finalizer keeps the object.
    if isTerminating, hasLeft {
      if pod.isOver { return pod.phase }
      return containers.allSatisfy { $0.role != .main || $0.exitCode == 0 } ? .succeeded : .failed
    }
    if failure != nil, isFinished { return .failed }
    if isFinished {
      let failed = containers.contains { ($0.exitCode ?? 0) != 0 && $0.role != .sidecar }
      return failed ? .failed : .succeeded
    }
    let containers = containers.span
    for index in containers.indices where containers[index].role == .main {
      if containers[index].isCreated || containers[index].restartCount > 0 { return .running }
    }
    return .pending
  }

  private func containerStatus(_ container: ContainerRuntime) -> ContainerStatus {
    // As upstream: an image and an identifier come with the container that was made of them, not before.
    let created = container.isCreated ? container.containerID : nil
    let isRunning = container.isRunning
    let hasImage = created != nil || container.lastExit != nil
    let isReady = container.role == .initial ? container.exitCode == 0 : isRunning && container.isReady
    var last = ContainerState.make()
    if let exit = container.lastExit, exit.containerID != container.containerID || !isEnded(container) {
      last = .make(terminated: terminated(exit.containerID, exit.exit))
    }
    return ContainerStatus.make(
      name: container.name, image: spec(of: container).image ?? "", imageID: hasImage ? container.image?.id ?? "" : "",
      restartCount: container.restartCount, started: isRunning && container.isStarted, ready: isReady,
      containerID: (created ?? container.lastExit?.containerID).map { "crun://" + $0 }, state: state(of: container),
      lastState: last)
  }

  private func isEnded(_ container: ContainerRuntime) -> Bool { container.exitCode != nil && !restarts(container) }

  private func state(of container: ContainerRuntime) -> ContainerState {
    switch container.state {
    case .running(_, let startedAt), .stopping(_, let startedAt): return .make(running: .make(startedAt: startedAt.rfc3339))
    case .exited(let id, let exit) where !restarts(container): return .make(terminated: terminated(id, exit))
    case .exited: return waiting("CrashLoopBackOff", "waits before the failed container is started again")
    case .imageBackOff(_, let reason, let message):
      let isSecond = container.imageBackOff.failures > 1 && reason == .pull
      return waiting(isSecond ? "ImagePullBackOff" : reason.rawValue, message)
    case .startBackOff(_, let reason, let message): return waiting(reason.rawValue, message)
    case .waiting where container.role == .main && containers.contains { $0.role != .main }:
      return waiting("PodInitializing")
    case .waiting, .pulling, .starting:
      if container.imageBackOff.failures > 0 { return waiting("ImagePullBackOff") }
      return waiting(container.role == .main ? "ContainerCreating" : "PodInitializing")
    }
  }

  private func waiting(_ reason: String, _ message: String? = nil) -> ContainerState {
    .make(waiting: .make(reason: reason, message: message))
  }

  private func terminated(_ id: String, _ exit: ContainerExit) -> ContainerStateTerminated {
    .make(
      containerID: "crun://" + id, exitCode: exit.code, reason: exit.reason, startedAt: exit.startedAt.rfc3339,
      finishedAt: exit.at.rfc3339, message: exit.message.isEmpty ? nil : exit.message)
  }

  private func conditions(_ old: List<PodCondition>, _ phase: PodPhase, isFinished: Bool, at now: Instant)
    -> [JSON]
  {
    let isOver = isFinished && !isTerminating
    var (unready, pending): ([String], [String]) = ([], [])
    var sidecarsRun = true
    let containers = containers.span
    for index in containers.indices {
      let role = containers[index].role
      if role == .initial {
        if containers[index].exitCode != 0 { pending.append(containers[index].name) }
        continue
      }
      let isRunning = containers[index].isRunning
      if !isRunning || !containers[index].isReady { unready.append(containers[index].name) }
      if role == .sidecar, !isRunning || !containers[index].isStarted { sidecarsRun = false }
    }
    let helpersDone = isOver || pending.isEmpty && sidecarsRun
    let allReady = unready.isEmpty && helpersDone && !isOver
    let gatesHold = pod.spec.readinessGates.allSatisfy { gate in
      old.contains { $0.type == gate.conditionType && $0.status == "True" }
    }
    let reason = isOver ? (phase == .succeeded ? "PodCompleted" : "PodFailed") : "ContainersNotReady"
    let text = isOver || allReady ? nil : "containers with unready status: [\(unready.joined(separator: " "))]"
    var draft = ConditionsDraft(old.tree.elements, generation: pod.metadata.generation, now)
    draft.add("PodReadyToStartContainers", address != nil && !isOver)
    draft.add(
      "Initialized", helpersDone, "ContainersNotInitialized",
      helpersDone ? nil : "containers with incomplete status: [\(pending.joined(separator: " "))]")
    draft.add("Ready", allReady && gatesHold, allReady ? "ReadinessGatesNotReady" : reason, text)
    draft.add("ContainersReady", allReady, reason, text)
    return draft.finish()
  }
}

/// The conditions of a pod: those of the kubelet in their order, then those of others. Each keeps its time while it stays as it is.
private struct ConditionsDraft {
  private let old: [JSON]
  private let generation: JSON
  private let now: Instant
  private lazy var time = now.rfc3339
  private var result: [JSON] = []

  init(_ old: [JSON], generation: Int?, _ now: Instant) {
    self.old = old
    self.generation = generation.map { .int(Int64($0)) } ?? .null
    self.now = now
    result.reserveCapacity(old.count + 4)
  }

  /// - Parameters reason, message: of a condition that is false
  mutating func add(_ type: String, _ isTrue: Bool, _ reason: String? = nil, _ message: String? = nil) {
    let place = place(of: type)
    let status = isTrue ? "True" : "False"
    let (reason, message) = isTrue ? (nil, nil) : (reason, message)
    if let place, ConditionsDraft.isSame(old[place], status, reason, message, generation) { return result.append(old[place]) }
    guard let place else {
      let made = PodCondition.make(
        lastTransitionTime: time, type: type, status: status, reason: reason, message: message, observedGeneration: generation.int
      )
      return result.append(made.tree)
    }
    var condition = old[place]
    if !condition[.status].isText(status) { condition.put(.lastTransitionTime, .string(time)) }
    condition.put(.status, .string(status))
    condition.put(.reason, reason.map { .string($0) } ?? .null)
    condition.put(.message, message.map { .string($0) } ?? .null)
    condition.put(.observedGeneration, generation)
    result.append(condition)
  }

  /// Most often it stands where it is to stand.
  private func place(of type: String) -> Int? {
    if result.count < old.count, old[result.count][.type].isText(type) { return result.count }
    return old.indices.first { old[$0][.type].isText(type) }
  }

  private static func isSame(_ old: JSON, _ status: String, _ reason: String?, _ message: String?, _ generation: JSON) -> Bool {
    func holds(_ key: Key, _ text: String?) -> Bool { text.map { old[key].isText($0) } ?? (old[key].string == nil) }
    return old[.status].isText(status) && holds(.reason, reason) && holds(.message, message)
      && old[.observedGeneration] == generation
  }

  /// Those of others follow.
  mutating func finish() -> [JSON] {
    for index in old.indices where !ConditionsDraft.isOwn(old[index][.type]) { result.append(old[index]) }
    return result
  }

  private static func isOwn(_ type: JSON) -> Bool {
    type.isText("Ready") || type.isText("ContainersReady") || type.isText("Initialized")
      || type.isText("PodReadyToStartContainers")
  }
}
