import EdgeLinux

/// The process namespace that all containers of a pod see. Its first process, in the pod's control group, collects orphans until the
/// group goes.
struct SharedProcesses: Sendable {
  private let first: ChildProcess

  init(in cgroup: Cgroup) throws(SystemError) {
    let pause = cgroup.child("pause")
    try pause.create(memoryLimitBytes: nil, cpuLimitMillicores: nil, cpuRequestMillicores: 0)
    first = try PosixThread.result { () throws(SystemError) in
      // What this thread starts from now on is inside.
      try ThreadNamespace.process.enterNew()
      return try ChildProcess.start("/bin/sh", ["-c", "while :; do sleep 2147483647 & wait; done"])
    }
    do throws(SystemError) { try pause.add(first.pid) } catch {
      first.send(9)
      throw error
    }
  }

  /// The namespace as a file.
  var path: String { "/proc/\(first.pid)/ns/pid" }

  /// Returns once its first process, which is gone with the group, is collected.
  func end() async { _ = await first.wait() }
}
