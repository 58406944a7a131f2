/// Many similar changes in batches of 1, 2, 4 …: a quota that is used up refuses a few requests, not 500.
/// Source: slowStartBatch, pkg/controller/replicaset/replica_set.go and statefulset/stateful_set_control.go, v1.36.
package struct SlowStart: Sendable {
  /// The place of a change: each subject of a batch is tried by itself.
  package struct Turn: Sendable, Equatable {
    package var batch: Int
    package var subject: Int
  }
  private let largest: Int
  private var size = 1
  private var left = 1
  private var turn = Turn(batch: 0, subject: -1)

  package init(largest: Int = .max) { self.largest = largest }

  package mutating func next() -> Turn {
    if left == 0 {
      size = min(size * 2, largest)
      left = size
      turn.batch += 1
    }
    left -= 1
    turn.subject += 1
    return turn
  }
}

extension Plan {
  /// Performs the changes in order; `write` returns false where one is refused. A refusal drops all that follows, within a slow start
  /// only the rest of its subject and what comes after its batch. False if anything was refused.
  package func perform(_ write: (Change) -> Bool) -> Bool {
    var refused: SlowStart.Turn?
    for change in changes {
      if let refused {
        guard let turn = change.turn, turn.batch == refused.batch else { return false }
        if turn.subject == refused.subject { continue }
      }
      if write(change) { continue }
      guard let turn = change.turn else { return false }
      refused = turn
    }
    return refused == nil
  }

  /// Gives the changes after the first `count` one turn.
  mutating func assign(_ turn: SlowStart.Turn, since count: Int) {
    for index in changes.indices.dropFirst(count) { changes[index].turn = turn }
  }
}
