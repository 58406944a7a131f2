package import CoreObjects

/// What a node's planner may look at while it decides.
package struct NodeContext: Sendable {
  package var store: Store
  package var now: Instant
  /// Makes a ServiceAccount token bound to a pod; nil where none can be made (no such account).
  package var issueToken: @Sendable (TokenOrder) -> String?
  /// What nodes say about where they look names up, by their names.
  package var resolvers: [String: DNSSpec] = [:]
  /// What is set aside on its node besides, for a look at a pod that is to be resized.
  var allocated: AllocatedTotals?
  /// Why a node does not take a pod; of the others that came to it too, those count that are not among `besides`.
  package var rejection: Rejection

  package typealias Rejection = @Sendable (_ pod: StoredObject, _ besides: [StoredObject]) -> (reason: String, message: String)?

  package init(
    store: Store, now: Instant, rejection: @escaping Rejection = { _, _ in nil },
    issueToken: @escaping @Sendable (TokenOrder) -> String?
  ) {
    self.store = store
    self.now = now
    self.rejection = rejection
    self.issueToken = issueToken
  }
}

/// The token that a projected volume wants.
package struct TokenOrder: Sendable, Equatable {
  package var namespace: String
  package var serviceAccount: String
  /// Empty: the API server's own audience.
  package var audience: String
  package var expirationSeconds: Int
  package var podName: String
  package var podUID: String
}

/// What follows from one look at a pod.
package struct NodePlan: Sendable {
  package var commands: [NodeCommand] = []
  package var statuses: [PodStatusUpdate] = []
  package var events: [PodEvent] = []
  /// Pods whose containers are gone: their objects can be removed.
  package var removals: [PodRemoval] = []
  package var wakeAt: Instant?

  package mutating func wake(at instant: Instant) { wakeAt = wakeAt.map { min($0, instant) } ?? instant }
}

package struct PodStatusUpdate: Sendable {
  package var key: ObjectKey
  package var uid: String
  package var status: PodStatus
}

package struct PodRemoval: Sendable, Equatable {
  package var key: ObjectKey
  package var uid: String
}

/// An event on a pod; `container` makes the involved object's fieldPath `spec.containers{NAME}`.
package struct PodEvent: Sendable, Equatable {
  package var key: ObjectKey
  package var uid: String
  package var isWarning: Bool
  package var reason: String
  package var message: String
  package var fieldPath: String?
}
