import CoreNode
import EdgeLinux
import EdgeNetwork
import EdgeRuntime

extension NodeAgent {
  /// Machines do not work faster because the cluster's clock does: a probe or hook gets at least this much of the wall's time.
  private static let shortestTimeout = Duration.seconds(1)

  func probe(_ spec: ProbeSpec, node: String) async {
    let result = await attempt(spec.action, containerID: spec.containerID, timeoutSeconds: spec.timeoutSeconds)
    observe(
      NodeObservation(
        node: node,
        event: .probed(
          podUID: spec.podUID, containerID: spec.containerID, kind: spec.kind, success: result.success, message: result.message)))
  }

  func runHook(node: String, podUID: String, containerID: String, hook: ProbeAction, timeoutSeconds: Int) async {
    let result = await attempt(hook, containerID: containerID, timeoutSeconds: timeoutSeconds)
    observe(
      NodeObservation(
        node: node,
        event: .hookFinished(podUID: podUID, containerID: containerID, success: result.success, message: result.message)))
  }

  private func attempt(_ action: ProbeAction, containerID: String, timeoutSeconds: Int) async -> (success: Bool, message: String)
  {
    guard let entry = running[containerID] else { return (false, AgentError.noContainer(containerID).description) }
    let timeout = max(NodeAgent.shortestTimeout, configuration.wall(timeoutSeconds))
    do {
      switch action {
      case .exec(let command): return try await probeByCommand(containerID, command, timeout)
      case .tcp(let host, let port):
        _ = try await network.connect(host ?? entry.address, port: UInt16(clamping: port), timeout: timeout)
        return (true, "")
      case .http(let scheme, let host, let port, let path, let headers):
        if scheme.lowercased() == "https" { return (false, "probes over https are not supported") }
        let request = HTTPProbe(host: host ?? entry.address, port: UInt16(clamping: port), path: path, headers: headers)
        return try await request.send(over: network, timeout: timeout)
      case .sleep(let seconds):
        try await Task.sleep(for: configuration.wall(seconds))
        return (true, "")
      }
    } catch { return (false, "\(error)") }
  }

  private func probeByCommand(_ containerID: String, _ command: [String], _ timeout: Duration) async throws -> (Bool, String) {
    let session = try await exec(containerID: containerID, command: command, terminal: false, stdin: false)
    let alarm = Task {
      try await Task.sleep(for: timeout)
      session.kill()
    }
    defer { alarm.cancel() }
    async let errors = ProbeOutput.read { try await session.readErrors() }
    let output = await ProbeOutput.read { try await session.readOutput() }
    let all = output + (await errors)
    let (code, problem) = await session.end()
    return (code == 0, problem ?? String(decoding: all.prefix(ProbeOutput.limit), as: UTF8.self))
  }
}

/// What a probe said.
enum ProbeOutput {
  /// kubelet's limit (pkg/probe/exec, v1.36).
  static let limit = 10_240

  /// Reads to the end and keeps the beginning.
  static func read(_ next: () async throws -> [UInt8]) async -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = try? await next(), !bytes.isEmpty {
      if all.count < limit { all += bytes }
    }
    return all
  }
}
