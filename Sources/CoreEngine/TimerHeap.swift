import CoreObjects

/// Wake-ups ordered by time, then by the order in which they were set. One for each token: setting again replaces.
struct TimerHeap<Token: Hashable & Sendable>: Sendable {
  /// A token that was ever set; `sequence` is the one of its live entry, 0 without.
  private struct Slot {
    var token: Token
    var at: Instant
    var sequence: UInt64
  }
  private var heap = InstantHeap()
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var places: [Token: Int] = [:]

  mutating func set(_ token: Token, at: Instant) {
    let slot: Int
    if let place = places[token] {
      if slots[place].at == at { return }
      slot = place
    } else {
      slot = free.popLast() ?? slots.count
      if slot == slots.count { slots.append(Slot(token: token, at: at, sequence: 0)) } else { slots[slot].token = token }
      places[token] = slot
    }
    slots[slot].at = at
    slots[slot].sequence = heap.put(slot, at: at)
    if heap.count > 64, heap.count > 4 * places.count {
      let slots = slots
      heap.keep { slots[$0.slot].sequence == $0.sequence }
    }
  }

  mutating func cancel(_ token: Token) {
    guard let slot = places.removeValue(forKey: token) else { return }
    slots[slot].sequence = 0
    free.append(slot)
  }

  /// The earliest wake-up.
  var next: Instant? {
    mutating get {
      dropStale()
      return heap.first?.at
    }
  }

  /// Takes the earliest token that is due.
  mutating func popDue(at now: Instant) -> Token? {
    dropStale()
    guard let first = heap.first, first.at <= now else { return nil }
    let token = slots[first.slot].token
    cancel(token)
    heap.removeFirst()
    return token
  }

  private mutating func dropStale() {
    while let first = heap.first, slots[first.slot].sequence != first.sequence { heap.removeFirst() }
  }
}
