import CoreObjects

extension PodRuntime {
  private static let retrySeconds: Int64 = 10

  /// The pod with the resources that are set aside for it.
  var allocatedPod: Pod { resize?.allocated.given(to: pod) ?? pod }

  /// What its containers have: those that run what they were given last, others what they would be given.
  func actualResources(of container: ContainerRuntime) -> JSON? {
    guard let resize else { return nil }
    return (container.isLive ? resize.actual : resize.allocated)[container.name]
  }

  /// Which of several is heard first: by priority, then by quality of service, then by how long it has waited.
  /// Source: sortPendingResizes, pkg/kubelet/allocation/allocation_manager.go, v1.36.
  var resizeRank: (Int, Int, String, String) {
    let since = pod.status.conditions.first { $0.type == "PodResizePending" }?.lastTransitionTime
    return (-(pod.spec.priority ?? 0), pod.status.qosClass == "Guaranteed" ? 0 : 1, since ?? "~", uid)
  }

  /// The spec of a pod that its node has taken has changed.
  mutating func specChanged(from before: PodSpec) {
    let old = PodResourceSet(before)
    if resize == nil, old != PodResourceSet(pod.spec) { resize = Resize(from: old) }
  }

  /// After a restart of the control plane: what had been set aside where the node had not taken what the spec says.
  mutating func restoreResize(_ status: PodStatus) {
    guard let told = status.conditions.first(where: { $0.type == "PodResizePending" }) else { return }
    var resources = PodResourceSet(pod.spec)
    resources.restore(status)
    var resize = Resize(from: resources)
    resize.refusal = told.reason.flatMap { Resize.Refusal.Reason(rawValue: $0) }.map {
      .init(reason: $0, message: told.message ?? "")
    }
    resize.refusedGeneration = told.observedGeneration ?? 0
    self.resize = resize
  }

  /// Takes a resize as far as it goes now. Source: handlePodResourcesResize, pkg/kubelet/allocation/allocation_manager.go, and
  /// doPodResizeAction, pkg/kubelet/kuberuntime, v1.36.
  mutating func advanceResize(_ plan: inout NodePlan, _ context: NodeContext) {
    guard resize != nil else { return }
    if let taken = context.allocated { allocate(besides: taken, &plan, context) }
    actuate(&plan, context.now)
  }

  private mutating func allocate(besides taken: AllocatedTotals, _ plan: inout NodePlan, _ context: NodeContext) {
    guard var next = resize else { return }
    let wanted = PodResourceSet(pod.spec)
    let generation = pod.metadata.generation ?? 0
    if wanted == next.allocated {
      next.refusal = nil
      resize = next
      return
    }
    if let refusal = refusal(besides: taken, context) {
      let isNew = refusal != next.refusal || next.refusedGeneration != generation
      (next.refusal, next.refusedGeneration) = (refusal, generation)
      resize = next
      if !isNew { return }
      let text = wanted.summary(pod.spec, generation: generation, error: refusal.message)
      plan.events.append(
        event(
          refusal.reason == .deferred ? "ResizeDeferred" : "ResizeInfeasible", "Pod resize \(refusal.reason.rawValue): \(text)",
          warning: true))
      return
    }
    next.allocated = wanted
    (next.refusal, next.failure, next.generation, next.retryAt, next.isAsked) = (nil, nil, generation, nil, false)
    resize = next
    let text = wanted.summary(pod.spec, generation: generation, error: nil)
    plan.events.append(event("ResizeStarted", "Pod resize started: \(text)"))
    rewriteVolumes(&plan, context, tokens: false)
  }

