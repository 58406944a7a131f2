import CoreObjects

extension PodRuntime {
  /// The image is there: create and start the container.
  mutating func startContainer(_ index: Int, _ plan: inout NodePlan, _ context: NodeContext) {
    guard let imageID = containers[index].imageID else { return }
    let container = containers[index]
    let wanted = spec(of: container)
    let id = ContainerID.make(podUID: uid, name: container.name, attempt: container.restartCount)
    var spec = ContainerSpec(
      podUID: uid, namespace: key.namespace, podName: key.name, name: container.name, containerID: id,
      attempt: container.restartCount, imageID: imageID)
    if let name = pod.spec.ephemeralContainers.first(where: { $0.name == container.name })?.targetContainerName, !name.isEmpty {
      guard let target = self.index(of: name).flatMap({ containers[$0].containerID }) else {
        return wait(index, .configuration, "the target container \(name) has not begun", &plan, context.now)
      }
      spec.target = target
    }
    let resolver = EnvironmentResolver(runtime: self, container: wanted, store: context.store)
    do throws(EnvironmentFailure) {
      spec.environment = try resolver.variables()
      spec.mounts = try mounts(of: wanted, resolver, spec.environment)
    } catch {
      return wait(index, .configuration, error.message, &plan, context.now)
    }
    if !wanted.command.isEmpty { spec.command = wanted.command.values.map { resolver.expand($0, with: spec.environment) } }
    if !wanted.args.isEmpty { spec.arguments = wanted.args.values.map { resolver.expand($0, with: spec.environment) } }
    spec.workingDirectory = wanted.workingDir
    let resources = ContainerResources(wanted)
    spec.memoryLimitBytes = resources.memoryLimitBytes
    spec.cpuLimitMillicores = resources.cpuLimitMillicores
    spec.cpuRequestMillicores = resources.cpuRequestMillicores ?? 0
    let memory = context.store.get(.nodes, node)?.view(Node.self).status.capacity[.memory].flatMap { Quantity($0) }
    spec.oomScoreAdjustment = OOMScore.adjustment(
      of: wanted, isSidecar: container.role == .sidecar, in: pod, nodeBytes: memory?.value ?? 0)
    spec.security = security(of: wanted)
    spec.terminal = wanted.tty ?? false
    spec.stdin = wanted.stdin ?? false
    spec.stdinOnce = wanted.stdinOnce ?? false
    spec.terminationMessagePath = wanted.terminationMessagePath ?? "/dev/termination-log"
    spec.terminationMessageFromLog = wanted.terminationMessagePolicy == "FallbackToLogsOnError"
    containers[index].state = .starting(containerID: id)
    plan.commands.append(NodeCommand(node: node, action: .startContainer(spec)))
  }

  private func mounts(
    of container: Container, _ resolver: EnvironmentResolver, _ environment: [EnvironmentVariable]
  ) throws(EnvironmentFailure) -> [MountSpec] {
    var mounts: [MountSpec] = []
    for mount in container.volumeMounts {
      var spec = MountSpec(volume: mount.name ?? "", path: mount.mountPath ?? "")
      spec.subPath = try resolver.subPath(of: mount, with: environment)
      spec.readOnly = mount.readOnly ?? false
      spec.propagation =
        switch mount.mountPropagation {
        case "HostToContainer": .hostToContainer
        case "Bidirectional": .bidirectional
        default: .none
        }
      spec.imageID = volumeImages[spec.volume]
      mounts.append(spec)
    }
    return mounts
  }

  /// The container's security context over the pod's.
  private func security(of container: Container) -> SecuritySpec {
    let own = container.securityContext
    let shared = pod.spec.securityContext
    var spec = SecuritySpec()
    spec.user = own.runAsUser ?? shared.runAsUser
    spec.group = own.runAsGroup ?? shared.runAsGroup
    spec.supplementalGroups = shared.supplementalGroups.values + (shared.fsGroup.map { [$0] } ?? [])
    spec.onlySupplementalGroups = shared.supplementalGroupsPolicy == "Strict"
    spec.runAsNonRoot = own.runAsNonRoot ?? shared.runAsNonRoot ?? false
    spec.readOnlyRoot = own.readOnlyRootFilesystem ?? false
    spec.privileged = own.privileged ?? false
    spec.allowPrivilegeEscalation = own.allowPrivilegeEscalation ?? true
    spec.addedCapabilities = own.capabilities.add.values
    spec.droppedCapabilities = own.capabilities.drop.values
    // As on a kubelet without seccompDefault: a container that asks for nothing is not confined.
    let profile = own.seccompProfile.isAbsent ? shared.seccompProfile : own.seccompProfile
    spec.seccomp =
      switch profile.type {
      case "Localhost": .localhost(profile.localhostProfile ?? "")
      case "RuntimeDefault": .runtimeDefault
      default: .unconfined
      }
    return spec
  }
}
