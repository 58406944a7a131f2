import CoreObjects

/// Whether an object is as a chainsaw assertion wants it: what is named is compared, the rest may be anything; a key in parentheses is
/// an expression over the object that it stands in.
enum ChainsawMatch {
  /// The first place where they differ, in words; nil where they do not.
  static func difference(_ wanted: JSON, _ found: JSON, at path: String = "") throws(RehearsalError) -> String? {
    switch wanted {
    case .object(let members):
      for member in members {
        let name = member.key.name
        let place = path.isEmpty ? name : path + "." + name
        let value: JSON
        if name.hasPrefix("("), name.hasSuffix(")") {
          value = try ChainsawExpression(String(name.dropFirst().dropLast())).value(of: found)
        } else {
          value = found[member.key]
        }
        if let difference = try difference(member.value, value, at: place) { return difference }
      }
      return nil
    case .array(let elements):
      guard found.elements.count == elements.count else {
        return "\(path): \(elements.count) elements are wanted, there are \(found.elements.count)"
      }
      for (index, element) in elements.enumerated() {
        if let difference = try difference(element, found.elements[index], at: "\(path)[\(index)]") { return difference }
      }
      return nil
    default:
      if ChainsawExpression.isEqual(wanted, found) { return nil }
      return "\(path): \(wanted) is wanted, it is \(found.isNull ? "not there" : "\(found)")"
    }
  }

  /// Reads every expression, so that mistakes are told before anything is played.
  /// - Parameters:
  ///   - isPattern: its keys may be expressions; false: it is what is applied
  ///   - fail: told the path of what is not understood, and why
  static func check(
    _ wanted: JSON, _ path: String, isPattern: Bool, _ fail: (String, String) throws(RehearsalError) -> Void
  ) throws(RehearsalError) {
    if let text = wanted.string, text.hasPrefix("("), text.hasSuffix(")") {
      try fail(path, "the expression '\(text)' as a value is not played here")
    }
    for member in wanted.members {
      let name = member.key.name
      let place = path + "." + name
      if isPattern, name.hasPrefix("(") || name.hasPrefix("~") {
        if !name.hasPrefix("(") || !name.hasSuffix(")") { try fail(place, "'\(name)' is not understood") }
        do throws(RehearsalError) { _ = try ChainsawExpression(String(name.dropFirst().dropLast())) } catch {
          try fail(place, error.message)
        }
      }
      try check(member.value, place, isPattern: isPattern, fail)
    }
    for (index, element) in wanted.elements.enumerated() { try check(element, "\(path)[\(index)]", isPattern: isPattern, fail) }
  }
}
