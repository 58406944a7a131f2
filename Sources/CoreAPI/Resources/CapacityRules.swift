import CoreObjects

/// Rules about the amounts of a device's capacity that may be asked for.
/// Source: validateRequestPolicy, pkg/apis/resource/validation/validation.go, v1.36.
enum CapacityRules {
  private static let optionLimit = 10

  static func check(_ policy: JSON, of whole: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let (values, range) = (policy[.validValues], policy[.validRange])
    if !values.elements.isEmpty, !range.isNull {
      return rules.refuse(.forbidden, path, nil, "validValues stands without validRange")
    }
    if values.elements.isEmpty, range.isNull { return }
    let capacity = amount(whole) ?? Quantity(value: 0)
    guard let usual = amount(policy[.default]) else {
      return rules.refuse(.required, path.child("default"), nil, "where there are bounds there is a default")
    }
    if range.isNull {
      options(values, usual, capacity, path.child("validValues"), &rules)
    } else {
      check(range, policy[.default], usual, capacity, path.child("validRange"), &rules)
    }
  }

  private static func amount(_ value: JSON) -> Quantity? { value.string.flatMap { Quantity($0) } }

  private static func options(
    _ values: JSON, _ usual: Quantity, _ capacity: Quantity, _ path: FieldPath, _ rules: inout RuleSheet
  ) {
    guard rules.bound(values, to: optionLimit, path) else { return }
    let options = values.elements.map { amount($0) ?? Quantity(value: 0) }
    for index in options.indices {
      if index > 0, options[index] < options[index - 1] {
        rules.refuse(.invalid, path.index(index), values[index], "amounts stand in rising order")
      }
      if options[index] > capacity {
        rules.refuse(.invalid, path.index(index), values[index], "is more than there is: \(capacity)")
      }
      if options[..<index].contains(options[index]) { rules.refuse(.duplicate, path.index(index), values[index]) }
    }
    if !options.contains(usual) {
      rules.refuse(.invalid, path, .string(usual.description), "the default must be one of the amounts")
    }
  }

  private static func check(
    _ range: JSON, _ given: JSON, _ usual: Quantity, _ capacity: Quantity, _ path: FieldPath, _ rules: inout RuleSheet
  ) {
    // What is missing the schema tells.
    guard let least = amount(range[.min]) else { return }
    if least > capacity { rules.refuse(.invalid, path.child("min"), range[.min], "is more than there is: \(capacity)") }
    if usual < least { rules.refuse(.invalid, path.child("default"), given, "is less than min: \(least)") }
    let most = amount(range[.max])
    if let most {
      if least > most { rules.refuse(.invalid, path.child("max"), range[.min], "min is more than max: \(most)") }
      if most > capacity { rules.refuse(.invalid, path.child("max"), range[.max], "is more than there is: \(capacity)") }
      if usual > most { rules.refuse(.invalid, path.child("default"), given, "is more than max: \(most)") }
    }
    guard let step = amount(range[.step]) else { return }
    let at = path.child("step")
    if step.value <= 0 { return rules.refuse(.invalid, at, range[.step], "must be greater than 0") }
    if least + step > capacity { rules.refuse(.invalid, at, range[.step], "one step is more than there is: \(capacity)") }
    for (value, text) in [(usual, given)] + (most.map { [($0, range[.max])] } ?? [])
    where (value - least).nano % step.nano != 0 {
      rules.refuse(.invalid, at, text, "is no number of steps from min: \(least)")
    }
  }
}
