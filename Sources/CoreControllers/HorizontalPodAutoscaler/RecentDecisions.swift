import CoreObjects

/// The last decisions of one autoscaler. A new one takes the place of the oldest: to move all of them up at each look would read and
/// write some kilobytes that are in no cache.
struct RecentDecisions: Sendable {
  /// How many are kept, at least 1.
  var limit: Int
  private var places: [Decision] = []
  private var oldest = 0

  init(limit: Int) { self.limit = limit }

  private var newest: Int { oldest == 0 ? places.count - 1 : oldest - 1 }
  var last: Decision? { places.isEmpty ? nil : places[newest] }
  var oldestFirst: [Decision] { Array(places[oldest...] + places[..<oldest]) }

  mutating func append(_ decision: Decision) {
    // The limit is another than it was.
    if places.count > limit || (places.count < limit && oldest > 0) {
      places = oldestFirst.suffix(limit)
      oldest = 0
    }
    if places.count < limit { return places.append(decision) }
    places[oldest] = decision
    oldest = oldest + 1 == limit ? 0 : oldest + 1
  }

  /// The last one holds at `instant` as well.
  mutating func extend(to instant: Instant) { places[newest].at = instant }
}
