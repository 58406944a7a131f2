import CoreObjects

extension StrategicMerge {
  /// Merges the list of a field whose strategy is merge.
  mutating func list(
    _ original: JSON, _ patch: JSON, _ field: FieldSchema, _ directive: ListDirectives.Directive
  ) throws(StrategicMergeError) -> JSON {
    if original.isNull { return StrategicMerge.undirected(patch) }
    let (before, changes) = (original.elements, patch.elements)
    guard case .list(let element) = field.shape, let type = element.elementType else {
      return .array(scalars(before, changes, directive))
    }
    guard let key = field.mergeKey else { throw error("this list has no merge key") }
    var kept = before
    var items: [JSON] = []
    var replaces = false
    for (i, change) in changes.enumerated() {
      path.push(index: i)
      switch change[.patchDirective] {
      case .null, "merge": items.append(change)
      case "delete": kept.removeAll { [value = try identity(change, key)] in $0[key] == value }
      case "replace": replaces = true
      default: throw error("$patch is \(change[.patchDirective]), not merge, replace or delete")
      }
      path.pop()
    }
    if replaces { return .array(items) }
    let (merged, touched) = try mergeItems(kept, items, type, key)
    let order = try directive.order.map { order throws(StrategicMergeError) in try checkedOrder(order, touched, key) }
    return .array(StrategicMerge.arranged(merged, order ?? touched, before) { $0[key] })
  }

  private mutating func mergeItems(
    _ kept: [JSON], _ items: [JSON], _ type: TypeSchema, _ key: Key
  ) throws(StrategicMergeError) -> (merged: [JSON], touched: [JSON]) {
    var merged = kept
    var touched: [JSON] = []
    for (i, item) in items.enumerated() {
      path.push(index: i)
      let value = try identity(item, key)
      touched.append(value)
      if let place = merged.firstIndex(where: { $0[key] == value }) {
        merged[place] = try object(merged[place], item, type)
      } else {
        merged.append(try object(.object([]), item, type))
      }
      path.pop()
    }
    return (merged, touched)
  }

  private func identity(_ item: JSON, _ key: Key) throws(StrategicMergeError) -> JSON {
    guard item.isObject else { throw error("expected an object with the merge key '\(key)', found \(item.typeName)") }
    let value = item[key]
    if value.isNull { throw error("the element has no merge key '\(key)'") }
    return value
  }

  /// The order names elements by their merge key alone, and every element of the patch.
  private func checkedOrder(_ order: [JSON], _ touched: [JSON], _ key: Key) throws(StrategicMergeError) -> [JSON] {
    var values: [JSON] = []
    for element in order { values.append(try identity(element, key)) }
    if let missing = touched.first(where: { !values.contains($0) }) {
      throw error("$setElementOrder does not list the element \(missing), which the patch sets")
    }
    return values
  }

  private func scalars(_ before: [JSON], _ changes: [JSON], _ directive: ListDirectives.Directive) -> [JSON] {
    var merged: [JSON] = []
    for value in before + changes where !merged.contains(value) && !directive.deleted.contains(value) { merged.append(value) }
    return StrategicMerge.arranged(merged, directive.order ?? changes, before) { $0 }
  }

  /// What a list that was not there becomes: the patch without its directives. Source: removeDirectives in strategicpatch/patch.go.
  static func undirected(_ patch: JSON) -> JSON {
    switch patch {
    case .array(let elements): .array(elements.filter { $0[.patchDirective] != "delete" }.map(undirected))
    case .object(let members):
      .object(
        members.filter { !$0.value.isNull && !isDirective($0.key) }.map { Member(key: $0.key, value: undirected($0.value)) })
    default: patch
    }
  }

  private static func isDirective(_ key: Key) -> Bool {
    key == .patchDirective || key == .retainKeysDirective || ListDirectives.isDirective(key)
  }

  /// The elements that `order` names stand in its order, those of one name as they stood. The others keep the order of the list
  /// before, and each of them goes in front of the first named one that stood behind it before: what is new comes first
  /// (normalizeElementOrder in strategicpatch/patch.go).
  private static func arranged(_ merged: [JSON], _ order: [JSON], _ before: [JSON], _ identity: (JSON) -> JSON) -> [JSON] {
    var named: [JSON] = []
    for (place, value) in order.enumerated() where order.firstIndex(of: value) == place {
      named += merged.filter { identity($0) == value }
    }
    var others = merged.filter { element in !order.contains(identity(element)) }[...]
    let places = before.map(identity)
    var result: [JSON] = []
    for element in named {
      let place = places.firstIndex(of: identity(element))
      while let place, let other = others.first, let otherPlace = places.firstIndex(of: identity(other)), otherPlace < place {
        result.append(other)
        others.removeFirst()
      }
      result.append(element)
    }
    return result + others
  }
}
