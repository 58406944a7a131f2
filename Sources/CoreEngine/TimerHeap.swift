import CoreTypes

/// Wake-ups ordered by time, then by the order in which they were set. One for each token: setting again replaces.
struct TimerHeap<Token: Hashable & Sendable>: Sendable {
  /// Small and without references: entries move often.
  private struct Entry {
    var at: Instant
    var sequence: UInt64
    var slot: Int
  }
  /// A token that was ever set; `sequence` is the one of its live entry, 0 without.
  private struct Slot {
    var token: Token
    var at: Instant
    var sequence: UInt64
  }
  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var places: [Token: Int] = [:]
  private var sequence: UInt64 = 0

  var count: Int { places.count }

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
    sequence += 1
    slots[slot].at = at
    slots[slot].sequence = sequence
    heap.append(Entry(at: at, sequence: sequence, slot: slot))
    siftUp(heap.count - 1)
    if heap.count > 64, heap.count > 4 * places.count { rebuild() }
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
    removeFirst()
    return token
  }

  private func isLive(_ entry: Entry) -> Bool { slots[entry.slot].sequence == entry.sequence }

  private mutating func dropStale() {
    while let first = heap.first, !isLive(first) { removeFirst() }
  }

  private mutating func rebuild() {
    let live = heap.filter(isLive)
    heap = []
    heap.reserveCapacity(live.count)
    for entry in live {
      heap.append(entry)
      siftUp(heap.count - 1)
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (heap[a].at, heap[a].sequence) < (heap[b].at, heap[b].sequence) }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      let left = 2 * parent + 1
      if left < heap.count, precedes(left, smallest) { smallest = left }
      if left + 1 < heap.count, precedes(left + 1, smallest) { smallest = left + 1 }
      if smallest == parent { return }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }
}
