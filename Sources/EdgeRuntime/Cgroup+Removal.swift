import EdgeLinux
import Glibc

extension Cgroup {
  /// Every process in the group and in those below it, in any hierarchy.
  private func processes() -> Set<Int32> {
    var all: Set<Int32> = []
    for directory in directories() {
      let text = (try? Files.readText(directory + "/cgroup.procs", limit: 1 << 24)) ?? ""
      for line in text.split(separator: "\n") { if let process = Int32(line) { all.insert(process) } }
    }
    return all
  }

  /// The group's directories in all hierarchies, each after those below it.
  private func directories() -> [String] {
    var found: [String] = []
    func visit(_ directory: String) {
      // Each group below counts as a link, so that most need not be listed with all their files.
      let isLeaf = Files.linkStatus(directory)?.st_nlink == 2
      for name in isLeaf ? [] : (try? Files.list(directory)) ?? [] where Files.isDirectory(directory + "/" + name) {
        visit(directory + "/" + name)
      }
      found.append(directory)
    }
    for hierarchy in Cgroup.mounted() where Files.exists(hierarchy + path) { visit(hierarchy + path) }
    return found
  }

  /// Kills what is in the group now.
  package func kill() { for process in processes() where process != getpid() { ChildProcess.kill(process) } }

  /// Kills all that is in the group, waits until it has gone, and deletes the group with those below it.
  /// - Throws: EBUSY when something does not die within `patience`.
  package func remove(patience: Duration = .seconds(10)) async throws {
    let clock = ContinuousClock()
    let end = clock.now + patience
    var pause = Duration.milliseconds(1)
    while true {
      let processes = processes()
      for process in processes where process != getpid() { ChildProcess.kill(process) }
      if processes.isEmpty {
        var left = false
        for directory in directories() {
          do throws(SystemError) { try Files.removeDirectory(directory) } catch { if error.code != ENOENT { left = true } }
        }
        if !left { return }
      }
      if clock.now > end { throw SystemError("remove", path, code: EBUSY) }
      // The kernel tells nobody when a v1 group has become empty.
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(50))
    }
  }
}
