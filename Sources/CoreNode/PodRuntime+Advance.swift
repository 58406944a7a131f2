import CoreObjects

extension PodRuntime {
  /// Asks the node for the next steps towards what the pod wants. Source: computePodActions, pkg/kubelet/kuberuntime, v1.36.
  mutating func advance(_ plan: inout NodePlan, _ context: NodeContext) {
    if isTerminating { return terminate(&plan, context.now) }
    checkDeadline(&plan, context.now)
    if isEnding { return stopAll(failure?.graceSeconds, &plan, context.now) }
    if isStartingOver { return startOver(&plan, context) }
    guard startSandbox(&plan, context) else { return }
    for index in containers.indices where containers[index].role == .ephemeral { advance(index, &plan, context) }
    for index in containers.indices where containers[index].role.isHelper {
      if isInitialized, containers[index].role == .initial { continue }
      advance(index, &plan, context)
      if !isInitialized, !containers[index].letsOthersStart { return }
    }
    isInitialized = true
    advanceResize(&plan, context)
    for index in containers.indices where containers[index].role == .main { advance(index, &plan, context) }
    refreshVolumes(&plan, context)
  }

  private mutating func checkDeadline(_ plan: inout NodePlan, _ now: Instant) {
    guard let seconds = pod.spec.activeDeadlineSeconds, !isEnding else { return }
    let deadline = startedAt + .seconds(seconds)
    if now < deadline { return plan.wake(at: deadline) }
    fail("DeadlineExceeded", "The pod ran longer than its activeDeadlineSeconds of \(seconds) s", isWarning: false, &plan)
  }

  /// The node ends the pod.
  mutating func fail(
    _ reason: String, _ message: String, isWarning: Bool = true, graceSeconds: Int? = nil, isRejection: Bool = false,
    _ plan: inout NodePlan
  ) {
    failure = Failure(reason: reason, message: message, graceSeconds: graceSeconds, isRejection: isRejection)
    plan.events.append(event(reason, message, warning: isWarning))
  }

  /// The node ends the pod for what it uses. Source: immediateEvictionGracePeriodSeconds, pkg/kubelet/eviction, v1.36.
  mutating func evict(_ message: String, _ plan: inout NodePlan) { fail(Failure.evicted, message, graceSeconds: 1, &plan) }

  /// Stops what runs: the main containers at once, then the sidecars one by one, the last first, within what is left of the grace.
  /// Source: terminationOrdering, pkg/kubelet/kuberuntime/kuberuntime_termination_order.go, v1.36.
  private mutating func stopAll(_ graceSeconds: Int?, _ plan: inout NodePlan, _ now: Instant) {
    let since = endingSince ?? now
    endingSince = since
    let live = containers.indices.filter { containers[$0].isLive }
    let others = live.filter { containers[$0].role != .sidecar }
    var grace = graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
    hurry(live, grace, &plan, now)
    if grace > 0, others.isEmpty {
      grace = max(PodRuntime.shortestGraceSeconds, grace - Int((now - since).nanoseconds / 1_000_000_000))
    }
    for index in others.isEmpty ? live.suffix(1) : others[...] { stop(index, grace: grace, &plan, now) }
    for index in live { runProbes(index, &plan, now) }
  }

  /// A second deletion with less grace is for what is being stopped already, too: counted from now on. Source: the pod workers' UpdatePod,
  /// pkg/kubelet, v1.36. A preStop hook that is under way has no more than that.
  private mutating func hurry(_ live: [Int], _ grace: Int, _ plan: inout NodePlan, _ now: Instant) {
    let isShorter = endingGrace.map { grace < $0 } ?? false
    if isShorter || endingGrace == nil { endingGrace = Int32(clamping: grace) }
    for index in live {
      guard case .stopping(let id, _, _) = containers[index].state else { continue }
      if let deadline = containers[index].stopDeadline, grace > 0 {
        let shorter = isShorter ? min(deadline, now + .seconds(grace)) : deadline
        containers[index].stopDeadline = shorter
        if now >= shorter { preStopFinished(index, id, until: shorter, &plan, now) } else { plan.wake(at: shorter) }
      } else if isShorter {
        containers[index].stopDeadline = nil
        signal(id, grace, &plan)
      }
    }
  }

  /// One of the restartPolicyRules wants the whole pod to start again: once all have ended, from the first container on.
  private mutating func startOver(_ plan: inout NodePlan, _ context: NodeContext) {
    for index in containers.indices { stop(index, grace: nil, &plan, context.now) }
    if containers.contains(where: \.isLive) { return }
    for index in containers.indices where containers[index].role != .ephemeral {
      if case .exited(let id, let exit) = containers[index].state { startAgain(index, id, exit, &plan) }
      containers[index].state = .waiting
    }
    (isStartingOver, isInitialized) = (false, false)
    advance(&plan, context)
  }

