/// What a look at a row found. Much of what a cluster has promised comes true later there: what does not hold yet is looked at again
/// for a while, and then it is the answer.
struct Finding {
  /// Cluster seconds for what follows an answer by itself.
  static let momentSeconds: Int64 = 60
  /// Cluster seconds for what wants images, containers and measurements.
  static let patienceSeconds: Int64 = 30 * 60

  var holds: Bool
  var text: String
  /// It holds, or the time for it is over.
  private(set) var isFinal: Bool

  init(_ holds: Bool, _ text: String) {
    self.holds = holds
    self.text = text
    isFinal = holds
  }

  /// The same after that many seconds of looking.
  func waited(_ seconds: Int64, atMost limit: Int64) -> Finding {
    if isFinal || seconds < limit { return self }
    var over = self
    over.isFinal = true
    over.text += ", still after \(limit < 120 ? "\(limit) s" : "\(limit / 60) minutes")"
    return over
  }
}
