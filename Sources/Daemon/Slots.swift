import Synchronization

/// What is there later: the engine's host and the nodes' agent need each other.
final class Slot<Value: Sendable>: Sendable {
  private let slot = Mutex<Value?>(nil)
  var value: Value? { slot.withLock { $0 } }
  func set(_ value: Value?) { slot.withLock { $0 = value } }
}

/// One at a time: a round that is still going lets no other begin.
final class Turnstile: Sendable {
  private let isTaken = Mutex(false)
  /// False while somebody else has it.
  func tryEnter() -> Bool {
    isTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
  }
  func leave() { isTaken.withLock { $0 = false } }
}
