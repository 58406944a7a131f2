/// The practice as far as it has come: rows, counts of replicas in their order, the timeline. Fed with what was seen, it decides when
/// the load is taken away and when the practice is over.
package struct PracticeProgress: Sendable {
  package enum Phase: Sendable, Equatable {
    case preparing
    case rising
    /// The load was taken away at this second.
    case falling(since: Int64)
    case over
  }

  /// Cluster seconds after which a phase that has not ended has failed.
  static let risingLimit: Int64 = 5 * 3600
  static let fallingLimit: Int64 = 3600

  package let pace: PracticePace
  package private(set) var rows: [PracticeRow: RowState] = [:]
  package private(set) var phase = Phase.preparing
  /// Counts of replicas, each when it was reached.
  package private(set) var sequence: [Int] = []
  package private(set) var timeline: [PracticeSnapshot] = []
  /// Names of the application's pods in the order in which they went.
  package private(set) var removed: [String] = []
  private var firstSize: Int?

  package init(_ pace: PracticePace = PracticePace()) { self.pace = pace }

  package func state(_ row: PracticeRow) -> RowState { rows[row] ?? .open }
  package var holds: Bool { PracticeRow.allCases.allSatisfy { state($0).isHeld } }

  /// A row is decided once; the first word counts.
  package mutating func decide(_ row: PracticeRow, _ isHeld: Bool, _ text: String) {
    guard state(row) == .open else { return }
    rows[row] = isHeld ? .held(text) : .broken(text)
  }

  package mutating func begin() { phase = .rising }
  package mutating func unloaded(at second: Int64) { phase = .falling(since: second) }
  package mutating func podWent(_ name: String) { removed.append(name) }

  /// True when the load is to be taken away now.
  package mutating func record(_ snapshot: PracticeSnapshot) -> Bool {
    timeline.append(snapshot)
    if snapshot.replicas > 0, sequence.last != snapshot.replicas { sequence.append(snapshot.replicas) }
    watchJobs(snapshot)
    switch phase {
    case .preparing, .over: return false
    case .rising: return rise(snapshot)
    case .falling(let since):
      fall(snapshot, since)
      return false
    }
  }

  private mutating func watchJobs(_ snapshot: PracticeSnapshot) {
    guard let size = snapshot.size else { return }
    let first = firstSize ?? size
    firstSize = first
    guard state(.cronJob) == .open else { return }
    if snapshot.jobsDone > 0, size > first {
      decide(.cronJob, (size - first) % 10 == 0, "size grew from \(first) to \(size) Mi with \(snapshot.jobsDone) job(s) done")
    } else if snapshot.jobsFailed > 0 {
      decide(.cronJob, false, "a job failed before any had done its work")
    }
  }

  private mutating func rise(_ snapshot: PracticeSnapshot) -> Bool {
    if snapshot.replicas == 5, snapshot.ready == 5 {
      let counts = sequence.map(String.init).joined(separator: " → ")
      let isRising = sequence.first == 1 && zip(sequence, sequence.dropFirst()).allSatisfy { $0 < $1 }
      decide(.scalingUp, isRising, "\(counts), 5 pods ready after \(snapshot.second / 60) minutes at \(snapshot.size ?? 0) Mi")
      return snapshot.second + pace.interval >= pace.unloadsBefore
    }
    if snapshot.second > PracticeProgress.risingLimit {
      decide(.scalingUp, false, "\(snapshot.replicas) replicas, \(snapshot.ready) ready after \(snapshot.second / 60) minutes")
      phase = .over
    }
    return false
  }

  private mutating func fall(_ snapshot: PracticeSnapshot, _ since: Int64) {
    let minutes = (snapshot.second - since) / 60
    if snapshot.replicas == 1, snapshot.pods.count == 1 {
      // Ordinals of each removal are lower than those before it.
      let inOrder = zip(removed, removed.dropFirst()).allSatisfy { $0 > $1 } && removed.count == 4
      let keptClaims = snapshot.claimsBound == 5
      let waited = snapshot.second - since >= 300
      decide(
        .scalingDown, inOrder && keptClaims && waited,
        "1 replica after \(minutes) minutes; went: \(removed.joined(separator: ", ")); \(snapshot.claimsBound) claims stay")
      if snapshot.second >= pace.length { phase = .over }
    } else if snapshot.second - since > PracticeProgress.fallingLimit {
      decide(.scalingDown, false, "still \(snapshot.replicas) replicas after \(minutes) minutes")
      phase = .over
    }
  }
}
