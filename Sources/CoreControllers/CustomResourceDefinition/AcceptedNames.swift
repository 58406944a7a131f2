import CoreObjects

/// Which of its names a definition may have: those that no other one of the group has.
/// Source: apiextensions-apiserver, pkg/controller/status/naming_controller.go, v1.36.
struct AcceptedNames {
  private(set) var accepted: CustomResourceDefinitionNames
  /// Why not all are accepted.
  private(set) var conflict: String?
  private(set) var reason = ""

  init(_ definition: CustomResourceDefinition, _ name: String, _ store: Store) {
    let wanted = definition.spec.names
    accepted = definition.status.acceptedNames
    var names: Set<String> = []
    var kinds: Set<String> = []
    for other in store.list(.customResourceDefinitions)
    where other.key.name != name && other.tree[.spec][.group] == definition.tree[.spec][.group] {
      let taken = other.view(CustomResourceDefinition.self).status.acceptedNames
      for text in [taken.plural, taken.singular].compactMap({ $0 }) + taken.shortNames.values where !text.isEmpty {
        names.insert(text)
      }
      for text in [taken.kind, taken.listKind].compactMap({ $0 }) where !text.isEmpty { kinds.insert(text) }
    }
    // Later ones stand, so that the reason is that of the first.
    if let kind = wanted.listKind, kinds.contains(kind) {
      refuse(kind, "ListKindConflict")
    } else {
      accepted.listKind = wanted.listKind
    }
    if let kind = wanted.kind, kinds.contains(kind) { refuse(kind, "KindConflict") } else { accepted.kind = wanted.kind }
    if let short = wanted.shortNames.values.first(where: { names.contains($0) }) {
      refuse(short, "ShortNamesConflict")
    } else {
      accepted.shortNames = wanted.shortNames
    }
    if let singular = wanted.singular, names.contains(singular) {
      refuse(singular, "SingularConflict")
    } else {
      accepted.singular = wanted.singular
    }
    if let plural = wanted.plural, names.contains(plural) {
      refuse(plural, "PluralConflict")
    } else {
      accepted.plural = wanted.plural
    }
    accepted.categories = wanted.categories
  }

  private mutating func refuse(_ name: String, _ reason: String) {
    conflict = "\"\(name)\" is already in use"
    self.reason = reason
  }
}
