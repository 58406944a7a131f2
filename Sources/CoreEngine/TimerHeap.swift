import CoreTypes

/// Wake-ups ordered by time, then by the order in which they were set. One for each token: setting again replaces.
struct TimerHeap<Token: Hashable & Sendable>: Sendable {
  private struct Entry {
    var at: Instant
    var sequence: UInt64
    var token: Token
  }
  private var heap: [Entry] = []
  private var current: [Token: (at: Instant, sequence: UInt64)] = [:]
  private var sequence: UInt64 = 0

  var count: Int { current.count }

  mutating func set(_ token: Token, at: Instant) {
    if let present = current[token], present.at == at { return }
    sequence += 1
    current[token] = (at, sequence)
    heap.append(Entry(at: at, sequence: sequence, token: token))
    siftUp(heap.count - 1)
    if heap.count > 64, heap.count > 4 * current.count { rebuild() }
  }

  mutating func cancel(_ token: Token) { current[token] = nil }

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
    current[first.token] = nil
    removeFirst()
    return first.token
  }

  private mutating func dropStale() {
    while let first = heap.first, current[first.token]?.sequence != first.sequence { removeFirst() }
  }

  private mutating func rebuild() {
    let live = heap.filter { current[$0.token]?.sequence == $0.sequence }
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
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, smallest) { smallest = child }
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
