import CoreObjects

/// What chainsaw's `wait` waits for. It runs `kubectl wait`, which compares conditions whatever their case, and paths as text.
/// Source: k8s.io/kubectl/pkg/cmd/wait, v0.36.
struct ChainsawWait: Sendable {
  enum Goal: Sendable {
    case condition(name: String, value: String)
    /// No value: whatever is there.
    case path(String, ChainsawExpression, value: String?)
  }
  /// Kind, and what is said of name, namespace and labels.
  var about: JSON
  var goal: Goal

  /// What an object lacks, in words; nil where the goal is met.
  func difference(_ object: JSON) -> String? {
    switch goal {
    case .condition(let name, let value):
      func isSame(_ text: String?, _ other: String) -> Bool { text?.lowercased() == other.lowercased() }
      guard let found = object[.status][.conditions].elements.first(where: { isSame($0[.type].string, name) }) else {
        return "there is no condition \(name)"
      }
      let seen = found[.observedGeneration].int ?? object[.status][.observedGeneration].int
      if let seen, let generation = object[.metadata][.generation].int, seen < generation {
        return "condition \(name): it is of an older generation"
      }
      let status = found[.status].string
      return isSame(status, value) ? nil : "condition \(name): \"\(value)\" is wanted, it is \"\(status ?? "")\""
    case .path(let text, let expression, let value):
      var found = expression.value(of: object)
      // A filter gives all that it finds, and one is wanted.
      if found.isArray, text.contains("[") {
        if found.elements.count > 1 { return "\(text): there are \(found.elements.count)" }
        found = found[0]
      }
      if found.isNull { return "\(text): \(value.map { "\"\($0)\"" } ?? "a value") is wanted, there is none" }
      guard let value else { return nil }
      let told = found.string ?? "\(found)"
      return told.trimmed == value.trimmed ? nil : "\(text): \"\(value)\" is wanted, it is \"\(told)\""
    }
  }
}

extension String {
  fileprivate var trimmed: Substring {
    let rest = drop { $0.isWhitespace }
    return rest.prefix(rest.lastIndex { !$0.isWhitespace }.map { rest.distance(from: rest.startIndex, to: $0) + 1 } ?? 0)
  }
}
