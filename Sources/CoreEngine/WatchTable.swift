import CoreAPI
import CoreObjects

/// Open watches by resource.
struct WatchTable: Sendable {
  /// Open watches at the most; one more is refused.
  static let limit = 10_000

  private var watches: [UInt64: WatchRequest] = [:]
  private var byResource: [ResourceID: [UInt64]] = [:]  // sorted

  var count: Int { watches.count }
  var bookmarked: [UInt64] { watches.filter { $0.value.allowBookmarks }.keys.sorted() }

  mutating func add(_ id: UInt64, _ watch: WatchRequest) {
    watches[id] = watch
    byResource[watch.resource, default: []].append(id)
  }

  mutating func remove(_ id: UInt64) -> Bool {
    guard let watch = watches.removeValue(forKey: id) else { return false }
    byResource[watch.resource]?.removeAll { $0 == id }
    return true
  }

  func bookmark(_ id: UInt64, revision: UInt64) -> [UInt8]? { watches[id]?.bookmark(revision) }

  /// The lines that one change means, each with the watches that get it. Watches of one shape share one encoding.
  func lines(for change: StoreChange, at now: Instant) -> [(ids: [UInt64], line: [UInt8])] {
    guard let ids = byResource[change.object.key.resource], !ids.isEmpty else { return [] }
    var result: [(ids: [UInt64], line: [UInt8])] = []
    var shapes: [String: Int] = [:]  // index in result, or -1 where nothing is sent
    for id in ids {
      guard let watch = watches[id] else { continue }
      if let namespace = watch.namespace, namespace != change.object.key.namespace { continue }
      if let shape = watch.shape, let known = shapes[shape] {
        if known >= 0 { result[known].ids.append(id) }
        continue
      }
      let line = watch.event(change, now)
      if let shape = watch.shape { shapes[shape] = line == nil ? -1 : result.count }
      if let line { result.append(([id], line)) }
    }
    return result
  }
}
