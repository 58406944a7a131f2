extension JSON {
  /// Takes the storage of what is the same in `model`: pods of one template then hold it once.
  mutating func share(_ model: JSON) {
    if isSame(as: model) {
      self = model
      return
    }
    switch (self, model) {
    case (.object(var members), .object(let models)):
      self = .null
      for index in members.indices where index < models.count && members[index].value.isHeld {
        if members[index].key == models[index].key { members[index].value.share(models[index].value) }
      }
      self = .object(members)
    case (.array(var elements), .array(let models)):
      self = .null
      for index in elements.indices where index < models.count && elements[index].isHeld { elements[index].share(models[index]) }
      self = .array(elements)
    default: break
    }
  }

  /// Whether it has storage of its own.
  private var isHeld: Bool {
    switch self {
    case .null, .bool, .int, .double: false
    case .string(let text): text.utf8.count > 15
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    case .raw: true
    }
  }

  /// Equal, with members in the same order.
  private func isSame(as other: JSON) -> Bool {
    switch (self, other) {
    case (.object(let members), .object(let others)):
      if members.isStorage(of: others) { return true }
      let (left, right) = (members.span, others.span)
      guard left.count == right.count else { return false }
      for index in left.indices {
        guard left[index].key == right[index].key, left[index].value.isSame(as: right[index].value) else { return false }
      }
      return true
    case (.array(let elements), .array(let others)):
      if elements.isStorage(of: others) { return true }
      let (left, right) = (elements.span, others.span)
      guard left.count == right.count else { return false }
      for index in left.indices where !left[index].isSame(as: right[index]) { return false }
      return true
    default: return self == other
    }
  }
}

extension Array {
  /// Whether one is a copy of the other that nobody has changed.
  func isStorage(of other: [Element]) -> Bool {
    withUnsafeBufferPointer { mine in
      other.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress && mine.count == $0.count }
    }
  }
}
