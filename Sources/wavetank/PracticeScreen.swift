import EdgeLinux
import Rehearsal
import Synchronization

/// The live picture: redrawn in place on a terminal, otherwise a line for each change.
final class PracticeScreen: Sendable {
  private struct State {
    var drawn = 0
    var last = ""
    var rows: [PracticeRow: RowState] = [:]
  }

  private let title: String
  /// Monotonic nanoseconds when the practice began.
  private let wall: Int64
  private let state = Mutex(State())

  init(title: String, wall: Int64) {
    self.title = title
    self.wall = wall
  }

  func show(_ progress: PracticeProgress) {
    state.withLock { state in
      if Terminal.isOutput { draw(progress, &state) } else { report(progress, &state) }
    }
  }

  private func draw(_ progress: PracticeProgress, _ state: inout State) {
    let seconds = (SystemClock.monotonic - wall) / 1_000_000_000
    let width = Terminal.columns ?? 120
    let lines = PracticeView.frame(progress, title: "\(title), \(seconds) s by the wall's clock")
    var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A" : ""
    text += lines.map { "\u{1B}[2K" + $0.prefix(width - 1) }.joined(separator: "\n")
    state.drawn = lines.count
    Standard.output(text)
  }

  private func report(_ progress: PracticeProgress, _ state: inout State) {
    for row in PracticeRow.allCases where progress.state(row) != state.rows[row] ?? .open {
      Standard.output(PracticeView.line(row, progress.state(row)))
      state.rows[row] = progress.state(row)
    }
    guard let look = progress.timeline.last else { return }
    let change = "\(look.replicas) \(look.desired) \(look.size ?? 0) \(look.pods.count)"
    if change != state.last { Standard.output(PracticeView.line(look)) }
    state.last = change
  }
}
