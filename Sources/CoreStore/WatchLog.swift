/// The last changes, for watches that resume. At most `limit` are kept; what is older is compacted.
package struct WatchLog: Sendable {
  package let limit: Int
  /// Changes up to and including this revision are gone.
  package private(set) var compactedRevision: UInt64 = 0
  private var changes: [StoreChange] = []
  private var start = 0  // of the live part of `changes`

  package init(limit: Int) { self.limit = limit }

  mutating func append(_ change: StoreChange) {
    changes.append(change)
    guard changes.count - start > limit else { return }
    compactedRevision = changes[start].object.revision
    start += 1
    if start > limit {
      changes.removeFirst(start)
      start = 0
    }
  }

  mutating func compact(to revision: UInt64) {
    while start < changes.count, changes[start].object.revision <= revision { start += 1 }
    compactedRevision = max(compactedRevision, revision)
  }

  /// Changes after `revision` in order; nil where some of them are compacted.
  package func changes(after revision: UInt64) -> ArraySlice<StoreChange>? {
    guard revision >= compactedRevision else { return nil }
    var low = start
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].object.revision <= revision { low = middle + 1 } else { high = middle }
    }
    return changes[low...]
  }
}
