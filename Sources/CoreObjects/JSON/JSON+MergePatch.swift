extension JSON {
  /// Applies a JSON merge patch (RFC 7386): null removes a member, objects merge, anything else replaces. Nulls within the items of
  /// a list are left out as well, as by the library that upstream uses (evanphx/json-patch v4).
  package mutating func merge(_ patch: JSON) {
    guard case .object(let changes) = patch else {
      self = patch.hasMemberNulls ? patch.withoutMemberNulls : patch
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

  /// Without null members of objects at any depth.
  private var withoutMemberNulls: JSON {
    switch self {
    case .array(let elements): .array(elements.map(\.withoutMemberNulls))
    case .object(let members):
      .object(members.filter { !$0.value.isNull }.map { Member(key: $0.key, value: $0.value.withoutMemberNulls) })
    default: self
    }
  }

  private var hasMemberNulls: Bool {
    switch self {
    case .array(let elements): elements.contains(where: \.hasMemberNulls)
    case .object(let members): members.contains { $0.value.isNull || $0.value.hasMemberNulls }
    default: false
    }
  }
}
