package import CoreAPI
package import CoreNode
package import CoreObjects

/// Everything that can happen to the cluster.
package enum Input: Sendable {
  /// Answered by exactly one of respond and openWatch with the same number.
  case request(UInt64, APIRequest)
  /// The client of a watch has gone.
  case watchClosed(UInt64)
  case observation(NodeObservation)
  /// Nodes that are alive, and how often that is said, seconds.
  case heartbeat([String], periodSeconds: Int64)
  /// What nodes have left, and readings of those on which something is short.
  case pressure([NodeSignals], [NodeReading])
  /// One scrape of all containers and nodes.
  case usage([UsageSample])
  /// The same, as the changes since the last one.
  case usageChanges(UsageChanges)
  /// One scrape of all pods that serve metrics of their own.
  case customMetrics([PodScrape])
  /// One round of what autoscalers ask metrics adapters: the answers to `metricQuestions`.
  case adapterMetrics([AdapterAnswer])
  /// What backends of APIServices said that they serve.
  case discovery([DiscoveryAnswer])
  /// What came of an order.
  case signed(SigningAnswer)
  /// A wake-up that was asked for is due, or there is work left from the last step.
  case timer
}
