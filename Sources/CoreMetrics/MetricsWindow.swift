import CoreTypes

/// The last two samples of every container and node: what metrics.k8s.io is computed from.
package struct MetricsWindow: Sendable {
  package init() {}

  /// Takes one scrape.
  package mutating func add(_ samples: [UsageSample]) {}
}
