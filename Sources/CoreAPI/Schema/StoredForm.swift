package import CoreObjects

/// What objects look like in the store. Data directories of earlier versions are brought up to date once.
package struct StoredForm: Sendable {
  /// Counts up when the same object comes to look otherwise.
  package static let current = 2
  /// In a kept template: how it is to be laid over the workload. No field of its type.
  private static let directive: Key = "$patch"
  private let table: ResourceTable

  package init() { table = ResourceTable(Resources.all) }

  /// The object as it would be stored now, of the same revision; nil where it is so already or its kind is not known here.
  package func renewed(_ object: StoredObject) -> StoredObject? {
    guard let served = table.find(object.key.resource),
      var tree = renewed(object.tree, as: served.storage.typeName, served.resource.setDefaults)
    else { return nil }
    // A workload's template is compared with what its history keeps of it: another one would be a new revision, and new pods.
    let template = tree[.data][.spec][.template]
    if object.key.resource == .controllerRevisions,
      var kept = renewed(template, as: "core.v1.PodTemplateSpec", StoredForm.setTemplateDefaults)
    {
      kept.put(StoredForm.directive, template[StoredForm.directive])
      tree[.data][.spec].put(.template, kept)
    }
    if tree == object.tree { return nil }
    return StoredObject(key: object.key, uid: object.uid, revision: object.revision, tree: tree, encoded: tree.encoded())
  }

  private static func setTemplateDefaults(_ tree: inout JSON) {
    var template = PodTemplateSpec(tree: tree)
    PodSpecDefaults.template(&template.spec)
    tree = template.tree
  }

  private func renewed(_ tree: JSON, as typeName: String, _ setDefaults: (inout JSON) -> Void = { _ in }) -> JSON? {
    guard let type = Schema.shared.type(typeName), var tree = try? Schema.shared.decode(tree, as: type).tree else { return nil }
    Schema.shared.setDefaults(&tree, type)
    setDefaults(&tree)
    Schema.shared.writeZeros(&tree, type)
    return tree
  }
}
