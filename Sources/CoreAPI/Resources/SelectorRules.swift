import CoreObjects

/// Rules of a selector of labels, wherever one stands. Source: ValidateLabelSelector, apimachinery/pkg/apis/meta/v1/validation, v1.36.
enum SelectorRules {
  static func validate(_ selector: JSON, _ path: FieldPath) -> [FieldError] {
    var rules = RuleSheet()
    rules.add(ObjectMetaRules.labels(TextMap(tree: selector[.matchLabels]), path.child("matchLabels")))
    for (index, requirement) in selector[.matchExpressions].elements.enumerated() {
      let at = path.child("matchExpressions").index(index)
      let values = requirement[.values].elements
      switch requirement[.operator].string {
      case "In", "NotIn": if values.isEmpty { rules.refuse(.required, at.child("values"), nil, "In and NotIn have values") }
      case "Exists", "DoesNotExist":
        if !values.isEmpty { rules.refuse(.forbidden, at.child("values"), nil, "Exists and DoesNotExist have no values") }
      default: rules.refuse(.invalid, at.child("operator"), .string(requirement[.operator].string ?? ""), "is no operator")
      }
      rules.qualifiedName(.string(requirement[.key].string ?? ""), at.child("key"))
      for (index, value) in values.enumerated() {
        rules.form(value, at.child("values").index(index), "is no value of a label") { NameRules.labelValueProblem($0) == nil }
      }
    }
    return rules.errors
  }
}
