import Synchronization

/// What its owner has mounted, the only one who takes it off again: by `release`, or with its end.
///
/// The calling threads must be in the mount namespace that the mounts belong to.
package final class Mounts: Sendable {
  private let targets = Mutex<[String]>([])

  package init() {}

  /// What an earlier owner has mounted.
  package init(adopting mounted: [String]) { targets.withLock { $0 = mounted } }

  /// Where something is mounted, in the order of mounting.
  package var all: [String] { targets.withLock { $0 } }

  deinit { release() }

  package func tmpfs(at target: String, options: String) throws(SystemError) {
    try Mount.tmpfs(at: target, options: options)
    targets.withLock { $0.append(target) }
  }

  package func overlay(at target: String, layers: [String], upper: String, work: String) throws(SystemError) {
    try Mount.overlay(at: target, layers: layers, upper: upper, work: work)
    targets.withLock { $0.append(target) }
  }

  package func bind(_ source: Descriptor, at target: String) throws(SystemError) {
    try Mount.bind(source, at: target)
    targets.withLock { $0.append(target) }
  }

  /// Unmounts everything, the last mount first.
  package func release() {
    let all = targets.withLock { targets in
      defer { targets = [] }
      return targets
    }
    for target in all.reversed() { try? Mount.remove(target) }
  }
}
