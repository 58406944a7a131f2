package import CoreObjects

/// What is to be written. `Writer.write` has a row of stages for each.
package enum WriteIntent: Sendable {
  /// A new object, or a new name for it where it has generateName.
  case create(ResourceID, namespace: String, Document)
  /// A present object as a whole, or what a request for its status may change of it.
  case replace(ObjectKey, Document, WriteScope = .object)
  /// What a manager wants of an object, present or not.
  case apply(ObjectKey, ServerSideApply)
  /// The status and nothing else, as the control plane itself computed it.
  case status(ObjectKey, JSON, Preconditions = Preconditions())
  /// spec.replicas, by a Scale.
  case scale(ObjectKey, Document)
  /// spec.finalizers of a namespace.
  case finalize(ObjectKey, Document)
  /// A pod gets its node; the UID is a precondition unless empty.
  case bind(ObjectKey, uid: String, node: String)
  /// A deletion that asks the disruption budgets first.
  case evict(ObjectKey, Deletion)
  case delete(ObjectKey, Deletion)
  /// An event of the control plane's own recorder: its form is right and its name is new.
  case event(Event)

  /// The object that `tree` is, as a whole.
  package static func replace(_ resource: ResourceID, _ tree: JSON) -> WriteIntent {
    .replace(ObjectKey(resource, of: tree), Document(tree))
  }

  /// The status in `tree`, if nobody has written since `tree` was read.
  package static func status(_ resource: ResourceID, in tree: JSON) -> WriteIntent {
    let metadata = tree[.metadata]
    let version = metadata[.resourceVersion].string ?? ""
    let preconditions = Preconditions(uid: metadata[.uid].string, resourceVersion: version == "0" ? nil : version)
    return .status(ObjectKey(resource, of: tree), tree[.status], preconditions)
  }
}

/// Which part of an object a replacement is about. The name is that of the subresource, as managedFields tell it.
package enum WriteScope: String, Sendable {
  case object = ""
  case status
  case scale
  case finalize
  /// Whether a certificate shall be signed.
  case approval
  /// What a running pod is looked into with.
  case ephemeralContainers = "ephemeralcontainers"
  /// How much a pod and its containers may use.
  case resize

  var isOfStatus: Bool { self == .status || self == .approval }
  var isPartOfPod: Bool { self == .ephemeralContainers || self == .resize }
}

/// An object as somebody sent it: not decoded yet.
package struct Document: Sendable {
  package var tree: JSON
  /// Paths of the fields that stand in it more than once.
  package var duplicates: [String] = []
  var origin = Origin.body

  /// Where it comes from, which decides how it is refused.
  enum Origin: Sendable {
    case body
    /// A patch has made it of an object: what is wrong with it is told of the patch.
    case patch
    /// The configuration of a server-side apply.
    case apply
  }
}

extension Document {
  package init(_ tree: JSON) { self.init(tree: tree) }
}

/// An application/apply-patch: the fields in `document` shall be as they are there, and belong to `manager`.
package struct ServerSideApply: Sendable {
  var document: Document
  var manager: String
  var scope: WriteScope
  /// Takes fields away from other managers.
  var isForced: Bool
}

/// What must be true of an object before it is written or deleted. Nil or empty: nothing.
package struct Preconditions: Sendable {
  package var uid: String?
  package var resourceVersion: String?
}

/// What a write has led to.
package struct Written: Sendable {
  /// The object as it is now; of a deletion its last state.
  package var object: StoredObject
  /// A deletion took it out of the store; otherwise it is still held.
  package var isGone = false
  /// For Warning headers.
  package var warnings: [String] = []
}

extension ObjectKey {
  /// The key of the object that `tree` is.
  init(_ resource: ResourceID, of tree: JSON) {
    let metadata = tree[.metadata]
    self.init(resource, namespace: metadata[.namespace].string ?? "", metadata[.name].string ?? "")
  }
}

extension WriteIntent {
  /// A merge patch of the object (""), or of its status, scale or finalizers.
  package init(patching key: ObjectKey, _ subresource: String, _ patch: JSON, in store: Store) throws(APIError) {
    guard let old = store.get(key) else { throw .notFound(key.resource, key.name) }
    func merged(_ tree: JSON, _ patch: JSON) -> JSON {
      var tree = tree
      tree.merge(patch)
      return tree
    }
    switch subresource {
    case "": self = .replace(key, Document(merged(old.tree, patch)))
    case "status": self = .status(key, merged(old.tree[.status], patch[.status]))
    case "scale": self = .scale(key, Document(merged(ScaleSubresource.of(old, store.scalePaths(of: key.resource)), patch)))
    case "approval": self = .replace(key, Document(merged(old.tree, patch)), .approval)
    case "finalize": self = .finalize(key, Document(merged(old.tree, patch)))
    default: throw .noSuchResource
    }
  }
}
