import CoreObjects

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

  /// The fields of a write that are this endpoint's: without status, the status alone, or another part.
  static func scoped(_ set: FieldSet, _ scope: WriteScope) -> FieldSet {
    if scope.isPartOfPod { return PodParts.owned(scope, set) }
    var set = set.subtractingTrees(unowned)
    if scope.isOfStatus {
      var status = FieldSet()
      status["f:status"] = set["f:status"]
      return status
    }
    set["f:status"] = FieldSet()
    return set
  }

  /// The stage of writes that are no apply: what the draft changes belongs to who writes it.
  static func record(_ draft: inout Draft) {
    guard !draft.isApplied, let old = draft.old?.tree, !old[.metadata][.managedFields].isNull else { return }
    let given = draft.tree[.metadata][.managedFields]
    guard !given.isNull, var managed = ManagedFields(given), let type = draft.schema else { return }
    let (set, removed) = Schema.shared.difference(from: plain(old), to: plain(draft.tree), type)
    let written = scoped(set, draft.scope)
    if written.isEmpty, removed.isEmpty { return }
    let manager = ManagedFields.Manager(
      name: draft.actor.fieldManager, isApply: false, subresource: draft.scope.rawValue)
    managed.transfer(written, to: manager)
    managed.remove(removed)
    managed.set(
      manager, managed[manager].union(written), apiVersion: draft.served.storage.apiVersion, time: draft.now.rfc3339)
    managed.limitUpdates()
    draft.tree[.metadata].put(.managedFields, managed.tree)
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
