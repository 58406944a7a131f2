package import CoreObjects

/// What a controller wants done. The engine performs the changes in order, as writes of the controller's ServiceAccount.
package struct Plan: Sendable {
  package var changes: [Change] = []
  /// Certificates that the cluster's authority is to sign.
  package var orders: [SigningOrder] = []
  /// Look at this key again then, even if nothing changes.
  package var wakeAt: Instant?
  /// Other keys of the same controller that what was found here concerns.
  package var others: [ObjectKey] = []
  /// Once it is carried out nothing more is to be done: what it writes itself is no reason to look at the key again.
  package var isConclusive = false

  /// Keeps the earlier of two wake-ups.
  package mutating func wake(at instant: Instant) { wakeAt = wakeAt.map { min($0, instant) } ?? instant }
}

/// One write. If it is refused, `failed` is recorded, the changes after it are dropped (but see SlowStart) and the key is tried
/// again with back-off; the text of the refusal replaces `{error}` in the message of `failed`.
package struct Change: Sendable {
  package enum Write: Sendable {
    /// A new object. `tree` needs no uid, no resourceVersion, no creationTimestamp; generateName works.
    case create(ResourceID, namespace: String, tree: JSON)
    /// Replaces spec and metadata; checked against tree's resourceVersion.
    case update(ResourceID, tree: JSON)
    /// Replaces status (and nothing else); checked against tree's resourceVersion.
    case updateStatus(ResourceID, tree: JSON)
    /// Merge patch (RFC 7386) of the object or of a subresource ("", "status", "scale").
    case patch(ObjectKey, subresource: String, merge: JSON)
    /// `uid` is a precondition; propagation nil is the kind's default.
    case delete(ObjectKey, uid: String, graceSeconds: Int?, propagation: Propagation?)
    /// pods/binding
    case bind(pod: ObjectKey, uid: String, node: String)
    /// Only records `succeeded`.
    case nothing
  }
  package enum Propagation: String, Sendable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
  }

  package var write: Write
  package var succeeded: EventDraft?
  package var failed: EventDraft?
  /// Why a write was refused: metav1.Status.reason.
  package enum Refusal: String, Sendable {
    case notFound = "NotFound"
    case alreadyExists = "AlreadyExists"
    case forbidden = "Forbidden"
  }
  private let tolerated: [Refusal]
  /// Whether a refusal with this reason counts as done.
  package func tolerates(_ reason: String) -> Bool { tolerated.contains { $0.rawValue == reason } }
  /// For a change of an object that may be gone.
  package static let untilGone: [Refusal] = [.notFound]
  /// For the creation of an object that may be there already.
  static let untilThere: [Refusal] = [.alreadyExists]
  /// Its place among many similar changes.
  package var turn: SlowStart.Turn?

  package init(_ write: Write, succeeded: EventDraft? = nil, failed: EventDraft? = nil, tolerated: [Refusal] = []) {
    self.write = write
    self.succeeded = succeeded
    self.failed = failed
    self.tolerated = tolerated
  }
}

/// An event to record on an object. Repeats are counted in one Event object, as client-go's correlator does.
package struct EventDraft: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }
  package var kind: Kind
  package var reason: String
  package var message: String
  /// The object that it is about: apiVersion, kind, namespace, name, uid.
  package var involved: ObjectReference
  /// What was done to it or for it. Who reports by events.k8s.io, as the scheduler does, says it; their events have one time, in
  /// microseconds, and a series of repetitions.
  package var action: String?

  init(_ kind: Kind, _ reason: String, _ message: String, action: String? = nil, about tree: JSON) {
    self.action = action
    self.kind = kind
    self.reason = reason
    self.message = message
    let metadata = tree[.metadata]
    involved = .make(
      apiVersion: tree[.apiVersion].string, kind: tree[.kind].string, namespace: metadata[.namespace].string,
      name: metadata[.name].string, uid: metadata[.uid].string, resourceVersion: metadata[.resourceVersion].string)
  }
}

extension StoredObject {
  /// An event to record on it.
  package func event(_ kind: EventDraft.Kind, _ reason: String, _ message: String, action: String? = nil) -> EventDraft {
    EventDraft(kind, reason, message, action: action, about: tree)
  }
}
