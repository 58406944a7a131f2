import CoreObjects

/// One write on its way through the stages of its row.
struct Draft: Sendable {
  let served: ServedResource
  let namespace: String
  let actor: Actor
  let now: Instant
  let scope: WriteScope
  /// What is replaced; nil for a new object.
  var old: StoredObject?
  /// The object; once it is decoded, in the storage version.
  var tree = JSON.null
  /// An apply: the tree says already who owns which fields.
  var isApplied = false
  var warnings: [String] = []

  var resource: ResourceID { served.id }
  /// "" while the object has none.
  var name: String { old?.key.name ?? tree[.metadata][.name].string ?? "" }
  var key: ObjectKey { old?.key ?? ObjectKey(served.id, namespace: namespace, name) }
  /// Of the storage version.
  var schema: TypeSchema? { served.storageType }

  func invalid(_ errors: [FieldError]) -> APIError {
    .invalid(group: served.version.group, kind: served.definition.kind, name: name, errors)
  }

  /// The object as it would be stored: the answer to a dry run.
  var preview: StoredObject {
    StoredObject(
      key: key, uid: old?.uid ?? tree[.metadata][.uid].string ?? "", revision: old?.revision ?? 0, tree: tree,
      encoded: tree.encoded())
  }

  /// Moved out, so that whoever gets it need not copy it to change it.
  mutating func takeTree() -> JSON {
    var taken = JSON.null
    swap(&taken, &tree)
    return taken
  }
}
