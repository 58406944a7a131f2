import CoreObjects

/// What a probe or a lifecycle hook does, taken from the pod's spec.
enum Probes {
  static func action(of probe: Probe, in pod: Pod, container: Container) -> ProbeAction? {
    if !probe.exec.isAbsent { return .exec(probe.exec.command.values) }
    if !probe.httpGet.isAbsent { return http(probe.httpGet, container) }
    if !probe.tcpSocket.isAbsent { return .tcp(host: probe.tcpSocket.host, port: port(probe.tcpSocket.port, container)) }
    if let number = probe.grpc.port { return .grpc(port: number, service: probe.grpc.service ?? "") }
    return nil
  }

  static func action(of hook: LifecycleHandler, in pod: Pod, container: Container) -> ProbeAction? {
    if !hook.exec.isAbsent { return .exec(hook.exec.command.values) }
    if !hook.httpGet.isAbsent { return http(hook.httpGet, container) }
    if let seconds = hook.sleep.seconds { return .sleep(seconds: seconds) }
    if !hook.tcpSocket.isAbsent { return .tcp(host: hook.tcpSocket.host, port: port(hook.tcpSocket.port, container)) }
    return nil
  }

  private static func http(_ get: HTTPGetAction, _ container: Container) -> ProbeAction {
    .http(
      scheme: get.scheme ?? "HTTP", host: get.host, port: port(get.port, container), path: get.path ?? "/",
      headers: get.httpHeaders.map { EnvironmentVariable(name: $0.name ?? "", value: $0.value ?? "") })
  }

  /// A number, or the name of one of the container's ports; 0 where there is none of that name.
  private static func port(_ value: JSON, _ container: Container) -> Int {
    if let number = value.int { return number }
    guard let name = value.string else { return 0 }
    return Int(name) ?? container.ports.first { $0.name == name }?.containerPort ?? 0
  }
}

extension PodRuntime {
  /// Starts the probes that are due; of a container that is to end, those that say whether it still serves.
  /// Source: pkg/kubelet/prober/worker.go and StopLivenessAndStartup of prober_manager.go, v1.36.
  mutating func runProbes(_ index: Int, _ plan: inout NodePlan, _ now: Instant) {
    guard let (id, startedAt) = containers[index].servingSince else { return }
    let isEnding = !containers[index].isRunning
    let wanted = spec(of: containers[index])
    for (kind, probe) in [
      (ProbeKind.startup, wanted.startupProbe), (.liveness, wanted.livenessProbe), (.readiness, wanted.readinessProbe),
    ] {
      guard !probe.isAbsent, let action = Probes.action(of: probe, in: pod, container: wanted) else { continue }
      if kind == .startup ? containers[index].isStarted : !containers[index].isStarted { continue }
      if isEnding, kind != .readiness { continue }
      var state =
        containers[index].probes[kind] ?? ProbeState(next: max(now, startedAt + .seconds(probe.initialDelaySeconds ?? 0)))
      if !state.isUnderWay {
        if now >= state.next {
          state.isUnderWay = true
          state.next = now + .seconds(probe.periodSeconds ?? 10)
          let order = ProbeSpec(
            podUID: uid, containerID: id, kind: kind, action: action, timeoutSeconds: probe.timeoutSeconds ?? 1)
          plan.commands.append(NodeCommand(node: node, action: .probe(order)))
        } else {
          plan.wake(at: state.next)
        }
      }
      containers[index].probes[kind] = state
    }
  }

  mutating func probed(
    _ id: String, _ kind: ProbeKind, _ success: Bool?, _ message: String, _ plan: inout NodePlan, _ now: Instant
  ) {
    guard let index = index(ofID: id), kind == .readiness ? containers[index].isServing : containers[index].isRunning,
      var state = containers[index].probes[kind]
    else { return }
    let wanted = spec(of: containers[index])
    let probe = kind == .startup ? wanted.startupProbe : kind == .liveness ? wanted.livenessProbe : wanted.readinessProbe
    let name = kind == .startup ? "Startup" : kind == .liveness ? "Liveness" : "Readiness"
    state.isUnderWay = false
    guard let success else {
      // Source: doProbe, pkg/kubelet/prober/worker.go, v1.36: the result is thrown away.
      containers[index].probes[kind] = state
      let text = "\(name) probe could not be made: \(message)"
      return plan.events.append(event("Unhealthy", text, warning: true, container: containers[index]))
    }
    state.successes = success ? state.successes + 1 : 0
    state.failures = success ? 0 : state.failures + 1
    containers[index].probes[kind] = state
    if !success {
      plan.events.append(
        event("Unhealthy", "\(name) probe failed: \(message)", warning: true, container: containers[index]))
    }
    if success, state.successes >= probe.successThreshold ?? 1 {
      if kind == .startup {
        containers[index].isStarted = true
        containers[index].isReady = wanted.readinessProbe.isAbsent
      }
      if kind == .readiness { containers[index].isReady = true }
    }
    guard !success, state.failures >= probe.failureThreshold ?? 3 else { return }
    if kind == .readiness {
      containers[index].isReady = false
    } else {
      let reason = "\(name) probe failed too often: the container is restarted"
      stop(index, grace: probe.terminationGracePeriodSeconds, because: reason, &plan, now)
    }
  }
}
