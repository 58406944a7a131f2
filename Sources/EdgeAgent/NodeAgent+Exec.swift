package import EdgeLinux
package import EdgeRuntime
import Synchronization

extension NodeAgent {
  /// Starts a command in a running container.
  /// - Throws: `AgentError.noContainer`, `ContainerError`, `SystemError`.
  package func exec(containerID: String, command: [String], terminal: Bool, stdin: Bool) async throws -> ExecSession {
    guard let entry = running[containerID] else { throw AgentError.noContainer(containerID) }
    let serial = execs.wrappingAdd(1, ordering: .relaxed).newValue
    let task = Task(executorPreference: workers) {
      try await ExecSession(in: entry.container, command: command, terminal: terminal, stdin: stdin, serial: serial)
    }
    return try await task.value
  }

  /// - Throws: `AgentError.noContainer`.
  package func container(_ id: String) throws -> RunningContainer {
    guard let entry = running[id] else { throw AgentError.noContainer(id) }
    return entry.container
  }

  /// A non-blocking connection to a port of a pod, as a program in the pod would reach it on its own loopback.
  /// - Throws: `AgentError.noPod`, `SystemError`, CancellationError.
  package func connect(podUID: String, port: UInt16) async throws -> Descriptor {
    guard let namespace = await worker(of: podUID)?.network else { throw AgentError.noPod(podUID) }
    return try await namespace.connect("127.0.0.1", port: port)
  }

  /// Where the log of a container's attempt is, whether or not it exists; full ones are beside it (`RotatedLogs`).
  package func logFile(podUID: String, container: String, attempt: Int) -> String {
    "\(configuration.logDirectory)/\(podUID)/\(container)/\(attempt).log"
  }
}
