import Glibc

/// Processes of containers that became our children because crun did not wait for them.
package enum Orphans {
  /// Collects those that have ended. While one is left, the first process of its container cannot end: the kernel empties a
  /// process namespace before its first process is gone.
  ///
  /// They are told from all other children by having a number in a namespace below ours; number 1 there is a container's first
  /// process, which has somebody who waits for it. What crun itself leaves behind, perhaps long after it has ended, is in a group of
  /// processes that is neither its own nor ours.
  package static func collect() {
    for task in (try? Files.list("/proc/self/task")) ?? [] {
      let children = (try? Files.readText("/proc/self/task/\(task)/children")) ?? ""
      for child in children.split(separator: " ") {
        guard let pid = Int32(child), isEnded(pid) || isLeft(pid) else { continue }
        waitpid(pid, nil, Int32(WNOHANG))
      }
    }
  }

  private static func isEnded(_ pid: Int32) -> Bool {
    guard let status = try? Files.readText("/proc/\(pid)/status") else { return false }
    var isZombie = false
    for line in status.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.first == "State:" { isZombie = words.dropFirst().first == "Z" }
      if words.first == "NSpid:" { return isZombie && words.count > 2 && words.last != "1" }
    }
    return false
  }

  private static func isLeft(_ pid: Int32) -> Bool {
    let text = (try? Files.readText("/proc/\(pid)/stat")) ?? ""
    // After the name, which may hold anything: state, parent, group.
    guard let end = text.lastIndex(of: ")") else { return false }
    let words = text[end...].split(separator: " ").dropFirst()
    guard words.first == "Z", let group = words.dropFirst(2).first.flatMap({ Int32($0) }) else { return false }
    return group != pid && group != getpgrp()
  }

  /// Collects again and again until the task is cancelled: often at first, then once a second.
  package static func collectUntilCancelled() async {
    var pause = Duration.milliseconds(2)
    while !Task.isCancelled {
      collect()
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }
}
