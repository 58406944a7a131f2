/// One revision of one object. Never changes; shared by the store, the watch log and the lists that are being written.
package final class StoredObject: Sendable {
  package let key: ObjectKey
  /// metadata.uid
  package let uid: String
  /// metadata.resourceVersion as a number: the store's revision of the write that made this.
  package let revision: UInt64
  /// The whole object, apiVersion and kind included.
  package let tree: JSON
  /// Found once, for the index of the owners.
  let ownerReferences: [JSON]
  /// The owner reference of the object's controller; null without one. Found once: every controller asks for it.
  package let controllerReference: JSON
  private let bytes: [UInt8]?
  /// Of apiVersion and kind where they begin the bytes, with the comma behind them; otherwise 0.
  private let typeByteCount: Int
  /// `tree` as compact JSON: kept, or encoded at each use, as the store is configured.
  package var encoded: [UInt8] { bytes ?? tree.encoded() }

  package init(key: ObjectKey, uid: String, revision: UInt64, tree: JSON, encoded: [UInt8]?) {
    self.key = key
    self.uid = uid
    self.revision = revision
    self.tree = tree
    bytes = encoded
    typeByteCount = encoded == nil ? 0 : StoredObject.typeByteCount(tree)
    ownerReferences = tree[.metadata][.ownerReferences].elements
    controllerReference = ownerReferences.first { $0[.controller].bool == true } ?? .null
  }

  /// Of {"kind":"X","apiVersion":"v1", in either order; neither holds a letter that JSON escapes.
  private static func typeByteCount(_ tree: JSON) -> Int {
    guard case .object(let members) = tree, members.count > 2 else { return 0 }
    let (kind, version) = (members.place(of: .kind), members.place(of: .apiVersion))
    guard kind | version == 1, let first = members[kind].value.string, let second = members[version].value.string else {
      return 0
    }
    return first.utf8.count + second.utf8.count + #""kind":"","apiVersion":"","#.utf8.count
  }

  /// Appends the encoded object, as an item of a list that has told the type.
  /// - Returns: whether it could be done without encoding it anew
  package func appendWithoutType(to body: inout [UInt8]) -> Bool {
    guard let bytes, typeByteCount > 0 else { return false }
    body.append(UInt8(ascii: "{"))
    bytes.withUnsafeBufferPointer { body.append(contentsOf: UnsafeBufferPointer(rebasing: $0[(typeByteCount + 1)...])) }
    return true
  }

  /// The object's own controller, such as the StatefulSet of a pod.
  package var controller: OwnerReference? {
    controllerReference.isNull ? nil : OwnerReference(tree: controllerReference)
  }
  package var metadata: ObjectMeta { ObjectMeta(tree: tree[.metadata]) }
  /// The object as a typed view: `stored.view(Pod.self)`.
  package func view<View: TreeView>(_ type: View.Type) -> View { View(tree: tree) }
}

/// One write as watchers and controllers see it.
package struct StoreChange: Sendable {
  package enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
  }
  package var kind: Kind
  /// After the write; for a deletion the last state, with the revision of the deletion.
  package var object: StoredObject
  package var previous: StoredObject?

  package init(kind: Kind, object: StoredObject, previous: StoredObject?) {
    self.kind = kind
    self.object = object
    self.previous = previous
  }
}
