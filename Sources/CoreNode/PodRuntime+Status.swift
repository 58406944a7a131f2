import CoreObjects

extension PodRuntime {
  /// The pod's status as its node reports it. Source: generateAPIPodStatus, pkg/kubelet/kubelet_pods.go, v1.36.
  func status(_ store: Store, at now: Instant) -> PodStatus {
    let old = pod.status
    if let failure, failure.isRejection { return rejected(failure) }
    let isFinished = isFinished
    let phase = phase(isFinished: isFinished)
    let hostIP = DownwardAPI.nodeAddress(node, store)
    let podIP = address ?? old.podIP
    let helpers = statuses { $0.isHelper }
    let ephemeral = statuses { $0 == .ephemeral }
    return PodStatus.make(
      observedGeneration: pod.metadata.generation, phase: phase.rawValue, reason: isFinished ? failure?.reason : nil,
      message: isFinished ? failure?.message : nil, hostIP: hostIP, hostIPs: [HostIP.make(ip: hostIP).tree], podIP: podIP,
      podIPs: podIP.map { [PodIP.make(ip: $0).tree] }, startTime: startedAt.rfc3339,
      // The one never changes, the other only by a resize.
      qosClass: old.qosClass ?? QualityOfService.of(pod),
      allocatedResources: old.allocatedResources.isEmpty || resize != nil ? allocated : old.allocatedResources,
      resources: ResourceRequirements(tree: wholeResources.isNull ? [:] : wholeResources),
      initContainerStatuses: helpers.isEmpty ? nil : helpers, containerStatuses: statuses { $0 == .main },
      ephemeralContainerStatuses: ephemeral.isEmpty ? nil : ephemeral,
      conditions: conditions(old.conditions, phase, isFinished: isFinished, at: now))
  }

  /// What the node sets aside for the pod.
  private var allocated: TextMap {
    let requests = PodTotals.of(allocatedPod, .requests).map { Member(key: Key($0.name), value: .string($0.amount.description)) }
    return TextMap(tree: requests.isEmpty ? .null : .object(requests))
  }

  private var wholeResources: JSON { resize?.actual.given(to: pod).spec.tree[.resources] ?? pod.spec.tree[.resources] }

  /// Of a pod that its node does not take: what others told of it stays.
  private func rejected(_ failure: Failure) -> PodStatus {
    PodStatus.make(
      observedGeneration: pod.metadata.generation, phase: PodPhase.failed.rawValue, reason: failure.reason,
      message: "Pod was rejected: " + failure.message, startTime: startedAt.rfc3339,
      qosClass: pod.status.qosClass ?? QualityOfService.of(pod), conditions: pod.status.conditions.tree.elements)
  }

  /// Source: convertToAPIContainerStatuses, which sorts them by name.
  private func statuses(_ isWanted: (ContainerRuntime.Role) -> Bool) -> [JSON] {
    var statuses: [JSON] = []
    let containers = containers.span
    for index in containers.indices where isWanted(containers[index].role) {
      statuses.append(containerStatus(containers[index]).tree)
    }
    // Init containers stay in their order.
    if statuses.count > 1, !isWanted(.initial) { statuses.sort { ($0[.name].string ?? "") < ($1[.name].string ?? "") } }
    return statuses
  }

  private func phase(isFinished: Bool) -> PodPhase {
    // Nothing of a deleted pod is left on the node: its phase is a final one, also where a finalizer keeps the object.
    if isTerminating, hasLeft {
      if pod.isOver { return pod.phase }
      return containers.allSatisfy { $0.role != .main || $0.exitCode == 0 } ? .succeeded : .failed
    }
    if isFinished {
      let failed = containers.contains { ($0.exitCode ?? 0) != 0 && ($0.role == .main || $0.role == .initial) }
      return failed || failure != nil ? .failed : .succeeded
    }
    // One that has never begun holds up the phase of all. Source: getPhase, pkg/kubelet/kubelet_pods.go, v1.36.
    let containers = containers.span
    for index in containers.indices where containers[index].role == .main && !containers[index].hasBegun { return .pending }
    return .running
  }

  private func containerStatus(_ container: ContainerRuntime) -> ContainerStatus {
    // As upstream: an image and an identifier come with the container that was made of them, not before.
    let current = container.isTold ? container.containerID : nil
    let hasBegun = container.hasBegun
    let isServing = container.isServing
    let isEphemeral = container.role == .ephemeral
    let isReady = container.role == .initial ? container.exitCode == 0 : isServing && container.isReady && !isEphemeral
    let (state, last) = states(of: container)
    let reported = ReportedSpec(spec(of: container))
    return ContainerStatus.make(
      name: container.name, image: spec(of: container).image ?? "", imageID: hasBegun ? container.imageID ?? "" : "",
      restartCount: container.restartCount - (current == nil && container.lastExit != nil ? 1 : 0),
      started: isEphemeral ? nil : isServing && container.isStarted, ready: isReady,
      containerID: (current ?? container.lastExit?.containerID).map { "crun://" + $0 }, state: state, lastState: last ?? .make(),
      allocatedResources: hasBegun && !reported.allocated.isEmpty ? reported.allocated : nil,
      resources: hasBegun ? actualResources(of: container).map { ResourceRequirements(tree: $0) } ?? reported.resources : nil,
      volumeMounts: reported.mounts.isEmpty ? nil : reported.mounts)
  }

