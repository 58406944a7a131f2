/// What is new in one scrape.
///
/// A node in `nodes` was scraped; a pod of it that is in none of the lists, and the node itself if no sample names it, went on
/// as they did between their last two samples: the same memory, the same share of a core.
package struct UsageChanges: Sendable {
  package var at: Instant
  package var nodes: [String]
  /// All samples of each pod that is named, and those of nodes whose own usage changed.
  package var samples: [UsageSample]
  /// UIDs of pods that have no sample any more.
  package var gone: [String]

  package init(at: Instant, nodes: [String], samples: [UsageSample], gone: [String]) {
    self.at = at
    self.nodes = nodes
    self.samples = samples
    self.gone = gone
  }
}
