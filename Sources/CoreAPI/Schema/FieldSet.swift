package import CoreObjects

/// A set of paths into an object, as managedFields write it. Source: structured-merge-diff v6 fieldpath (fieldsV1), v1.36.
///
/// Names of children are those of fieldsV1: "f:name", "k:{"name":"app"}" for an element with these keys, "v:1" for one of a set.
package struct FieldSet: Sendable, Equatable {
  package struct Child: Sendable, Equatable {
    package var name: String
    package var set: FieldSet
  }
  /// The path itself belongs to the set.
  package var isMember = false
  /// Sorted by name; none of them is empty.
  package private(set) var children: [Child] = []

  package init() {}
  package static let leaf = {
    var set = FieldSet()
    set.isMember = true
    return set
  }()

  package var isEmpty: Bool { !isMember && children.isEmpty }

  package subscript(name: String) -> FieldSet {
    get {
      let place = place(of: name)
      return place < children.count && children[place].name == name ? children[place].set : FieldSet()
    }
    set {
      let place = place(of: name)
      let isPresent = place < children.count && children[place].name == name
      if newValue.isEmpty {
        if isPresent { children.remove(at: place) }
      } else if isPresent {
        children[place].set = newValue
      } else {
        children.insert(Child(name: name, set: newValue), at: place)
      }
    }
  }

  private func place(of name: String) -> Int {
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if children[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// From children in any order; of equal names the sets are joined.
  init(isMember: Bool = false, children unordered: [Child]) {
    self.isMember = isMember
    var joined: [Child] = []
    joined.reserveCapacity(unordered.count)
    for child in unordered.sorted(by: { $0.name < $1.name }) where !child.set.isEmpty {
      if joined.last?.name == child.name {
        joined[joined.count - 1].set = joined[joined.count - 1].set.union(child.set)
      } else {
        joined.append(child)
      }
    }
    children = joined
  }

  // MARK: Sets

  package func union(_ other: FieldSet) -> FieldSet {
    combined(with: other, isMember: isMember || other.isMember) { one, two in
      guard let one, let two else { return one ?? two }
      return one.union(two)
    }
  }

  package func intersection(_ other: FieldSet) -> FieldSet {
    combined(with: other, isMember: isMember && other.isMember) { one, two in
      guard let one, let two else { return nil }
      return one.intersection(two)
    }
  }

  package func subtracting(_ other: FieldSet) -> FieldSet {
    combined(with: other, isMember: isMember && !other.isMember) { one, two in
      guard let one, let two else { return one }
      return one.subtracting(two)
    }
  }

  /// Without `other`'s paths and all that lies below them.
  package func subtractingTrees(_ other: FieldSet) -> FieldSet {
    if other.isMember { return FieldSet() }
    return combined(with: other, isMember: isMember) { one, two in
      guard let one, let two else { return one }
      return one.subtractingTrees(two)
    }
  }

  /// Goes through both lists of children at once, as both are sorted.
  private func combined(with other: FieldSet, isMember: Bool, _ combine: (FieldSet?, FieldSet?) -> FieldSet?) -> FieldSet {
    var result = FieldSet()
    result.isMember = isMember
    result.children.reserveCapacity(max(children.count, other.children.count))
    var (i, j) = (0, 0)
    while i < children.count || j < other.children.count {
      let isOne = i < children.count && (j == other.children.count || children[i].name <= other.children[j].name)
      let isTwo = j < other.children.count && (i == children.count || other.children[j].name <= children[i].name)
      let name = isOne ? children[i].name : other.children[j].name
      if let set = combine(isOne ? children[i].set : nil, isTwo ? other.children[j].set : nil), !set.isEmpty {
        result.children.append(Child(name: name, set: set))
      }
      if isOne { i += 1 }
      if isTwo { j += 1 }
    }
    return result
  }

  // MARK: Forms

  package init(fieldsV1 tree: JSON) {
    var children: [Child] = []
    for member in tree.members where member.key.name != "." {
      let child = FieldSet(fieldsV1: member.value)
      children.append(Child(name: member.key.name, set: child.isEmpty ? .leaf : child))
    }
    self.init(isMember: !tree["."].isNull, children: children)
  }

  /// A leaf is an empty object; "." tells that a path with others below it belongs to the set too.
  package var fieldsV1: JSON {
    var members = children.map { child in
      Member(key: Key(child.name), value: child.set == .leaf ? .object([]) : child.set.fieldsV1)
    }
    if isMember, !children.isEmpty { members.insert(Member(key: ".", value: .object([])), at: 0) }
    return .object(members)
  }

  /// ".spec.containers[name="app"].image", in the order of the set.
  package var paths: [String] {
    var result = isMember ? [""] : []
    for child in children { result += child.set.paths.map { FieldSet.text(child.name) + $0 } }
    return result
  }

  private static func text(_ name: String) -> String {
    let rest = String(name.dropFirst(2))
    switch name.prefix(2) {
    case "f:": return "." + rest
    case "k:":
      let keys = (try? JSONParser.parse(rest))?.members.map { "\($0.key.name)=\($0.value)" } ?? []
      return "[" + keys.joined(separator: ",") + "]"
    case "v:": return "[=\(rest)]"
    default: return "[\(rest)]"
    }
  }
}
