import CoreObjects

/// Complaints about a tree, collected rule by rule: each is a line that says where, what must hold, and what is told otherwise.
struct RuleSheet {
  private(set) var errors: [FieldError] = []

  mutating func add(_ errors: [FieldError]) { self.errors += errors }

  mutating func refuse(_ kind: FieldError.Kind, _ path: FieldPath, _ value: JSON? = nil, _ detail: String = "") {
    errors.add(kind, path, value: value, detail)
  }

  /// A text that is there must have its form.
  mutating func form(_ value: JSON, _ path: @autoclosure () -> FieldPath, _ detail: String, _ holds: (String) -> Bool) {
    guard let text = value.string, !text.isEmpty, !holds(text) else { return }
    refuse(.invalid, path(), value, detail)
  }

  /// A text that is there must be a qualified name, even if it is empty.
  mutating func qualifiedName(_ value: JSON, _ path: @autoclosure () -> FieldPath) {
    guard let text = value.string, let problem = NameRules.qualifiedNameProblem(text) else { return }
    refuse(.invalid, path(), value, problem)
  }

  /// A text that is there must be such a name, even if it is empty.
  mutating func name(_ value: JSON, _ path: @autoclosure () -> FieldPath, _ rule: NameRule) {
    guard let text = value.string, let problem = NameRules.problem(text, rule) else { return }
    refuse(.invalid, path(), value, problem)
  }

  /// Of the members only one may be there, and one must be.
  /// - Parameters:
  ///   - excess: what is told of the second and later ones
  ///   - nothing: what is told where there is none
  mutating func one(of members: [Key], _ tree: JSON, _ path: FieldPath, excess: FieldError.Kind, nothing: FieldError.Kind) {
    let present = members.filter { !tree[$0].isNull }
    for key in present.dropFirst() { refuse(excess, path.child(key), nil, "only one of them may be there, and \(present[0]) is") }
    if present.isEmpty { refuse(nothing, path, nil, "one of \(members.map(\.name).joined(separator: ", ")) must be there") }
  }
}
