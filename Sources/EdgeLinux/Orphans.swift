import Glibc
import Synchronization

/// Processes of containers that became our children because crun did not wait for them.
package enum Orphans {
  /// Since when they were seen, by their numbers.
  private static let zombies = Mutex<[Int32: ContinuousClock.Instant]>([:])

  /// Collects those that have ended. While one is left, the first process of its container cannot end: the kernel empties a
  /// process namespace before its first process is gone.
  ///
  /// They are told from all other children by having a number in a namespace below ours; number 1 there is a container's first
  /// process, which has somebody who waits for it. What crun itself leaves behind, perhaps long after it has ended, is told by
  /// nobody waiting for it. Where containers share the processes of their pod, a first process has another number: it is left to who
  /// is about to wait for it.
  package static func collect() {
    for task in (try? Files.list("/proc/self/task")) ?? [] {
      let children = (try? Files.readText("/proc/self/task/\(task)/children")) ?? ""
      for child in children.split(separator: " ") {
        guard let pid = Int32(child), !ChildProcess.awaited.withLock({ $0.contains(pid) }) else { continue }
        guard isLeft(pid, after: isEnded(pid) ? .milliseconds(100) : .seconds(1)) else { continue }
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

  /// A zombie for which nobody has begun to wait in so long: what becomes our child by its parent's end may be adopted in between.
  private static func isLeft(_ pid: Int32, after patience: Duration) -> Bool {
    if !isZombie(pid) { return false }
    let now = ContinuousClock.now
    return zombies.withLock { zombies in
      zombies = zombies.filter { now - $0.value < .seconds(60) }
      let since = zombies[pid] ?? now
      zombies[pid] = since
      return now - since >= patience
    }
  }

  private static func isZombie(_ pid: Int32) -> Bool {
    let text = (try? Files.readText("/proc/\(pid)/stat")) ?? ""
    // After the name, which may hold anything.
    return text.lastIndex(of: ")").map { text[$0...].hasPrefix(") Z") } ?? false
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
