import CoreObjects

extension PodRuntime {
  /// Applies what the node saw of this pod.
  mutating func observe(_ event: NodeEvent, _ plan: inout NodePlan, _ context: NodeContext) {
    let now = context.now
    switch event {
    case .sandboxStarted(_, let address):
      if sandbox != .removing { sandbox = .started(address: address) }
      sandboxBackOff.reset()
      sandboxMessage = nil
    case .sandboxFailed(_, let reason, let message):
      if sandbox == .starting { sandbox = .failed(until: now + .seconds(sandboxBackOff.fail())) }
      warn(reason, message, &plan)
    case .sandboxRemoved:
      sandbox = .removed
    case .imageReady(_, let name, let image, let origin): imageReady(name, image, origin, &plan, context)
    case .imageFailed(_, let name, let reason, let message): imageFailed(name, reason, message, &plan, now)
    case .containerStarted(_, let id, let at): started(id, at, &plan)
    case .containerFailed(_, let id, let reason, let message): refused(id, reason, message, &plan, now)
    case .containerExited(_, let id, let exit): exited(id, exit)
    case .probed(_, let id, let kind, let success, let message): probed(id, kind, success, message, &plan, now)
    case .hookFinished(_, let id, let success, let message): hookFinished(id, success, message, &plan, now)
    case .imagePulling(_, let name, let progress): imagePulling(name, progress, &plan)
    case .resized(_, let containerIDs, let failure): resized(failure, containerIDs, &plan, now)
    case .storageExceeded(_, let message):
      if !isEnding, !isTerminating { evict(message, &plan) }
    default: break
    }
  }

  /// Records a warning once for each new message.
  mutating func warn(_ reason: String, _ message: String, _ plan: inout NodePlan) {
    if sandboxMessage == message { return }
    sandboxMessage = message
    plan.events.append(event(reason, message, warning: true))
  }

  private mutating func imageReady(
    _ name: String, _ image: ImageFacts, _ origin: ImageOrigin, _ plan: inout NodePlan, _ context: NodeContext
  ) {
    guard let index = index(of: name), case .pulling(let volume) = containers[index].state else { return }
    let reference = reference(of: index, volume)
    containers[index].imageBackOff.reset()
    if let volume { volumeImages[volume] = image.id } else { containers[index].imageID = image.id }
    if isTerminating {
      containers[index].state = .waiting
      return
    }
    let text =
      switch origin {
      case .present: "Image \"\(reference)\" is present on node \(node)"
      case .unasked(let reason):
        "Image \"\(reference)\" is present on node \(node), and its registry could not be asked for a newer one: \(reason)"
      case .pulled(let milliseconds):
        "Pulled image \"\(reference)\" in \(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s: \(image.sizeBytes) bytes"
      }
    plan.events.append(event("Pulled", text, container: volume == nil ? containers[index] : nil))
    if volume != nil { return pull(index, &plan, context) }
    startContainer(index, &plan, context)
  }

  private mutating func imagePulling(_ name: String, _ progress: String?, _ plan: inout NodePlan) {
    guard let index = index(of: name), case .pulling(let volume) = containers[index].state else { return }
    let text = "Pulling image \"\(reference(of: index, volume))\"" + (progress.map { ": " + $0 } ?? "")
    plan.events.append(event("Pulling", text, container: volume == nil ? containers[index] : nil))
  }

  /// The image of a container, or that of a volume which it mounts.
  private func reference(of index: Int, _ volume: String?) -> String {
    let ofVolume = volume.map { name in pod.spec.volumes.first { $0.name == name }?.image.reference ?? "" }
    return ofVolume ?? spec(of: containers[index]).image ?? ""
  }

  private mutating func imageFailed(
    _ name: String, _ reason: ImageFailure, _ message: String, _ plan: inout NodePlan, _ now: Instant
  ) {
    guard let index = index(of: name), case .pulling = containers[index].state else { return }
    let delay = containers[index].imageBackOff.fail()
    containers[index].state = .imageBackOff(until: now + .seconds(delay), reason: reason, message: message)
    let isRepeated = containers[index].shownFailure(reason) != reason.rawValue
    let (first, isWarning) =
      switch reason {
      case .invalidName: ("InspectFailed", true)
      case .neverPull: (reason.rawValue, true)
      case .pull: isRepeated ? ("BackOff", false) : ("Failed", true)
      }
    plan.events.append(event(first, message, warning: isWarning, container: containers[index]))
    let text = "Error: " + containers[index].shownFailure(reason)
    plan.events.append(event("Failed", text, warning: true, container: containers[index]))
  }