  /// The wording is that of kubelet's: programs read the numbers in it.
  private func refusal(besides taken: AllocatedTotals, _ context: NodeContext) -> Resize.Refusal? {
    let allocatable = context.store.get(.nodes, node)?.view(Node.self).status.allocatable
    let cpu = allocatable?[.cpu].flatMap { Quantity($0) }?.milliValue ?? 0
    let memory = allocatable?[.memory].flatMap { Quantity($0) }?.value ?? 0
    let asked = AllocatedTotals.requests(pod)
    let rows = [
      ("memory", asked.memory, taken.memoryBytes, memory), ("cpu", asked.cpu, taken.cpuMillicores, cpu),
    ]
    if let (name, wanted, _, all) = rows.first(where: { $0.1 > $0.3 }) {
      return .init(
        reason: .infeasible, message: "Node didn't have enough capacity: \(name), requested: \(wanted), capacity: \(all)")
    }
    if let (name, wanted, used, all) = rows.last(where: { $0.1 > 0 && $0.1 + $0.2 > $0.3 }) {
      return .init(
        reason: .deferred,
        message: "Node didn't have enough resource: \(name), requested: \(wanted), used: \(used), capacity: \(all)")
    }
    return nil
  }

  /// Changes what runs: in place, or by a restart where a container's resizePolicy says so.
  private mutating func actuate(_ plan: inout NodePlan, _ now: Instant) {
    guard let generation = resize?.generation, resize?.isAnswered == true else { return }
    for index in containers.indices where containers[index].runningSince != nil && restartsForResize(index) {
      containers[index].isResizing = true
      stop(index, grace: nil, because: "Container \(containers[index].name) is restarted with other resources", &plan, now)
    }
    guard var next = resize else { return }
    if !next.isAsked {
      if let retryAt = next.retryAt, now < retryAt { return plan.wake(at: retryAt) }
      (next.isAsked, next.isAnswered) = (true, false)
      resize = next
      plan.commands.append(NodeCommand(node: node, action: .resize(command(next))))
      return
    }
    if containers.contains(where: { $0.isResizing || $0.isLive && next.actual[$0.name] != next.allocated[$0.name] }) { return }
    next.generation = nil
    let text = next.allocated.summary(pod.spec, generation: generation, error: nil)
    plan.events.append(event("ResizeCompleted", "Pod resize completed: \(text)"))
    resize = next.allocated == PodResourceSet(pod.spec) ? nil : next
  }

  private func restartsForResize(_ index: Int) -> Bool {
    guard let resize, containers[index].role != .ephemeral else { return false }
    let name = containers[index].name
    return spec(of: containers[index]).resizePolicy.contains { policy in
      policy.restartPolicy == "RestartContainer"
        && resize.allocated.differs(from: resize.actual, in: name, Key(policy.resourceName ?? ""))
    }
  }

  private func command(_ resize: Resize) -> ResizeSpec {
    let whole = PodResources(allocatedPod)
    var command = ResizeSpec(
      podUID: uid,
      pod: ComputeLimits(
        memoryBytes: whole.memoryLimitBytes, cpuMillicores: whole.cpuLimitMillicores,
        cpuRequestMillicores: whole.cpuRequestMillicores))
    for container in containers where container.runningSince != nil && container.role != .ephemeral {
      guard let id = container.containerID else { continue }
      let own = ContainerResources(spec(of: container))
      command.containers[id] = ComputeLimits(
        memoryBytes: own.memoryLimitBytes, cpuMillicores: own.cpuLimitMillicores,
        cpuRequestMillicores: own.cpuRequestMillicores ?? 0)
    }
    return command
  }

  /// The node has changed what it was asked to, or could not.
  mutating func resized(_ failure: String?, _ containerIDs: [String], _ plan: inout NodePlan, _ now: Instant) {
    guard var next = resize, let generation = next.generation else { return }
    next.isAnswered = true
    if let failure {
      next.isAsked = false
      next.retryAt = now + .seconds(PodRuntime.retrySeconds)
      plan.wake(at: now + .seconds(PodRuntime.retrySeconds))
      if next.failure != failure {
        let text = next.allocated.summary(pod.spec, generation: generation, error: failure)
        plan.events.append(event("ResizeError", "Pod resize error: \(text)", warning: true))
      }
    } else {
      next.actual.copyWhole(from: next.allocated)
      for container in containers where container.containerID.map(containerIDs.contains) == true {
        next.actual.copy(container.name, from: next.allocated)
      }
    }
    next.failure = failure
    resize = next
  }

  /// A container has begun with what is set aside for it.
  mutating func startedWithAllocated(_ index: Int) {
    containers[index].isResizing = false
    guard var next = resize else { return }
    next.actual.copy(containers[index].name, from: next.allocated)
    resize = next
  }
}
