/// Completion indexes as a status writes them: "0-3,7". Source: pkg/controller/job/indexed_job_utils.go, v1.36.
struct CompletionIndexes: Equatable {
  /// In ascending order; never two that touch.
  private(set) var ranges: [ClosedRange<Int>] = []

  init() {}

  /// Indexes below `limit`; what cannot be read is left out.
  init(_ text: String, below limit: Int) {
    var read: [ClosedRange<Int>] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard let first = ends.first, let last = ends.last, first >= 0, first <= last, first < limit else { continue }
      read.append(first...min(last, limit - 1))
    }
    for range in read.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
  }

  /// Adds a range that begins no lower than the last one.
  private mutating func append(_ range: ClosedRange<Int>) {
    guard let last = ranges.last, last.upperBound + 1 >= range.lowerBound else { return ranges.append(range) }
    ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
  }

  var count: Int { ranges.reduce(0) { $0 + $1.count } }
  var isEmpty: Bool { ranges.isEmpty }

  /// The place of the first range that ends at or above an index.
  private func place(_ index: Int) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < index { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func contains(_ index: Int) -> Bool {
    let place = place(index)
    return place < ranges.count && ranges[place].lowerBound <= index
  }

  mutating func insert(_ index: Int) {
    var place = place(index)
    if place < ranges.count, ranges[place].lowerBound <= index { return }
    ranges.insert(index...index, at: place)
    if place > 0, ranges[place - 1].upperBound + 1 == index {
      ranges[place - 1] = ranges[place - 1].lowerBound...index
      ranges.remove(at: place)
      place -= 1
    }
    if place + 1 < ranges.count, ranges[place + 1].lowerBound == index + 1 {
      ranges[place] = ranges[place].lowerBound...ranges[place + 1].upperBound
      ranges.remove(at: place + 1)
    }
  }

  func union(_ other: CompletionIndexes) -> CompletionIndexes {
    var result = CompletionIndexes()
    for range in (ranges + other.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) { result.append(range) }
    return result
  }

  /// How many indexes both have.
  func countShared(with other: CompletionIndexes) -> Int {
    var count = 0
    for range in ranges {
      for place in other.place(range.lowerBound)..<other.ranges.count {
        if other.ranges[place].lowerBound > range.upperBound { break }
        count += range.clamped(to: other.ranges[place]).count
      }
    }
    return count
  }

  /// The lowest `count` indexes below `limit` that are not in here.
  func missing(_ count: Int, below limit: Int) -> [Int] {
    var result: [Int] = []
    var next = 0
    for range in ranges + [max(limit, 0)...max(limit, 0)] {
      while next < range.lowerBound, next < limit {
        if result.count >= count { return result }
        result.append(next)
        next += 1
      }
      next = max(next, range.upperBound + 1)
    }
    return result
  }

  var text: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }
}
