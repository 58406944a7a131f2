import CoreObjects

/// READY, STATUS and RESTARTS of `kubectl get pods`. Source: printPod, pkg/printers/internalversion/printers.go, v1.36.
enum PodSummary {
  static func make(_ pod: Pod, _ now: Instant) -> (ready: String, reason: String, restarts: String) {
    let status = pod.status
    var reason = status.reason.flatMap { $0.isEmpty ? nil : $0 } ?? status.phase ?? ""
    if status.phase == "Succeeded" || status.phase == "Failed", let own = status.reason { reason = own }
    let sidecars = Set(pod.spec.initContainers.filter { $0.restartPolicy == "Always" }.map { $0.name ?? "" })
    var restarts = 0
    var lastRestart: Instant?
    var readyCount = 0
    var sidecarRestarts = 0
    var isInitializing = false
    for (index, container) in status.initContainerStatuses.enumerated() {
      let isSidecar = sidecars.contains(container.name ?? "")
      restarts += container.restartCount ?? 0
      if isSidecar { sidecarRestarts += container.restartCount ?? 0 }
      note(container, &lastRestart)
      if let code = container.state.terminated.exitCode, code == 0 { continue }
      if isSidecar, container.started == true {
        if container.ready == true { readyCount += 1 }
        continue
      }
      isInitializing = true
      reason = initReason(container, index, of: pod.spec.initContainers.count)
      break
    }
    // Once all was initialized, init containers do not count, and what a sidecar does holds up nobody.
    if !isInitializing || status.conditions.contains(where: { $0.type == "Initialized" && $0.status == "True" }) {
      restarts = sidecarRestarts
      var hasRunning = false
      for container in status.containerStatuses.reversed() {
        restarts += container.restartCount ?? 0
        note(container, &lastRestart)
        if let waiting = container.state.waiting.reason, !waiting.isEmpty {
          reason = waiting
        } else if !container.state.terminated.isAbsent {
          reason = ended(container.state.terminated)
        } else if container.ready == true, !container.state.running.isAbsent {
          hasRunning = true
          readyCount += 1
        }
      }
      if reason == "Completed", hasRunning {
        reason = status.conditions.contains { $0.type == "Ready" && $0.status == "True" } ? "Running" : "NotReady"
      }
    }
    if pod.metadata.deletionTimestamp != nil {
      reason = status.reason == "NodeLost" ? "Unknown" : reason == "Completed" || reason == "Succeeded" ? reason : "Terminating"
    }
    if status.phase == "Pending", let gates = pod.spec.schedulingGates.first, gates.name != nil { reason = "SchedulingGated" }
    var text = String(restarts)
    if restarts > 0, let lastRestart { text += " (\(HumanDuration.text(now - lastRestart)) ago)" }
    return ("\(readyCount)/\(pod.spec.containers.count + sidecars.count)", reason, text)
  }

  private static func note(_ container: ContainerStatus, _ last: inout Instant?) {
    guard let text = container.lastState.terminated.finishedAt, let at = Instant(rfc3339: text) else { return }
    last = last.map { max($0, at) } ?? at
  }

  private static func initReason(_ container: ContainerStatus, _ index: Int, of count: Int) -> String {
    let terminated = container.state.terminated
    if !terminated.isAbsent { return "Init:" + ended(terminated) }
    if let waiting = container.state.waiting.reason, !waiting.isEmpty, waiting != "PodInitializing" { return "Init:" + waiting }
    return "Init:\(index)/\(count)"
  }

  private static func ended(_ terminated: ContainerStateTerminated) -> String {
    if let reason = terminated.reason, !reason.isEmpty { return reason }
    if let signal = terminated.signal, signal != 0 { return "Signal:\(signal)" }
    return "ExitCode:\(terminated.exitCode ?? 0)"
  }
}
