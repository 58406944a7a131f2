package import CoreObjects

/// One change to what is kept.
package enum JournalEntry: Sendable, Equatable {
  case put(ObjectKey, revision: UInt64, bytes: [UInt8])
  case delete(ObjectKey, revision: UInt64)
  /// A value of the cluster's own, such as its certificate authority.
  case set(name: String, value: [UInt8])

  var revision: UInt64 {
    switch self {
    case .put(_, let revision, _), .delete(_, let revision): revision
    case .set: 0
    }
  }

  var byteCount: Int {
    switch self {
    case .put(_, _, let bytes), .set(_, let bytes): bytes.count
    case .delete: 0
    }
  }
}

/// All that a journal keeps.
package struct JournalContents: Sendable {
  /// Ordered by group, resource, namespace and name.
  package var objects: [(key: ObjectKey, revision: UInt64, bytes: [UInt8])] = []
  /// The highest revision that was ever written, also by a deletion; 0 for a new journal.
  package var lastRevision: UInt64 = 0
  package var metadata: [String: [UInt8]] = [:]
}
