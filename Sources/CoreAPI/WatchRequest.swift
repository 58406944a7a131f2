package import CoreObjects

/// A watch that was authorised and understood.
package struct WatchRequest: Sendable {
  package var resource: ResourceID
  /// nil: all namespaces.
  package var namespace: String?
  /// Changes after this revision are sent.
  package var revision: UInt64
  package var allowBookmarks: Bool
  package var timeoutSeconds: Int?
  /// What is sent at once: the state as ADDED events, or what the log holds since the revision asked for. Whole lines.
  package var initial: [[UInt8]]
  /// Watches of one resource and namespace with equal shapes send the same bytes for a change: encode once for all of them.
  /// nil where selectors make this watch its own.
  package var shape: String?
  /// One change as this watcher sees it (selectors, version, table) as a line, nil where it does not concern it.
  /// The moment is for ages in tables.
  package var event: @Sendable (StoreChange, Instant) -> [UInt8]?
  /// A bookmark at a revision, as a line.
  package var bookmark: @Sendable (UInt64) -> [UInt8]
}
