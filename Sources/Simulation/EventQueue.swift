import CoreTypes

/// What is to happen in the virtual world, earliest first, and in the order in which it was scheduled.
struct EventQueue: Sendable {
  /// Small and without references: entries of the heap move often.
  private struct Entry {
    var at: Instant
    var sequence: UInt64
    var slot: Int
  }
  private var heap: [Entry] = []
  private var events: [VirtualEvent] = []
  private var free: [Int] = []
  private var sequence: UInt64 = 0

  var next: Instant? { heap.first?.at }

  mutating func add(_ event: VirtualEvent, at instant: Instant) {
    sequence += 1
    let slot = free.popLast() ?? events.count
    if slot == events.count { events.append(event) } else { events[slot] = event }
    heap.append(Entry(at: instant, sequence: sequence, slot: slot))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the earliest. There is one.
  mutating func pop() -> VirtualEvent {
    heap.swapAt(0, heap.count - 1)
    let slot = heap.removeLast().slot
    free.append(slot)
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < heap.count, precedes(left, least) { least = left }
      if left + 1 < heap.count, precedes(left + 1, least) { least = left + 1 }
      if least == parent { break }
      heap.swapAt(parent, least)
      parent = least
    }
    defer { events[slot] = .scrape }
    return events[slot]
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (heap[a].at, heap[a].sequence) < (heap[b].at, heap[b].sequence) }
}
