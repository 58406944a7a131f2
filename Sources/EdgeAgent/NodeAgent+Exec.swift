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

  /// Where the log of a container's attempt is, whether or not it exists; a full one becomes `….log.old`.
  package func logFile(podUID: String, container: String, attempt: Int) -> String {
    "\(configuration.logDirectory)/\(podUID)/\(container)/\(attempt).log"
  }
}