  private mutating func started(_ id: String, _ at: Instant, _ plan: inout NodePlan) {
    guard let index = index(ofID: id) ?? adopted(id) else { return }
    if case .stopping = containers[index].state { return }
    if containers[index].runningSince != nil { return }
    let spec = spec(of: containers[index])
    created(index, &plan)
    startedWithAllocated(index)
    plan.events.append(event("Started", "Container started", container: containers[index]))
    if let action = Probes.action(of: spec.lifecycle.postStart, in: pod, container: spec) {
      containers[index].state = .hooking(containerID: id, startedAt: at)
      plan.commands.append(
        NodeCommand(node: node, action: .runHook(podUID: uid, containerID: id, hook: action, timeoutSeconds: BackOff.longest)))
    } else {
      runs(index, id, since: at)
    }
  }

  private mutating func runs(_ index: Int, _ id: String, since startedAt: Instant) {
    let spec = spec(of: containers[index])
    containers[index].state = .running(containerID: id, startedAt: startedAt)
    containers[index].isStarted = spec.startupProbe.isAbsent
    containers[index].isReady = containers[index].isStarted && spec.readinessProbe.isAbsent
    containers[index].probes = [:]
  }

  /// A container that ran before this control plane: found by the attempts that its name may have had.
  private mutating func adopted(_ id: String) -> Int? {
    for index in containers.indices {
      for attempt in 0...(containers[index].restartCount + 1)
      where ContainerID.make(podUID: uid, name: containers[index].name, attempt: attempt) == id {
        containers[index].restartCount = attempt
        return index
      }
    }
    return nil
  }

  /// A container that was made counts as one that has ended; one that could not be made is tried again.
  private mutating func refused(_ id: String, _ reason: StartFailure, _ message: String, _ plan: inout NodePlan, _ now: Instant) {
    guard let index = index(ofID: id) else { return }
    if reason == .run {
      created(index, &plan)
      startedWithAllocated(index)
      exited(id, .neverStarted(message, at: now))
      plan.events.append(event("Failed", "Error: " + message, warning: true, container: containers[index]))
    } else {
      wait(index, reason, message, &plan, now)
    }
  }

  private func created(_ index: Int, _ plan: inout NodePlan) {
    plan.events.append(event("Created", "Container created", container: containers[index]))
  }

  /// It cannot be made as things are. Nothing ran, so it counts for no restart, and the next try does not come later than the last.
  mutating func wait(_ index: Int, _ reason: StartFailure, _ message: String, _ plan: inout NodePlan, _ now: Instant) {
    containers[index].state = .startBackOff(until: now + .seconds(BackOff.first), reason: reason, message: message)
    plan.events.append(event("Failed", "Error: " + message, warning: true, container: containers[index]))
    plan.wake(at: now + .seconds(BackOff.first))
  }

  private mutating func exited(_ id: String, _ exit: ContainerExit) {
    guard let index = index(ofID: id) ?? adopted(id) else { return }
    if case .exited = containers[index].state { return }
    containers[index].state = .exited(containerID: id, exit)
    containers[index].isReady = false
    containers[index].isStarted = false
    containers[index].probes = [:]
    containers[index].stopDeadline = nil
    if exit.isLateEnough { containers[index].restartBackOff.reset() }
  }

  private mutating func hookFinished(
    _ id: String, _ success: Bool, _ message: String, _ plan: inout NodePlan, _ now: Instant
  ) {
    guard let index = index(ofID: id) else { return }
    if let deadline = containers[index].stopDeadline {
      if !success { plan.events.append(event("FailedPreStopHook", message, warning: true, container: containers[index])) }
      preStopFinished(index, id, until: deadline, &plan, now)
    } else if case .hooking(_, let startedAt) = containers[index].state {
      if success { return runs(index, id, since: startedAt) }
      plan.events.append(event("FailedPostStartHook", message, warning: true, container: containers[index]))
      stop(index, grace: nil, &plan, now)
    }
  }
}
