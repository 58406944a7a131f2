import CoreJSON
import CoreStore
import CoreTypes

extension PodRuntime {
  /// The pod's status as its node reports it. Source: generateAPIPodStatus, pkg/kubelet/kubelet_pods.go, v1.36.
  func status(_ store: Store, at now: Instant) -> PodStatus {
    let old = pod.status
    // Made in one piece, as are the parts: each step of a pod's life makes them anew.
    var members: [Member] = []
    members.reserveCapacity(14)
    if let generation = pod.metadata.generation {
      members.append(Member(key: .observedGeneration, value: .int(Int64(generation))))
    }
    let isFinished = isFinished
    let phase = phase(isFinished: isFinished)
    members.append(Member(key: .phase, value: .string(phase.rawValue)))
    if let failure {
      members.append(Member(key: .reason, value: .string(failure.reason)))
      members.append(Member(key: .message, value: .string(failure.message)))
    }
    func add(_ address: String, _ one: Key, _ all: Key) {
      members.append(Member(key: one, value: .string(address)))
      members.append(Member(key: all, value: .array([.object([Member(key: .ip, value: .string(address))])])))
    }
    add(DownwardAPI.nodeAddress(node, store), .hostIP, .hostIPs)
    if let address = address ?? old.podIP { add(address, .podIP, .podIPs) }
    members.append(Member(key: .startTime, value: .string(startedAt.rfc3339)))
    // It never changes.
    members.append(Member(key: .qosClass, value: .string(old.qosClass ?? QualityOfService.of(pod))))
    let helpers = statuses { $0 != .main }
    if !helpers.isEmpty { members.append(Member(key: .initContainerStatuses, value: .array(helpers))) }
    members.append(Member(key: .containerStatuses, value: .array(statuses { $0 == .main })))
    let conditions = conditions(old.conditions, phase, isFinished: isFinished, at: now)
    members.append(Member(key: .conditions, value: .array(conditions)))
    return PodStatus(tree: .object(members))
  }

  private func statuses(_ isWanted: (ContainerRuntime.Role) -> Bool) -> [JSON] {
    var statuses: [JSON] = []
    let containers = containers.span
    for index in containers.indices where isWanted(containers[index].role) { statuses.append(containerStatus(containers[index])) }
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

  private func containerStatus(_ container: ContainerRuntime) -> JSON {
    // As upstream: an image and an identifier are told with the container that was made of them, not before.
    let created = container.isCreated ? container.containerID : nil
    let isRunning = container.isRunning
    let hasImage = created != nil || container.lastExit != nil
    let isReady = container.role == .initial ? container.exitCode == 0 : isRunning && container.isReady
    var members: [Member] = []
    members.reserveCapacity(9)
    members.append(Member(key: .name, value: .string(container.name)))
    members.append(Member(key: .image, value: .string(spec(of: container).image ?? "")))
    members.append(Member(key: .imageID, value: .string(hasImage ? container.image?.id ?? "" : "")))
    members.append(Member(key: .restartCount, value: .int(Int64(container.restartCount))))
    members.append(Member(key: .started, value: .bool(isRunning && container.isStarted)))
    members.append(Member(key: .ready, value: .bool(isReady)))
    if let id = created ?? container.lastExit?.containerID {
      members.append(Member(key: .containerID, value: .string("crun://" + id)))
    }
    members.append(Member(key: .state, value: state(of: container)))
    var last: [Member] = []
    if let exit = container.lastExit, exit.containerID != container.containerID || !isEnded(container) {
      last = [Member(key: .terminated, value: terminated(exit.containerID, exit.exit))]
    }
    members.append(Member(key: .lastState, value: .object(last)))
    return .object(members)
  }

  private func isEnded(_ container: ContainerRuntime) -> Bool { container.exitCode != nil && !restarts(container) }

  private func state(of container: ContainerRuntime) -> JSON {
    switch container.state {
    case .running(_, let startedAt), .stopping(_, let startedAt):
      let running = Member(key: .startedAt, value: .string(startedAt.rfc3339))
      return .object([Member(key: .running, value: .object([running]))])
    case .exited(let id, let exit) where !restarts(container):
      return .object([Member(key: .terminated, value: terminated(id, exit))])
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

  private func waiting(_ reason: String, _ message: String? = nil) -> JSON {
    var members = [Member(key: .reason, value: .string(reason))]
    if let message { members.append(Member(key: .message, value: .string(message))) }
    return .object([Member(key: .waiting, value: .object(members))])
  }

  private func terminated(_ id: String, _ exit: ContainerExit) -> JSON {
    var members = [
      Member(key: .containerID, value: .string("crun://" + id)), Member(key: .exitCode, value: .int(Int64(exit.code))),
      Member(key: .reason, value: .string(exit.oomKilled ? "OOMKilled" : exit.code == 0 ? "Completed" : "Error")),
      Member(key: .startedAt, value: .string(exit.startedAt.rfc3339)), Member(key: .finishedAt, value: .string(exit.at.rfc3339)),
    ]
    if !exit.message.isEmpty { members.append(Member(key: .message, value: .string(exit.message))) }
    return .object(members)
  }

  private func conditions(_ old: List<PodCondition>, _ phase: PodPhase, isFinished: Bool, at now: Instant) -> [JSON] {
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
    var condition = place.map { old[$0] } ?? ConditionsDraft.empty()
    if !condition[.status].isText(status) { condition.put(.lastTransitionTime, .string(time)) }
    condition.put(.type, .string(type))
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

  /// With room for what is put into it.
  private static func empty() -> JSON {
    var members: [Member] = []
    members.reserveCapacity(6)
    return .object(members)
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
