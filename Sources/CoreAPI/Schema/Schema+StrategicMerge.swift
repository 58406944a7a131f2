package import CoreObjects

extension Schema {
  /// Applies a strategic merge patch (apimachinery/pkg/util/strategicpatch, v1.36): objects merge, null removes, lists with a
  /// merge key merge by element, lists of scalars with strategy merge as sets, and the directives $patch, $retainKeys,
  /// $setElementOrder/LIST and $deleteFromPrimitiveList/LIST are obeyed.
  ///
  /// Fields that the schema does not know are merged like JSON; decoding the result reports them.
  /// - Throws: where a directive is not understood or an element lacks its merge key; `original` is then as it was.
  package func strategicMerge(original: inout JSON, patch: JSON, _ type: TypeSchema) throws(StrategicMergeError) {
    var merge = StrategicMerge()
    original = try merge.object(original, patch, type)
  }
}

/// The recursion over objects; lists are in StrategicMerge+Lists.
struct StrategicMerge {
  var path = WalkPath()

  func error(_ message: String) -> StrategicMergeError { StrategicMergeError(path: path.fieldPath, message: message) }

  /// - Parameter type: nil for maps and fields without a schema.
  mutating func object(_ original: JSON, _ patch: JSON, _ type: TypeSchema?, values: Shape = .any) throws(StrategicMergeError)
    -> JSON
  {
    guard case .object(let changes) = patch else { throw error("the patch must be an object, not \(patch.typeName)") }
    switch patch[.patchDirective] {
    case .null, "merge": break
    case "replace": return .object(changes.filter { $0.key != .patchDirective })
    case "delete": return .object([])
    default: throw error("$patch is \(patch[.patchDirective]), not merge, replace or delete")
    }
    var result: JSON = original.isObject ? original : .object([])
    if !patch[.retainKeysDirective].isNull { try retainKeys(patch, &result) }
    let directives = try ListDirectives(patch, self)
    for change in changes
    where change.key != .patchDirective && change.key != .retainKeysDirective && !ListDirectives.isDirective(change.key) {
      try merge(change, type?.field(change.key), values, directives, &result)
    }
    for name in directives.names where patch[name].isNull && !result[name].isNull {
      guard let field = type?.field(name) else { continue }
      path.push(field: name)
      result.put(name, try list(result[name], .array([]), field, directives.of(name)))
      path.pop()
    }
    return result
  }

  private mutating func merge(
    _ change: Member, _ field: FieldSchema?, _ values: Shape, _ directives: ListDirectives, _ result: inout JSON
  ) throws(StrategicMergeError) {
    let key = change.key
    if change.value.isNull { return result.remove(key) }
    path.push(field: key)
    switch change.value {
    case .object:
      if field?.isReplaced == true, change.value[.patchDirective].isNull {
        result.put(key, change.value)
      } else {
        try mergeObject(change, field?.shape ?? values, &result)
      }
    case .array:
      if let field, field.mergesLists {
        result.put(key, try list(result[key], change.value, field, directives.of(key)))
      } else {
        result.put(key, change.value)
      }
    default: result.put(key, change.value)
    }
    path.pop()
  }

  private mutating func mergeObject(_ change: Member, _ shape: Shape, _ result: inout JSON) throws(StrategicMergeError) {
    let before = result[change.key]
    let merged: JSON
    switch shape {
    case .object(let type): merged = try object(before, change.value, type)
    case .map(let element): merged = try object(before, change.value, nil, values: element)
    default: merged = try object(before, change.value, nil)
    }
    result.put(change.key, merged)
  }

  /// $retainKeys lists every field that may stay: a union drops the member that the patch leaves.
  private func retainKeys(_ patch: JSON, _ result: inout JSON) throws(StrategicMergeError) {
    guard case .array(let names) = patch[.retainKeysDirective] else { throw error("$retainKeys must be a list of names") }
    let kept = Set(names.compactMap(\.string))
    for member in patch.members where !member.value.isNull && !member.key.name.hasPrefix("$") {
      if !kept.contains(member.key.name) { throw error("$retainKeys does not list '\(member.key.name)', which the patch sets") }
    }
    result.members.removeAll { !kept.contains($0.key.name) }
  }
}

/// $setElementOrder/LIST and $deleteFromPrimitiveList/LIST of one object of a patch.
struct ListDirectives {
  struct Directive {
    var order: [JSON]?
    var deleted: [JSON] = []
  }

  private static let orderPrefix = "$setElementOrder/"
  private static let deletePrefix = "$deleteFromPrimitiveList/"

  /// The lists concerned, in the patch's order.
  private(set) var names: [Key] = []
  private var directives: [Key: Directive] = [:]

  static func isDirective(_ key: Key) -> Bool {
    guard case .other(let box) = key, box.name.utf8.first == UInt8(ascii: "$") else { return false }
    return box.name.hasPrefix(orderPrefix) || box.name.hasPrefix(deletePrefix)
  }

  init(_ patch: JSON, _ merge: StrategicMerge) throws(StrategicMergeError) {
    for member in patch.members where ListDirectives.isDirective(member.key) {
      let text = member.key.name
      guard case .array(let elements) = member.value else { throw merge.error("\(text) must be a list") }
      let isOrder = text.hasPrefix(ListDirectives.orderPrefix)
      let name = Key(String(text.dropFirst((isOrder ? ListDirectives.orderPrefix : ListDirectives.deletePrefix).count)))
      if directives[name] == nil { names.append(name) }
      if isOrder {
        directives[name, default: Directive()].order = elements
      } else {
        directives[name, default: Directive()].deleted = elements
      }
    }
  }

  func of(_ name: Key) -> Directive { directives[name] ?? Directive() }
}

extension Key {
  static let patchDirective = Key("$patch")
  static let retainKeysDirective = Key("$retainKeys")
}
