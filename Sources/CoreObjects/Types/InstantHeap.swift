/// Numbers of slots ordered by time, then by the order in which they were put in.
package struct InstantHeap: Sendable {
  /// Small and without references: entries move often.
  package struct Entry: Sendable {
    package let at: Instant
    package let sequence: UInt64
    package let slot: Int
  }
  private var entries: [Entry] = []
  private var sequence: UInt64 = 0

  package init() {}

  package var count: Int { entries.count }
  package var first: Entry? { entries.first }

  /// - Returns: the entry's sequence number, above 0 and never given twice.
  package mutating func put(_ slot: Int, at instant: Instant) -> UInt64 {
    sequence += 1
    add(Entry(at: instant, sequence: sequence, slot: slot))
    return sequence
  }

  /// There is one.
  @discardableResult
  package mutating func removeFirst() -> Entry {
    entries.swapAt(0, entries.count - 1)
    let first = entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < entries.count, precedes(left, least) { least = left }
      if left + 1 < entries.count, precedes(left + 1, least) { least = left + 1 }
      if least == parent { return first }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  package mutating func keep(where isLive: (Entry) -> Bool) {
    let live = entries.filter(isLive)
    entries.removeAll(keepingCapacity: true)
    for entry in live { add(entry) }
  }

  private mutating func add(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (entries[a].at, entries[a].sequence) < (entries[b].at, entries[b].sequence)
  }
}
