package import CoreObjects

/// What objects look like in the store. Data directories of earlier versions are brought up to date once.
package struct StoredForm: Sendable {
  /// Counts up when the same object comes to look otherwise.
  package static let current = 2
  private let table: ResourceTable

  package init() { table = ResourceTable(Resources.all) }

  /// The object as it would be stored now, of the same revision; nil where it is so already or its kind is not known here.
  package func renewed(_ object: StoredObject) -> StoredObject? {
    guard let served = table.find(object.key.resource), let type = Schema.shared.type(served.storage.typeName),
      var tree = try? Schema.shared.decode(object.tree, as: type).tree
    else { return nil }
    Schema.shared.setDefaults(&tree, type)
    Schema.shared.writeZeros(&tree, type)
    if tree == object.tree { return nil }
    return StoredObject(key: object.key, uid: object.uid, revision: object.revision, tree: tree, encoded: tree.encoded())
  }
}
