import EdgeLinux

/// The process namespace that all containers of a pod see. Its first process, in the pod's control group, collects orphans until the
/// group goes.
struct SharedProcesses: Sendable {
  /// Its first process.
  let process: Int32
  /// Nil where another daemon has started it.
  private let first: ChildProcess?

  /// Those of an earlier daemon.
  init(first process: Int32) { (self.process, first) = (process, nil) }

  init(in cgroup: Cgroup) throws(SystemError) {
    let pause = cgroup.child("pause")
    try pause.create(memoryLimitBytes: nil, cpuLimitMillicores: nil, cpuRequestMillicores: 0)
    let first = try PosixThread.result { () throws(SystemError) in
      // What this thread starts from now on is inside.
      try ThreadNamespace.process.enterNew()
      return try ChildProcess.start("/bin/sh", ["-c", "while :; do sleep 2147483647 & wait; done"])
    }
    do throws(SystemError) { try pause.add(first.pid) } catch {
      first.send(9)
      throw error
    }
    (process, self.first) = (first.pid, first)
  }

  /// The namespace as a file.
  var path: String { "/proc/\(process)/ns/pid" }

  /// Returns once its first process, which is gone with the group, is collected.
  func end() async {
    guard let first else { return }
    // What a shim that has ended would have collected in it.
    let collecting = Task.detached { await Orphans.collectUntilCancelled() }
    _ = await first.wait()
    collecting.cancel()
  }
}
