/// The last changes, for watches that resume. At most `limit` are kept, which may be 0; what is older is compacted.
///
/// Kept in chunks, so that an append while a snapshot is alive copies a chunk and not the log.
package struct WatchLog: Sendable {
  private static let chunkLimit = 256

  package let limit: Int
  /// Changes up to and including this revision are gone.
  package private(set) var compactedRevision: UInt64 = 0
  private var chunks: [[StoreChange]] = []
  private var start = 0  // of the live part of the first chunk
  private var count = 0

  package init(limit: Int) { self.limit = limit }

  mutating func append(_ change: StoreChange) {
    if limit == 0 {
      compactedRevision = change.object.revision
      return
    }
    if let last = chunks.indices.last, chunks[last].count < WatchLog.chunkLimit {
      chunks[last].append(change)
    } else {
      chunks.append([change])
    }
    count += 1
    if count > limit { dropFirst() }
  }

  mutating func compact(to revision: UInt64) {
    while count > 0, chunks[0][start].object.revision <= revision { dropFirst() }
    compactedRevision = max(compactedRevision, revision)
  }

  private mutating func dropFirst() {
    compactedRevision = max(compactedRevision, chunks[0][start].object.revision)
    start += 1
    count -= 1
    if start == chunks[0].count {
      chunks.removeFirst()
      start = 0
    }
  }

  /// Changes after `revision` in order; nil where some of them are compacted.
  package func changes(after revision: UInt64) -> ArraySlice<StoreChange>? {
    guard revision >= compactedRevision else { return nil }
    guard let chunk = chunks.firstIndex(after: { $0[$0.count - 1].object.revision <= revision }) else { return [] }
    let index = chunks[chunk].firstIndex(after: { $0.object.revision <= revision }) ?? 0
    let first = chunks[chunk][(chunk == 0 ? max(index, start) : index)...]
    return chunk + 1 == chunks.count ? first : ArraySlice(first + chunks[(chunk + 1)...].joined())
  }
}

extension Array {
  /// The first index whose element is not `before`, in an array sorted that way; nil where there is none.
  fileprivate func firstIndex(after before: (Element) -> Bool) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if before(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low < count ? low : nil
  }
}
