package import CoreAPI
package import CoreNode
package import CoreObjects

/// Everything that the core wants of the world. The order matters: what was appended must be durable before later answers
/// and watch events of the same or a later step are sent.
package enum Effect: Sendable {
  case append([JournalRecord])
  /// Never `.watch`.
  case respond(UInt64, APIResponse)
  case openWatch(UInt64, contentType: String, initial: [[UInt8]])
  /// One line for each of these watches.
  case feed([UInt64], [UInt8])
  case endWatch(UInt64)
  case node(NodeCommand)
  /// All that leads to a Service or to a pod's host ports now, in the place of what did before.
  case route(OwnedRoutes)
  /// What the rules about pods' traffic are made of has changed. Comes before the commands of its step: a container starts when
  /// they are in force.
  case police(PolicyFact)
  /// Have the cluster's authority sign, and send `.signed`; an order may come twice.
  case sign(SigningOrder)
  /// Send `.timer` at this moment; a later wake replaces an earlier one.
  case wake(at: Instant)
  /// The core's own write was refused as invalid: a mistake of this program, for its operator to see.
  case fault(String)
}

/// One write, as the journal keeps it.
package enum JournalRecord: Sendable {
  case put(StoredObject)
  case delete(ObjectKey, revision: UInt64)
}