  /// What it does, and how its run before that ended.
  private func states(of container: ContainerRuntime) -> (ContainerState, last: ContainerState?) {
    let last = container.lastExit.map { ContainerState.make(terminated: terminated($0.containerID, $0.exit)) }
    switch container.state {
    case .running(_, let startedAt), .stopping(_, let startedAt, isTold: true):
      return (.make(running: .make(startedAt: startedAt.rfc3339)), last)
    case .exited(let id, let exit):
      let ended = ContainerState.make(terminated: terminated(id, exit))
      if restarts(container) { return (backOff, ended) }
      return (ended, container.lastExit?.containerID == id ? nil : last)
    case .imageBackOff(_, let reason, let message): return (waiting(container.shownFailure(reason), message), last)
    case .startBackOff(_, let reason, let message): return (waiting(reason.rawValue, message), last)
    case .waiting, .pulling, .starting, .hooking, .stopping:
      // Between two runs nothing is told but how the last one ended.
      if let lastExit = container.lastExit, let last {
        return container.recordedBackOff == lastExit.containerID ? (backOff, last) : (last, nil)
      }
      if container.imageBackOff.failures > 0 { return (waiting("ImagePullBackOff"), nil) }
      let waitsForOthers = !container.role.isHelper && !isInitialized && containers.contains { $0.role.isHelper }
      return (waiting(waitsForOthers || container.role.isHelper ? "PodInitializing" : "ContainerCreating"), nil)
    }
  }

  private var backOff: ContainerState { waiting("CrashLoopBackOff", "waits before the failed container is started again") }

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
    var hasBegun = false
    let containers = containers.span
    for index in containers.indices {
      let role = containers[index].role
      if role.isHelper, !containers[index].letsOthersStart { pending.append(containers[index].name) }
      if role == .main, containers[index].hasBegun { hasBegun = true }
      if role == .main || role == .sidecar, !containers[index].isServing || !containers[index].isReady {
        unready.append(containers[index].name)
      }
    }
    let hasSucceeded = isOver && phase == .succeeded
    let isInitialized = hasSucceeded || hasBegun || pending.isEmpty
    let allReady = unready.isEmpty && isInitialized && !isOver
    let gatesHold = pod.openGates == pod.spec.readinessGates.count
    let reason = hasSucceeded ? "PodCompleted" : isOver ? "PodFailed" : "ContainersNotReady"
    let text = isOver ? nil : "containers with unready status: [\(unready.joined(separator: " "))]"
    var draft = ConditionsDraft(old.tree.elements, generation: pod.metadata.generation, now)
    if let resize, !isOver {
      if let refusal = resize.refusal {
        draft.add("PodResizePending", true, refusal.reason.rawValue, refusal.message, generation: resize.refusedGeneration)
      }
      if let generation = resize.generation {
        draft.add(
          "PodResizeInProgress", true, resize.failure == nil ? nil : "Error", resize.failure, generation: generation)
      }
    }
    draft.add("PodReadyToStartContainers", address != nil && !isOver)
    if isInitialized {
      draft.add("Initialized", true, hasSucceeded ? reason : nil)
    } else {
      draft.add(
        "Initialized", false, "ContainersNotInitialized",
        "containers with incomplete status: [\(pending.joined(separator: " "))]")
    }
    if allReady {
      draft.add("Ready", gatesHold, gatesHold ? nil : "ReadinessGatesNotReady")
      draft.add("ContainersReady", true)
    } else {
      draft.add("Ready", false, reason, text)
      draft.add("ContainersReady", false, reason, text)
    }
    // So that the podFailurePolicy of a Job can tell it from a failure of the pod's own.
    if isOver, let failure, failure.isEviction { draft.addDisruption("TerminationByKubelet", failure.message) }
    return draft.finish()
  }
}

extension Pod {
  /// How many of its readiness gates others have opened.
  var openGates: Int {
    let conditions = status.conditions
    return spec.readinessGates.reduce(0) { open, gate in
      open + (conditions.contains { $0.type == gate.conditionType && $0.status == "True" } ? 1 : 0)
    }
  }
}

/// The conditions of a pod: those of the kubelet in their order, then those of others. Each keeps its time while it stays as it is.
private struct ConditionsDraft {
  private let old: [JSON]
  private let generation: JSON
  private let now: Instant
  private lazy var time = now.rfc3339
  private var result: [JSON] = []
  private var hasDisruption = false

  init(_ old: [JSON], generation: Int?, _ now: Instant) {
    self.old = old
    self.generation = generation.map { .int(Int64($0)) } ?? .null
    self.now = now
    result.reserveCapacity(old.count + 4)
  }

  /// - Parameter generation: of the spec that the condition is about; nil: the one that is there now
  mutating func add(
    _ type: String, _ isTrue: Bool, _ reason: String? = nil, _ message: String? = nil, generation wanted: Int? = nil
  ) {
    let generation = wanted.map { .int(Int64($0)) } ?? self.generation
    let place = place(of: type)
    let status = isTrue ? "True" : "False"
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

  /// DisruptionTarget, which others may have set before.
  mutating func addDisruption(_ reason: String, _ message: String) {
    hasDisruption = true
    add(ConditionsDraft.disruption, true, reason, message)
  }

  private static let disruption = "DisruptionTarget"

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
    for index in old.indices where !ConditionsDraft.isOwn(old[index][.type]) {
      if !hasDisruption || !old[index][.type].isText(ConditionsDraft.disruption) { result.append(old[index]) }
    }
    return result
  }

  private static func isOwn(_ type: JSON) -> Bool {
    type.isText("Ready") || type.isText("ContainersReady") || type.isText("Initialized")
      || type.isText("PodReadyToStartContainers") || type.isText("PodResizePending") || type.isText("PodResizeInProgress")
  }
}
