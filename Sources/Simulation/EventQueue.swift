import CoreObjects

/// What is to happen in the virtual world, earliest first, and in the order in which it was scheduled.
struct EventQueue: Sendable {
  private var heap = InstantHeap()
  private var events: [VirtualEvent] = []
  private var free: [Int] = []

  var next: Instant? { heap.first?.at }

  mutating func add(_ event: VirtualEvent, at instant: Instant) {
    let slot = free.popLast() ?? events.count
    if slot == events.count { events.append(event) } else { events[slot] = event }
    _ = heap.put(slot, at: instant)
  }

  /// Takes the earliest. There is one.
  mutating func pop() -> VirtualEvent {
    let slot = heap.removeFirst().slot
    free.append(slot)
    // The slot lets go of what it held.
    defer { events[slot] = .scrape }
    return events[slot]
  }
}
