/// Completion indexes as a status writes them: "0-3,7".
struct CompletionIndexes {
  private(set) var all: Set<Int> = []

  init() {}

  /// Indexes below `limit`; what cannot be read is left out.
  init(_ text: String, below limit: Int) {
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard let first = ends.first, let last = ends.last, first >= 0, first <= last else { continue }
      for index in first..<min(last + 1, max(limit, first)) { all.insert(index) }
    }
  }

  var count: Int { all.count }
  func contains(_ index: Int) -> Bool { all.contains(index) }
  mutating func insert(_ index: Int) { all.insert(index) }

  var text: String {
    let sorted = all.sorted()
    var parts: [String] = []
    var start = 0
    while start < sorted.count {
      var end = start
      while end + 1 < sorted.count, sorted[end + 1] == sorted[end] + 1 { end += 1 }
      parts.append(start == end ? "\(sorted[start])" : "\(sorted[start])-\(sorted[end])")
      start = end + 1
    }
    return parts.joined(separator: ",")
  }
}
