import CoreJSON
import CoreSchema
import CoreTypes

/// Keeps metadata.managedFields. As upstream until v1.17, and as its skipNonApplied manager does for objects without entries, an
/// object has none before the first apply: nothing has to be computed for the many objects that nobody applies.
enum FieldOwnership {
  /// What no manager owns. Source: stripmeta.go, apimachinery/pkg/util/managedfields/internal, v1.36.
  static let unowned: FieldSet = {
    var metadata = FieldSet()
    for name in [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion",
      "deletionTimestamp", "deletionGracePeriodSeconds", "generateName",
    ] { metadata["f:" + name] = .leaf }
    var all = FieldSet()
    all["f:apiVersion"] = .leaf
    all["f:kind"] = .leaf
    all["f:metadata"] = metadata
    return all
  }()

  /// The fields of a write that are this endpoint's: without status, or the status alone.
  static func scoped(_ set: FieldSet, _ subresource: String) -> FieldSet {
    var set = set.subtractingTrees(unowned)
    if subresource == "status" {
      var status = FieldSet()
      status["f:status"] = set["f:status"]
      return status
    }
    set["f:status"] = FieldSet()
    return set
  }

  /// After a write that is no apply.
  static func note(_ tree: inout JSON, old: JSON, _ served: ServedResource, _ options: WriteOptions) {
    let before = old[.metadata][.managedFields]
    guard !before.isNull, !tree[.metadata][.managedFields].isNull, var managed = ManagedFields(tree[.metadata][.managedFields]),
      let type = Schema.shared.type(served.storage.typeName)
    else { return }
    let (set, removed) = Schema.shared.difference(from: plain(old), to: plain(tree), type)
    let written = scoped(set, options.subresource)
    if written.isEmpty, removed.isEmpty { return }
    let manager = ManagedFields.Manager(name: options.fieldManager, isApply: false, subresource: options.subresource)
    managed.take(written, for: manager)
    managed.forget(removed)
    managed.set(
      manager, managed[manager].union(written), apiVersion: served.storage.apiVersion, time: options.now.rfc3339)
    managed.limitUpdates()
    tree[.metadata].put(.managedFields, managed.tree)
  }

  /// The object without its entries.
  static func plain(_ tree: JSON) -> JSON {
    var tree = tree
    tree[.metadata].remove(.managedFields)
    return tree
  }

  /// The list that an update brings along, where it is one: an empty entry alone takes all entries away.
  static func kept(_ given: JSON, before: JSON) -> JSON {
    if given.elements.isEmpty || given == before { return before }
    if given == [[:]] { return .null }
    return ManagedFields(given) == nil ? before : given
  }
}
