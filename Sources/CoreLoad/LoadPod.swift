/// A pod as a load sees it, and what it has used since somebody asked.
package struct LoadPod: Sendable, Equatable {
  package var name: String
  /// When its containers started, in seconds of the load.
  package var startedAt: Double
  package var isReady: Bool
  /// Nothing of it runs any more, though it may still count as ready.
  package var isLost: Bool
  /// What it cannot use more of: its limit of CPU.
  package var limit: Double

  /// The integral of what it used, the seconds in which there was a level, and the most that it used at one moment.
  private var used = 0.0
  private var seconds = 0.0
  private var peak = 0.0

  package init(name: String, startedAt: Double, isReady: Bool, isLost: Bool = false, limit: Double? = nil) {
    self.name = name
    self.startedAt = startedAt
    self.isReady = isReady
    self.isLost = isLost
    self.limit = limit ?? .infinity
  }

  /// It is the same pod, of which something has changed.
  package mutating func goOn(from before: LoadPod) { (used, seconds, peak) = (before.used, before.seconds, before.peak) }

  /// What it used in the mean since the last time, if there was a level, and the most.
  mutating func collect() -> (mean: Double?, peak: Double) {
    defer { (used, seconds, peak) = (0, 0, 0) }
    return (seconds > 0 ? used / seconds : nil, peak)
  }

  /// Adds what it uses while its share of a load runs in a straight line.
  ///
  /// - Parameter own: what it uses besides
  /// - Returns: the integral of what it had no room for.
  mutating func use(_ share: LoadPiece, from start: Double, besides own: Double) -> Double {
    let length = share.end - start
    let all = share.mean * length
    seconds += length
    if isLost { return all }
    let room = max(0, limit - own)
    let unmet = share.excess(over: room) * length
    used += min(own, limit) * length + all - unmet
    peak = max(peak, min(own, limit) + min(max(share.first, share.last), room))
    return unmet
  }
}
