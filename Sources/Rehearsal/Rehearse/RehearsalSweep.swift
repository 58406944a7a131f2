package import CoreReport

/// Many autoscalers on one input, side by side on all cores. What all of them have in common is played once: everything before
/// second 0. Each run gives what `RehearsalRun.play` gives.
package struct RehearsalSweep: Sendable {
  /// One autoscaler, or several, in place of those of the input.
  package struct Variant: Sendable {
    package var name: String
    package var autoscalers: [ManifestObject]

    package init(name: String, autoscalers: [ManifestObject]) {
      self.name = name
      self.autoscalers = autoscalers
    }
  }
  private let beginning: RehearsalRun

  /// - Throws: as `RehearsalRun.play`, where the input cannot be played whatever the autoscaler.
  package init(_ input: RehearsalInput) throws(RehearsalError) {
    var beginning = try RehearsalRun(input, name: "", [])
    try beginning.prepare()
    self.beginning = beginning
  }

  /// - Throws: where the API refuses the autoscaler.
  package func play(_ variant: Variant) throws(RehearsalError) -> RunRecord {
    guard var run = try beginning.replacing(variant.autoscalers, name: variant.name) else {
      return try RehearsalRun.play(beginning.input, name: variant.name, replacing: variant.autoscalers)
    }
    return try run.finish()
  }

  /// What `keep` keeps of each run, in the order of the variants; nil of those that were not played any more.
  ///
  /// - Parameters:
  ///   - tasks: how many are played at a time
  ///   - goesOn: told how many are done after each, by the caller's task; false: no more are begun
  package func play<Kept: Sendable>(
    _ variants: [Variant], tasks: Int, goesOn: (Int) -> Bool = { _ in true },
    keep: @escaping @Sendable (Result<RunRecord, RehearsalError>) -> Kept
  ) async -> [Kept?] {
    var kept = [Kept?](repeating: nil, count: variants.count)
    await withTaskGroup(of: (Int, Kept).self) { group in
      var next = 0
      var done = 0
      func add() {
        let place = next
        next += 1
        group.addTask { (place, keep(Result { () throws(RehearsalError) in try play(variants[place]) })) }
      }
      while next < min(tasks, variants.count) { add() }
      while let (place, value) = await group.next() {
        kept[place] = value
        done += 1
        if goesOn(done), next < variants.count { add() }
      }
    }
    return kept
  }
}
