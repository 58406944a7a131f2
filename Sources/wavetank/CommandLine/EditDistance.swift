/// How many letters are inserted, removed, replaced or swapped with their neighbour to make one word of another.
enum EditDistance {
  /// The word that is meant, if one is near enough: a third of its letters may be wrong.
  static func nearest(to word: String, in words: [String]) -> String? {
    let nearest = words.map { (word: $0, distance: between(word, $0)) }.min { $0.distance < $1.distance }
    return nearest.flatMap { $0.distance <= max(1, $0.word.count / 3) ? $0.word : nil }
  }

  static func between(_ from: String, _ to: String) -> Int {
    let from = Array(from)
    let to = Array(to)
    var previous: [Int] = []
    var row = Array(0...to.count)
    for i in 0..<from.count {
      var next = [i + 1]
      for j in 0..<to.count {
        var cost = min(row[j + 1] + 1, next[j] + 1, row[j] + (from[i] == to[j] ? 0 : 1))
        if i > 0, j > 0, from[i] == to[j - 1], from[i - 1] == to[j] { cost = min(cost, previous[j - 1] + 1) }
        next.append(cost)
      }
      (previous, row) = (row, next)
    }
    return row[to.count]
  }
}
