package import CoreStore

/// A watch that was authorised and understood.
package struct WatchRequest: Sendable {
  package var resource: ResourceID
  /// nil: all namespaces.
  package var namespace: String?
  /// Changes after this revision are told.
  package var revision: UInt64
  package var allowBookmarks: Bool
  package var timeoutSeconds: Int?
  /// What is sent at once: the state as ADDED events, or what the log holds since the revision asked for.
  package var initial: [[UInt8]]
  /// One change as this watcher sees it (selectors, version, table), nil where it does not concern it.
  package var event: @Sendable (StoreChange) -> [UInt8]?
  /// A bookmark at a revision.
  package var bookmark: @Sendable (UInt64) -> [UInt8]

  package init(
    resource: ResourceID, namespace: String?, revision: UInt64, allowBookmarks: Bool, timeoutSeconds: Int?, initial: [[UInt8]],
    event: @escaping @Sendable (StoreChange) -> [UInt8]?, bookmark: @escaping @Sendable (UInt64) -> [UInt8]
  ) {
    self.resource = resource
    self.namespace = namespace
    self.revision = revision
    self.allowBookmarks = allowBookmarks
    self.timeoutSeconds = timeoutSeconds
    self.initial = initial
    self.event = event
    self.bookmark = bookmark
  }
}
