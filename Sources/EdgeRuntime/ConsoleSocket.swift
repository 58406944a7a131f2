import EdgeLinux
import Glibc

/// Where crun hands over the terminal that it made for a process.
final class ConsoleSocket: Sendable {
  private let directory: Descriptor
  private let listener: Descriptor
  private let file: String

  /// - Parameter name: the socket's name in `directory`.
  init(directory path: String, name: String) throws(SystemError) {
    directory = try Descriptor.directory(path)
    file = path + "/" + name
    // A socket's path is at most 107 bytes long; this one is short wherever the directory is.
    short = "/proc/\(getpid())/fd/\(directory.number)/\(name)"
    listener = try Socket.listen(at: short, backlog: 1)
  }

  deinit { try? Files.remove(file) }

  /// The path for crun.
  let short: String

  /// The terminal's master, non-blocking.
  func terminal(timeout: Duration = .seconds(20)) async throws -> Descriptor {
    try await Readiness.shared.wait(for: listener, writing: false, timeout: timeout, what: file)
    return try await accepted(timeout)
  }

  /// The same, from a crun that may end without having made one.
  func terminal(from crun: ChildProcess) async throws -> Descriptor {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Readiness.shared.wait(for: self.listener, writing: false, timeout: .seconds(20), what: self.file)
      }
      group.addTask { try await crun.ended() }
      defer { group.cancelAll() }
      try await group.next()
    }
    // Only waiting was a race: a process that ended at once has handed its terminal over before.
    return try await accepted(.seconds(20))
  }

  /// - Throws: EAGAIN where nobody has connected.
  private func accepted(_ timeout: Duration) async throws -> Descriptor {
    let connection = try Socket.accept(listener.number)
    try await Readiness.shared.wait(for: connection, writing: false, timeout: timeout, what: file)
    let master = try Socket.receiveDescriptor(connection)
    master.setNonBlocking()
    return master
  }
}
