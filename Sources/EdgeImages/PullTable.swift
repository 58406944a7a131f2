import Synchronization

/// Pulls that are going on. Whoever wants what is being fetched already waits for it.
final class PullTable: Sendable {
  struct Key: Hashable {
    var reference: String
    /// What is shown for it, in its order.
    var credentials: [String]
  }

  struct Outcome: Sendable {
    var image: StoredImage
    var pulled: PulledImage
  }

  private struct Pull {
    let progress = PullProgress()
    var waiting: [CheckedContinuation<Result<Outcome, ImageError>?, Never>] = []
  }

  private let pulls = Mutex<[Key: Pull]>([:])

  /// - Parameters:
  ///   - begun: is given what tells how far it is
  ///   - body: fetches it, on behalf of all who want it
  func run(
    _ key: Key, begun: (PullProgress) -> Void, _ body: (PullProgress) async -> Result<Outcome, ImageError>
  ) async -> Result<Outcome, ImageError> {
    var isTold = false
    while true {
      let (progress, isFirst) = pulls.withLock { pulls in
        let known = pulls[key]
        let pull = known ?? Pull()
        pulls[key] = pull
        return (pull.progress, known == nil)
      }
      if !isTold { begun(progress) }
      isTold = true
      if isFirst {
        let outcome = await body(progress)
        let waiting = pulls.withLock { $0.removeValue(forKey: key)?.waiting ?? [] }
        for continuation in waiting { continuation.resume(returning: outcome) }
        return outcome
      }
      if let outcome = await outcome(of: key) { return outcome }
    }
  }

  /// nil where it has ended meanwhile.
  private func outcome(of key: Key) async -> Result<Outcome, ImageError>? {
    await withCheckedContinuation { continuation in
      let isGoingOn = pulls.withLock { pulls in
        guard pulls[key] != nil else { return false }
        pulls[key]?.waiting.append(continuation)
        return true
      }
      if !isGoingOn { continuation.resume(returning: nil) }
    }
  }

  /// What is being fetched, and how far it is.
  var lines: [String] {
    let all = pulls.withLock { $0.map { ($0.key.reference, $0.value.progress) } }
    return all.map { "Pulling \($0): \($1.line)" }.sorted()
  }
}
