/// A label selector as a query writes it: "a=b,c!=d,e in (x,y),f notin (z),g,!h".
/// Source of the grammar: k8s.io/apimachinery/pkg/labels, v0.36.
package struct LabelRequirements: Sendable, Equatable {
  package enum Operator: Sendable, Equatable { case `in`, notIn, exists, doesNotExist }
  package struct Requirement: Sendable, Equatable {
    package var key: String
    package var `operator`: Operator
    package var values: [String]
  }
  package var requirements: [Requirement] = []

  package struct Problem: Error { package var message: String }

  package init(_ text: String) throws(Problem) {
    var rest = Substring(text)
    func skip() { rest = rest.drop { $0 == " " } }
    func word() -> String {
      skip()
      let word = rest.prefix { !" ,=!()<>".contains($0) }
      rest = rest[word.endIndex...]
      return String(word)
    }
    func consume(_ token: String) -> Bool {
      skip()
      guard rest.hasPrefix(token) else { return false }
      rest = rest.dropFirst(token.count)
      return true
    }
    skip()
    if rest.isEmpty { return }
    while true {
      let isNegated = consume("!")
      let key = word()
      if key.isEmpty { throw Problem(message: "unable to parse selector '\(text)': a key is missing") }
      if isNegated {
        requirements.append(Requirement(key: key, operator: .doesNotExist, values: []))
      } else if consume("==") || consume("=") {
        requirements.append(Requirement(key: key, operator: .in, values: [word()]))
      } else if consume("!=") {
        requirements.append(Requirement(key: key, operator: .notIn, values: [word()]))
      } else {
        let before = rest
        let name = word()
        if name == "in" || name == "notin" {
          guard consume("(") else { throw Problem(message: "unable to parse selector '\(text)': '(' is missing after \(name)") }
          var values: [String] = []
          repeat { values.append(word()) } while consume(",")
          guard consume(")") else { throw Problem(message: "unable to parse selector '\(text)': ')' is missing") }
          requirements.append(Requirement(key: key, operator: name == "in" ? .in : .notIn, values: values))
        } else {
          rest = before
          requirements.append(Requirement(key: key, operator: .exists, values: []))
        }
      }
      skip()
      if rest.isEmpty { return }
      guard consume(",") else { throw Problem(message: "unable to parse selector '\(text)' at '\(rest)'") }
    }
  }

  package func matches(_ labels: TextMap) -> Bool {
    for requirement in requirements {
      let value = labels[requirement.key]
      switch requirement.operator {
      case .in: if value.map({ requirement.values.contains($0) }) != true { return false }
      case .notIn: if value.map({ requirement.values.contains($0) }) == true { return false }
      case .exists: if value == nil { return false }
      case .doesNotExist: if value != nil { return false }
      }
    }
    return true
  }
}

/// A field selector: "metadata.name=x,status.phase!=Running".
package struct FieldRequirements: Sendable, Equatable {
  package struct Requirement: Sendable, Equatable {
    package var path: String
    package var isEqual: Bool
    package var value: String
  }
  package var requirements: [Requirement] = []

  package init(_ text: String) throws(LabelRequirements.Problem) {
    for part in text.split(separator: ",") {
      let operators = ["!=", "==", "="]
      guard let found = operators.first(where: { part.contains($0) }) else {
        throw LabelRequirements.Problem(message: "invalid field selector '\(part)': wants FIELD=VALUE or FIELD!=VALUE")
      }
      let pieces = part.split(separator: found, maxSplits: 1, omittingEmptySubsequences: false)
      requirements.append(
        Requirement(path: String(pieces[0]), isEqual: found != "!=", value: pieces.count > 1 ? String(pieces[1]) : ""))
    }
  }
}

extension LabelSelector {
  package init(_ requirements: LabelRequirements) {
    let expressions = requirements.requirements.map { requirement -> JSON in
      let name =
        switch requirement.operator {
        case .in: "In"
        case .notIn: "NotIn"
        case .exists: "Exists"
        case .doesNotExist: "DoesNotExist"
        }
      var tree: JSON = ["key": .string(requirement.key), "operator": .string(name)]
      if !requirement.values.isEmpty { tree.put(.values, .array(requirement.values.map { .string($0) })) }
      return tree
    }
    self.init(tree: ["matchExpressions": .array(expressions)])
  }
}
