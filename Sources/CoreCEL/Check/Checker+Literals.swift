/// Lists, maps, constructed objects and macros.
extension Checker {
  mutating func inferList(_ elements: [Expression.Element]) -> CELType {
    var joined: CELType?
    for element in elements {
      check(element.value)
      let found = unwrapped(element.value, isOptional: element.isOptional)
      joined = join(joined, found, element.value, "the elements of a list")
    }
    return .list(joined ?? substitution.fresh())
  }

  mutating func inferMap(_ entries: [Expression.Entry]) -> CELType {
    var (keys, values): (CELType?, CELType?) = (nil, nil)
    for entry in entries {
      check(entry.key)
      check(entry.value)
      let key = type(entry.key)
      switch key {
      case .bool, .int, .uint, .string, .dyn, .parameter: break
      default: report(entry.key, "a key of a map has to be a bool, int, uint or string, and is \(key)")
      }
      keys = join(keys, key, entry.key, "the keys of a map")
      values = join(values, unwrapped(entry.value, isOptional: entry.isOptional), entry.value, "the values of a map")
    }
    return .map(keys ?? substitution.fresh(), values ?? substitution.fresh())
  }

  /// The type of an element; with a question mark the element is an optional value.
  private mutating func unwrapped(_ expression: Expression, isOptional: Bool) -> CELType {
    let found = type(expression)
    guard isOptional else { return found }
    let wrapped = substitution.fresh()
    guard substitution.assign(found, to: .optional(wrapped)) else {
      report(expression, "what has a question mark has to be an optional value, and is \(found)")
      return .dyn
    }
    return substitution.resolved(wrapped)
  }

  private mutating func join(_ before: CELType?, _ found: CELType, _ expression: Expression, _ what: String) -> CELType {
    guard let before else { return found }
    if let joined = substitution.joined(substitution.resolved(before), found) { return joined }
    if !environment.allowsMixedLiterals { report(expression, "\(what) have to be of one type, and are \(before) and \(found)") }
    return .dyn
  }

  mutating func inferMessage(_ expression: Expression, _ name: String, _ fields: [Expression.Field]) -> CELType {
    let isPatch = name == "JSONPatch"
    guard environment.allowsMessages, isPatch || name == "Object" || name.hasPrefix("Object.") else {
      report(expression, "there is no type '\(name)' that can be constructed here")
      for field in fields { check(field.value) }
      return .dyn
    }
    for field in fields {
      check(field.value)
      let found = unwrapped(field.value, isOptional: field.isOptional)
      guard isPatch else { continue }
      switch field.name {
      case "op", "path", "from":
        if !substitution.assign(found, to: .string) { report(field.value, "'\(field.name)' has to be string, and is \(found)") }
      case "value": break
      default: report(field.offset, "there is no field '\(field.name)'")
      }
    }
    return .message(name)
  }

  // MARK: Macros

  private mutating func declare(_ name: String, _ type: CELType) -> Int {
    let slot = locals.count
    locals.append(Local(name: name, slot: slot, type: type))
    checked.slotCount = max(checked.slotCount, locals.count)
    return slot
  }

  mutating func inferBinding(_ expression: Expression, _ binding: Expression.Binding) -> CELType {
    check(binding.value)
    var value = type(binding.value)
    if binding.macro != .bind {
      let wrapped = substitution.fresh()
      if substitution.assign(value, to: .optional(wrapped)) {
        value = substitution.resolved(wrapped)
      } else {
        report(expression, "an optional value is expected, not \(value)")
        value = .dyn
      }
    }
    let slot = declare(binding.variable, value)
    check(binding.body)
    locals.removeLast()
    checked.references[expression.id] = .slots(slot, nil)
    let body = type(binding.body)
    switch binding.macro {
    case .bind: return body
    case .optionalMap: return .optional(body)
    case .optionalFlatMap:
      if substitution.assign(body, to: .optional(substitution.fresh())) { return body }
      report(binding.body, "an optional value is expected, not \(body)")
      return .dyn
    }
  }

  mutating func inferComprehension(_ expression: Expression, _ macro: Expression.Comprehension) -> CELType {
    check(macro.range)
    let (first, second, element) = variableTypes(macro)
    let slot = declare(macro.variable, first)
    let other = macro.second.map { declare($0, second) }
    if let filter = macro.filter { check(filter, as: .bool, "the condition of a macro") }
    switch macro.macro {
    case .all, .exists, .existsOne, .filter: check(macro.body, as: .bool, "the condition of a macro")
    default: check(macro.body)
    }
    locals.removeLast(other == nil ? 1 : 2)
    checked.references[expression.id] = .slots(slot, other)
    let body = type(macro.body)
    switch macro.macro {
    case .all, .exists, .existsOne: return .bool
    case .filter: return .list(first)
    case .map, .transformList: return .list(body)
    case .transformMap: return .map(first, body)
    case .transformMapEntry:
      let (key, value) = (substitution.fresh(), substitution.fresh())
      if substitution.assign(body, to: .map(key, value)) { return substitution.resolved(.map(key, value)) }
      report(macro.body, "a map is expected, not \(body)")
      return .dyn
    case .sortBy:
      switch body {
      case .int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes, .dyn, .parameter: break
      default: report(macro.body, "what is sorted by has to be of a type that has an order, and is \(body)")
      }
      return .list(element)
    }
  }

  /// The types of a macro's variables, and that of what it iterates over.
  private mutating func variableTypes(_ macro: Expression.Comprehension) -> (first: CELType, second: CELType, element: CELType) {
    let range = type(macro.range)
    let hasTwo = macro.second != nil
    switch range {
    case .list(let element): return (hasTwo ? .int : element, element, element)
    case .map(let key, let value): return (key, value, key)
    case .dyn: return (.dyn, .dyn, .dyn)
    case .parameter:
      _ = substitution.assign(.dyn, to: range)
      return (.dyn, .dyn, .dyn)
    default:
      report(macro.range, "a macro iterates over a list or a map, not over \(range)")
      return (.dyn, .dyn, .dyn)
    }
  }
}
