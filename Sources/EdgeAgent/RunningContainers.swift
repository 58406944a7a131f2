import EdgeRuntime
import Synchronization

/// Which containers run now, for those who ask about them from any thread.
final class RunningContainers: Sendable {
  struct Entry: Sendable {
    var node: String
    var address: String
    var container: RunningContainer
  }

  private let entries = Mutex<[String: Entry]>([:])

  func add(_ entry: Entry) { entries.withLock { $0[entry.container.id] = entry } }
  func remove(_ id: String) { entries.withLock { $0[id] = nil } }
  subscript(id: String) -> Entry? { entries.withLock { $0[id] } }
  var all: [Entry] { entries.withLock { $0.values.sorted { $0.container.id < $1.container.id } } }
}
