extension JSON {
  /// Applies a JSON merge patch (RFC 7386): null removes a member, objects merge, anything else replaces.
  package mutating func merge(_ patch: JSON) {
    guard case .object(let changes) = patch else {
      self = patch
      return
    }
    if !isObject { self = .object([]) }
    for change in changes {
      if change.value.isNull {
        remove(change.key)
      } else {
        var value = take(change.key)
        value.merge(change.value)
        put(change.key, value)
      }
    }
  }
}
