import CoreObjects
import EdgeJournal
import EdgeRuntime
import Synchronization

/// Keeps in the journal how far cluster time is ahead of the wall's, so that it never goes back: a cluster that ran at 60x for ten
/// minutes is ten hours ahead, and so are the times in its objects.
final class ClockKeeper: Sendable {
  private static let name = "clock.ahead"
  /// Between two records, of the wall's time.
  private static let interval = Duration.seconds(2)
  private let clock: ClusterClock
  private let journal: Journal
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// Cluster time goes on from where the journal's cluster was, at the wall's pace while there was none.
  static func clock(_ contents: JournalContents, speed: Double) -> ClusterClock {
    let text = contents.metadata[name].map { String(decoding: $0, as: UTF8.self) } ?? ""
    let ahead = max(0, Int64(text) ?? 0)
    return ClusterClock(speed: speed, origin: Instant(nanoseconds: ClusterClock.wallTime.nanoseconds + ahead))
  }

  init(_ clock: ClusterClock, _ journal: Journal) {
    self.clock = clock
    self.journal = journal
  }

  /// At the wall's pace what is ahead stays so, and there is nothing to keep again.
  func start() {
    guard clock.speed > 1 else { return }
    let margin = Int64(2e9 * clock.speed)
    task.withLock {
      $0 = Task.detached { [self] in
        while !Task.isCancelled {
          // What passes until the next record belongs to it already: the process may be killed before.
          keep(margin: margin)
          try? await Task.sleep(for: ClockKeeper.interval)
        }
      }
    }
  }

  func stop() {
    task.withLock { $0?.cancel() }
    keep(margin: 0)
  }

  private func keep(margin: Int64) {
    let ahead = clock.now.nanoseconds - ClusterClock.wallTime.nanoseconds + margin
    guard ahead > 1_000_000_000 else { return }
    journal.submit([.set(name: ClockKeeper.name, value: Array(String(ahead).utf8))]) { _ in }
  }
}
