package import CoreObjects

/// A reconciler: from a snapshot and the time to a plan. It never writes, never waits, never asks for the time.
package protocol Controller: Sendable {
  /// Upstream's name, such as "statefulset-controller": the component of its events and its ServiceAccount in kube-system.
  var name: String { get }

  /// The resources whose changes `keys` is asked about; nil: all.
  var resources: Set<ResourceID>? { get }

  /// `keys` is asked about the changes of kinds that CustomResourceDefinitions add, too.
  var followsCustomKinds: Bool { get }

  /// The keys to look at again after a change. Called once for each change of the store, in order, so that an index can be kept.
  mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey]

  /// The keys to look at again after a scrape in which the usage of these pods, named by UID, was another than before.
  mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey]

  /// What to do about one key; an object that is gone gives an empty plan (and is forgotten).
  mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan
}

extension Controller {
  package var resources: Set<ResourceID>? { nil }
  package var followsCustomKinds: Bool { false }
  package mutating func keys(affectedByUsageOf podUIDs: [String]) -> [ObjectKey] { [] }
}

/// What a controller may look at.
package struct Snapshot: Sendable {
  package var store: Store
  package var metrics: MetricsWindow
  /// What other servers serve.
  package var aggregation: AggregatedGroups

  package init(store: Store, metrics: MetricsWindow, aggregation: AggregatedGroups = AggregatedGroups()) {
    self.store = store
    self.metrics = metrics
    self.aggregation = aggregation
  }
}