  /// True once the sandbox is there.
  private mutating func startSandbox(_ plan: inout NodePlan, _ context: NodeContext) -> Bool {
    switch sandbox {
    case .started: return true
    case .starting, .removing, .removed: return false
    case .failed(let until) where context.now < until:
      plan.wake(at: until)
      return false
    case .absent, .failed: break
    }
    let (hostname, domain): (String, String)
    do throws(HostName.TooLong) { (hostname, domain) = try HostName.of(pod, namespace: key.namespace, node: node) } catch {
      return delaySandbox("FailedCreatePodSandBox", error.message, &plan, context.now)
    }
    var spec = SandboxSpec(podUID: uid, namespace: key.namespace, name: key.name, hostname: hostname)
    spec.domain = domain
    if let name = pod.spec.runtimeClassName, !name.isEmpty {
      guard let type = context.store.get(.runtimeClasses, name)?.view(RuntimeClass.self) else {
        let text = "Failed to create pod sandbox: RuntimeClass \"\(name)\" not found"
        return delaySandbox("FailedCreatePodSandBox", text, &plan, context.now)
      }
      spec.handler = type.handler ?? ""
    }
    do throws(VolumeFailure) {
      let resolver = VolumeResolver(runtime: self, context: context)
      spec.volumes = try resolver.volumes()
      tokenRefreshAt = resolver.refreshAt
    } catch { return delaySandbox("FailedMount", error.message, &plan, context.now) }
    for volume in spec.volumes { if case .files(let files) = volume.source { writtenFiles[volume.name] = files } }
    describe(&spec, &plan, context)
    sandbox = .starting
    plan.commands.append(NodeCommand(node: node, action: .startSandbox(spec)))
    return false
  }

  /// - Returns: false
  private mutating func delaySandbox(_ reason: String, _ message: String, _ plan: inout NodePlan, _ now: Instant) -> Bool {
    let until = now + .seconds(min(sandboxBackOff.fail(), 20))
    sandbox = .failed(until: until)
    warn(reason, message, &plan)
    plan.wake(at: until)
    return false
  }

  private func describe(_ spec: inout SandboxSpec, _ plan: inout NodePlan, _ context: NodeContext) {
    spec.hostNetwork = pod.spec.hostNetwork ?? false
    spec.sysctls = Sysctls.wanted(pod)
    spec.storage.pod = PodTotals.of(allocatedPod, .limits).first { $0.name == "ephemeral-storage" }?.amount.value
    for container in pod.spec.containers {
      spec.storage.containers[container.name ?? ""] =
        container.resources.limits["ephemeral-storage"].flatMap { Quantity($0) }?.value
    }
    spec.hostIPC = pod.spec.hostIPC ?? false
    spec.processes = pod.spec.hostPID == true ? .ofHost : pod.spec.shareProcessNamespace == true ? .ofPod : .ofContainer
    spec.fsGroup = pod.spec.securityContext.fsGroup
    spec.keepsOwnership = pod.spec.securityContext.fsGroupChangePolicy == "OnRootMismatch"
    spec.hostAliases = pod.spec.hostAliases.map { HostAlias(address: $0.ip ?? "", names: $0.hostnames.values) }
    let resources = PodResources(allocatedPod)
    spec.memoryLimitBytes = resources.memoryLimitBytes
    spec.cpuLimitMillicores = resources.cpuLimitMillicores
    spec.cpuRequestMillicores = resources.cpuRequestMillicores
    let names = context.store.get(.services, namespace: "kube-system", "kube-dns")?.view(Service.self)
    let resolver = PodResolver(
      pod, namespace: key.namespace, host: context.resolvers[node] ?? DNSSpec(), server: names?.spec.clusterIP)
    spec.dns = resolver.spec
    plan.events += resolver.problems.map { event("DNSConfigForming", $0, warning: true) }
  }

  private mutating func advance(_ index: Int, _ plan: inout NodePlan, _ context: NodeContext) {
    switch containers[index].state {
    case .waiting: pull(index, &plan, context)
    case .pulling, .starting, .hooking, .stopping: break
    case .imageBackOff(let until, _, _), .startBackOff(let until, _, _):
      if context.now < until { plan.wake(at: until) } else { pull(index, &plan, context) }
    case .running: runProbes(index, &plan, context.now)
    case .exited(let id, let exit): restart(index, id, exit, &plan, context)
    }
  }

  private mutating func restart(_ index: Int, _ id: String, _ exit: ContainerExit, _ plan: inout NodePlan, _ context: NodeContext)
  {
    let (container, now) = (containers[index], context.now)
    guard restarts(container) else { return }
    if container.lastExit?.containerID != id {
      containers[index].lastExit = .init(containerID: id, exit: exit)
      containers[index].restartAt = exit.at + .seconds(containers[index].restartBackOff.restart())
    }
    let restartAt = containers[index].restartAt ?? exit.at
    if now < restartAt {
      if containers[index].recordedBackOff != id {
        containers[index].recordedBackOff = id
        plan.events.append(
          event(
            "BackOff", "Waiting before the failed container \(container.name) is started again", warning: true,
            container: container))
      }
      return plan.wake(at: restartAt)
    }
    if container.outcome(ofCode: exit.code) == .restartsAll {
      isStartingOver = true
      return startOver(&plan, context)
    }
    startAgain(index, id, exit, &plan)
    pull(index, &plan, context)
  }

