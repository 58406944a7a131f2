/// A typed view over a value tree: one stored property, every accessor computed. Views are generated from Schema/.
package protocol TreeView: Sendable, Equatable {
  var tree: JSON { get set }
  init(tree: JSON)
}

extension TreeView {
  /// An empty object.
  package init() { self.init(tree: .object([])) }
  /// Nothing was written here.
  package var isAbsent: Bool { tree.isNull }
}

/// A value that one JSON scalar holds.
package protocol Leaf: Sendable {
  init?(tree: JSON)
  var tree: JSON { get }
}

extension String: Leaf {
  package init?(tree: JSON) {
    guard let value = tree.string else { return nil }
    self = value
  }
  package var tree: JSON { .string(self) }
}

extension Int: Leaf {
  package init?(tree: JSON) {
    guard let value = tree.int else { return nil }
    self = value
  }
  package var tree: JSON { .int(Int64(self)) }
}

extension Bool: Leaf {
  package init?(tree: JSON) {
    guard let value = tree.bool else { return nil }
    self = value
  }
  package var tree: JSON { .bool(self) }
}

extension Double: Leaf {
  package init?(tree: JSON) {
    guard let value = tree.double else { return nil }
    self = value
  }
  package var tree: JSON { .double(self) }
}

/// A list of views or leaves over a JSON array.
package struct List<Element: Sendable>: TreeView {
  package var tree: JSON
  package init(tree: JSON) { self.tree = tree }
  package var count: Int { tree.elements.count }
  package var isEmpty: Bool { count == 0 }
  package var indices: Range<Int> { 0..<count }
}

/// Views of the elements of an array, one after the other.
package struct ListIterator<Element> {
  package var elements: [JSON]
  package var index = 0
  package init(_ elements: [JSON]) { self.elements = elements }
}

// Not of the type itself: the runtime would look through all conformances of the program once for each element type.
extension ListIterator: IteratorProtocol where Element: TreeView {
  package mutating func next() -> Element? {
    if index == elements.count { return nil }
    index += 1
    return Element(tree: elements[index - 1])
  }
}

extension List: Sequence where Element: TreeView {
  package subscript(index: Int) -> Element {
    get { Element(tree: tree[index]) }
    _modify {
      var element = Element(tree: .null)
      swap(&element.tree, &tree[index])
      defer { swap(&element.tree, &tree[index]) }
      yield &element
    }
  }
  // A closure, not a key path: a key path of a generic type is built anew at each use.
  package init(_ elements: [Element]) { tree = .array(elements.map { $0.tree }) }
  package mutating func append(_ element: Element) { tree.elements.append(element.tree) }
  package func makeIterator() -> ListIterator<Element> { ListIterator(tree.elements) }
  package var first: Element? { tree.elements.first.map { Element(tree: $0) } }
  // Sequence's own of these go through witness tables, element by element.
  package func first(where matches: (Element) -> Bool) -> Element? {
    for element in tree.elements where matches(Element(tree: element)) { return Element(tree: element) }
    return nil
  }
  package func contains(where matches: (Element) -> Bool) -> Bool {
    for element in tree.elements where matches(Element(tree: element)) { return true }
    return false
  }
  package func allSatisfy(_ holds: (Element) -> Bool) -> Bool {
    for element in tree.elements where !holds(Element(tree: element)) { return false }
    return true
  }
  package mutating func removeAll(where matches: (Element) -> Bool) {
    tree.elements.removeAll { matches(Element(tree: $0)) }
  }
}

extension List where Element: Leaf {
  /// The elements of the right type.
  package var values: [Element] {
    let elements = tree.elements
    return elements.isEmpty ? [] : elements.compactMap { Element(tree: $0) }
  }
  package init(_ values: [Element]) { tree = .array(values.map { $0.tree }) }
}

/// A map from names to texts: labels, annotations, quantities, data.
package struct TextMap: TreeView {
  package var tree: JSON
  package init(tree: JSON) { self.tree = tree }
  package init(_ pairs: KeyValuePairs<String, String>) {
    tree = .object(pairs.map { Member(key: Key($0.key), value: .string($0.value)) })
  }
  package subscript(key: Key) -> String? {
    get { tree[key].string }
    set { tree.put(key, newValue.map { .string($0) } ?? .null) }
  }
  package subscript(name: String) -> String? {
    get { tree[Key(name)].string }
    set { tree.put(Key(name), newValue.map { .string($0) } ?? .null) }
  }
  package var isEmpty: Bool { tree.members.isEmpty }
  package var count: Int { tree.members.count }
  /// Names with their texts, sorted by name.
  package var sorted: [(name: String, value: String)] {
    tree.members.compactMap { member in member.value.string.map { (member.key.name, $0) } }.sorted { $0.0 < $1.0 }
  }
}

extension JSON {
  @inline(never) package func leaf<Value: Leaf>(_ key: Key) -> Value? {
    guard case .object(let members) = self, case let index = members.place(of: key), index >= 0 else { return nil }
    return Value(tree: members[index].value)
  }
  @inline(never) package mutating func setLeaf<Value: Leaf>(_ key: Key, _ value: Value?, dropsZero: Bool = false) {
    var leaf = value.map { $0.tree } ?? .null
    if dropsZero, leaf.isZero { leaf = .null }
    // What it has already is not written: a value that is shared with others need not be copied for it.
    if isObject, self[key] == leaf { return }
    put(key, leaf)
  }
  package func view<View: TreeView>(_ key: Key) -> View { View(tree: self[key]) }
  package mutating func takeView<View: TreeView>(_ key: Key) -> View { View(tree: take(key)) }
}
