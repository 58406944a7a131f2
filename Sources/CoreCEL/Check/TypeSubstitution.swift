/// What the parameters of types have been found to be. Source: checker/types.go of cel-go.
struct TypeSubstitution {
  /// By the number of the parameter; nil where it is free.
  private var bound: [CELType?] = []

  mutating func fresh() -> CELType {
    bound.append(nil)
    return .parameter(bound.count - 1)
  }

  /// The declaration of a function with parameters of its own.
  mutating func instance(_ overload: Function.Overload) -> (parameters: [CELType], result: CELType) {
    var names: [Int: CELType] = [:]
    let parameters = overload.parameters.map { renamed($0, &names) }
    return (parameters, renamed(overload.result, &names))
  }

  private mutating func renamed(_ type: CELType, _ names: inout [Int: CELType]) -> CELType {
    switch type {
    case .parameter(let number):
      if let name = names[number] { return name }
      let name = fresh()
      names[number] = name
      return name
    case .list(let element): return .list(renamed(element, &names))
    case .map(let key, let value): return .map(renamed(key, &names), renamed(value, &names))
    case .optional(let wrapped): return .optional(renamed(wrapped, &names))
    default: return type
    }
  }

  /// The type with what is known of its parameters. What stays free is dyn at the end.
  func resolved(_ type: CELType, freeIsDyn: Bool = false) -> CELType {
    switch type {
    case .parameter(let number):
      guard let found = bound[number] else { return freeIsDyn ? .dyn : type }
      return resolved(found, freeIsDyn: freeIsDyn)
    case .list(let element): return .list(resolved(element, freeIsDyn: freeIsDyn))
    case .map(let key, let value): return .map(resolved(key, freeIsDyn: freeIsDyn), resolved(value, freeIsDyn: freeIsDyn))
    case .optional(let wrapped): return .optional(resolved(wrapped, freeIsDyn: freeIsDyn))
    default: return type
    }
  }

  /// Whether values of `type` can stand where `target` is asked for; what is learned of parameters is kept where they can.
  mutating func assign(_ type: CELType, to target: CELType) -> Bool {
    let before = bound
    if unify(type, target) { return true }
    bound = before
    return false
  }

  mutating func assign(_ types: [CELType], to targets: [CELType]) -> Bool {
    guard types.count == targets.count else { return false }
    let before = bound
    for (type, target) in zip(types, targets) where !unify(type, target) {
      bound = before
      return false
    }
    return true
  }

  private func head(_ type: CELType) -> CELType {
    var type = type
    while case .parameter(let number) = type, let found = bound[number] { type = found }
    return type
  }

  private mutating func unify(_ type: CELType, _ target: CELType) -> Bool {
    let (type, target) = (head(type), head(target))
    switch (type, target) {
    case (.parameter(let x), .parameter(let y)) where x == y: return true
    case (_, .parameter(let number)): return bind(number, type)
    case (.parameter(let number), _): return bind(number, target)
    case (.dyn, _), (_, .dyn): return true
    case (.null, .null): return true
    case (.null, let other), (let other, .null):
      switch other {
      case .object, .message, .opaque, .optional, .timestamp, .duration: return true
      default: return false
      }
    case (.list(let x), .list(let y)), (.optional(let x), .optional(let y)): return unify(x, y)
    case (.map(let x, let a), .map(let y, let b)): return unify(x, y) && unify(a, b)
    default: return type == target
    }
  }

  private mutating func bind(_ number: Int, _ type: CELType) -> Bool {
    if occurs(number, in: type) { return false }
    bound[number] = type
    return true
  }

  private func occurs(_ number: Int, in type: CELType) -> Bool {
    switch head(type) {
    case .parameter(let other): number == other
    case .list(let element): occurs(number, in: element)
    case .map(let key, let value): occurs(number, in: key) || occurs(number, in: value)
    case .optional(let wrapped): occurs(number, in: wrapped)
    default: false
    }
  }

  /// The type of both, where one can stand for the other; the one that says less.
  mutating func joined(_ first: CELType, _ second: CELType) -> CELType? {
    guard assign(first, to: second) || assign(second, to: first) else { return nil }
    return isWider(resolved(first), than: resolved(second)) ? first : second
  }

  private func isWider(_ type: CELType, than other: CELType) -> Bool {
    switch (type, other) {
    case (.dyn, _): true
    case (_, .null): true
    case (.list(let x), .list(let y)), (.optional(let x), .optional(let y)): isWider(x, than: y)
    case (.map(let x, let a), .map(let y, let b)): isWider(x, than: y) || isWider(a, than: b)
    default: false
    }
  }
}