  /// The next run is another container.
  private mutating func startAgain(_ index: Int, _ id: String, _ exit: ContainerExit, _ plan: inout NodePlan) {
    plan.commands.append(NodeCommand(node: node, action: .removeContainer(podUID: uid, containerID: id)))
    containers[index].lastExit = .init(containerID: id, exit: exit)
    containers[index].restartCount += 1
  }

  mutating func pull(_ index: Int, _ plan: inout NodePlan, _ context: NodeContext) {
    let wanted = spec(of: containers[index])
    let volume = missingImage(of: wanted)
    let policy: ImagePull =
      switch volume?.image.pullPolicy ?? wanted.imagePullPolicy {
      case "Never": .never
      case "Always": .always
      default: .ifNotPresent
      }
    containers[index].state = .pulling(volume: volume?.name)
    let image = volume?.image.reference ?? wanted.image ?? ""
    let request = WantedImage(image: image, pull: policy, keyring: keyring(&plan, context.store))
    plan.commands.append(
      NodeCommand(node: node, action: .ensureImage(podUID: uid, container: wanted.name ?? "", request)))
  }

  /// A volume that the container mounts, and whose image has not been found yet.
  private func missingImage(of container: Container) -> Volume? {
    pod.spec.volumes.first { volume in
      !volume.image.isAbsent && volumeImages[volume.name ?? ""] == nil
        && container.volumeMounts.contains { $0.name == volume.name }
    }
  }

  /// What is left for the signal after a preStop hook that took all of the grace. Source: kuberuntime_container.go, v1.36.
  private static let shortestGraceSeconds = 2

  /// Stops a container that runs: first its preStop hook, then its stop signal, then SIGKILL, all within the grace.
  mutating func stop(_ index: Int, grace: Int?, because: String? = nil, _ plan: inout NodePlan, _ now: Instant) {
    guard let id = containers[index].containerID, let startedAt = containers[index].runningSince else { return }
    containers[index].state = .stopping(containerID: id, startedAt: startedAt, isTold: containers[index].isTold)
    containers[index].probes = containers[index].probes.filter { $0.key == .readiness }
    let wanted = spec(of: containers[index])
    let seconds = grace ?? pod.spec.terminationGracePeriodSeconds ?? 30
    plan.events.append(event("Killing", because ?? "Stopping container \(wanted.name ?? "")", container: containers[index]))
    if seconds > 0, let action = Probes.action(of: wanted.lifecycle.preStop, in: pod, container: wanted) {
      containers[index].stopDeadline = now + .seconds(seconds)
      plan.commands.append(
        NodeCommand(node: node, action: .runHook(podUID: uid, containerID: id, hook: action, timeoutSeconds: seconds)))
    } else {
      signal(id, seconds, &plan)
    }
  }

  private func signal(_ id: String, _ graceSeconds: Int, _ plan: inout NodePlan) {
    plan.commands.append(
      NodeCommand(node: node, action: .stopContainer(podUID: uid, containerID: id, graceSeconds: graceSeconds)))
  }

  mutating func preStopFinished(_ index: Int, _ id: String, until deadline: Instant, _ plan: inout NodePlan, _ now: Instant) {
    containers[index].stopDeadline = nil
    let left = Int((deadline - now).nanoseconds / 1_000_000_000)
    signal(id, max(PodRuntime.shortestGraceSeconds, left), &plan)
  }

  /// The pod is being deleted: stop everything, then take the sandbox away, then the object.
  private mutating func terminate(_ plan: inout NodePlan, _ now: Instant) {
    stopAll(isRemoved ? 0 : pod.metadata.deletionGracePeriodSeconds ?? 30, &plan, now)
    if containers.contains(where: \.isLive) { return }
    switch sandbox {
    case .started:
      sandbox = .removing
      plan.commands.append(NodeCommand(node: node, action: .removeSandbox(podUID: uid)))
    case .starting, .removing: break
    case .absent, .failed, .removed:
      if !hasLeft, !isRemoved { plan.removals.append(PodRemoval(key: key, uid: uid)) }
      hasLeft = true
    }
  }

  private mutating func refreshVolumes(_ plan: inout NodePlan, _ context: NodeContext) {
    if let at = tokenRefreshAt {
      if context.now < at { plan.wake(at: at) } else { rewriteVolumes(&plan, context, tokens: true) }
    }
  }

  /// Writes the volumes whose files changed: after a change of a ConfigMap or Secret, or when tokens grow old.
  mutating func rewriteVolumes(_ plan: inout NodePlan, _ context: NodeContext, tokens: Bool) {
    guard case .started = sandbox, !isTerminating, !isFinished else { return }
    let resolver = VolumeResolver(runtime: self, context: context, issuesTokens: tokens)
    guard let volumes = try? resolver.volumes() else { return }
    if tokens { tokenRefreshAt = resolver.refreshAt }
    for volume in volumes {
      guard case .files(let files) = volume.source, writtenFiles[volume.name] != files else { continue }
      writtenFiles[volume.name] = files
      plan.commands.append(NodeCommand(node: node, action: .writeVolume(podUID: uid, volume: volume.name, files: files)))
    }
  }
}
