import CoreCEL
import CoreObjects

/// What is wrong with the rules of a schema: those that cannot be compiled, and those that may cost too much.
/// Source: ValidateCustomResourceDefinitionOpenAPISchema, pkg/apis/apiextensions/validation/validation.go, v1.36.
struct ValidationsCheck {
  private static let errorLimit = 100
  private(set) var errors: [FieldError] = []
  private var total = CELCostRange(min: 0, max: 0)

  static func validate(_ schema: JSON, at path: FieldPath) -> [FieldError] {
    guard let root = CELSchema.make(openAPI: schema, isResourceRoot: true) else { return [] }
    var check = ValidationsCheck()
    check.node(schema, root, path, cardinality: 1, isCorrelatable: true, depth: 0)
    let (most, limit) = (check.total.max, CELLimits.estimatePerDefinition)
    if most > limit {
      check.errors.add(.forbidden, path, "all rules together may cost \(factor(most, limit)); \(ValidationsCheck.advice)")
    }
    return check.errors
  }

  private static let advice = "simplify rules, or give maxItems, maxProperties and maxLength where they are missing"

  private static func factor(_ cost: UInt64, _ limit: UInt64) -> String {
    let times = Double(cost) / Double(limit)
    if times > 100 { return "more than 100 times of what they may" }
    return "\((times * 10).rounded(.up) / 10) times of what they may"
  }

  /// - Parameters:
  ///   - cardinality: how many values there may be in this place
  ///   - isCorrelatable: an old value of this place can be found
  private mutating func node(
    _ source: JSON, _ schema: CELSchema, _ path: FieldPath, cardinality: UInt64, isCorrelatable: Bool, depth: Int
  ) {
    guard errors.count < Self.errorLimit, depth < JSONSchemaTree.depthLimit else { return }
    let place = path.child("x-kubernetes-validations")
    for (index, rule) in source["x-kubernetes-validations"].elements.enumerated() {
      self.rule(rule, source, schema, place.index(index), cardinality, isCorrelatable)
    }
    for member in source[.properties].members {
      guard schema.kind != .map, let child = schema.property(member.key.name) else { continue }
      node(
        member.value, child, path.child(.properties).key(member.key.name), cardinality: cardinality,
        isCorrelatable: isCorrelatable, depth: depth + 1)
    }
    guard let items = schema.items else { return }
    let isList = source[.items].isObject
    let (many, overflow) = cardinality.multipliedReportingOverflow(by: schema.maxElements)
    node(
      isList ? source[.items] : source[.additionalProperties], items, path.child(isList ? .items : .additionalProperties),
      cardinality: overflow ? .max : many, isCorrelatable: isCorrelatable && (!isList || schema.listType == .map),
      depth: depth + 1)
  }

  private mutating func rule(
    _ tree: JSON, _ source: JSON, _ schema: CELSchema, _ path: FieldPath, _ cardinality: UInt64, _ isCorrelatable: Bool
  ) {
    let given = ValidationRule(tree: tree)
    if SchemaRule.trimmed(given.rule ?? "").isEmpty {
      return errors.add(.required, path.child("rule"), "is an expression")
    }
    texts(given, path)
    let rule: SchemaRule
    do throws(SchemaRule.Problem) { rule = try SchemaRule(tree, schema) } catch {
      let text = error.field == "rule" ? given.rule ?? "" : given.messageExpression ?? ""
      return errors.add(.invalid, path.child(error.field), value: text, "cannot be compiled: \(error.error)")
    }
    if rule.isTransition, !isCorrelatable {
      errors.add(
        .invalid, path.child("rule"), value: rule.text,
        "oldSelf cannot be used within a list whose elements have no keys: nobody knows which element was which")
    }
    if rule.isOldSelfOptional, !rule.isTransition {
      errors.add(.invalid, path.child("optionalOldSelf"), value: true, "the rule does not use oldSelf")
    }
    charge(rule.program, path.child("rule"), cardinality)
    if let program = rule.messageProgram { charge(program, path.child("messageExpression"), cardinality) }
  }

  private mutating func texts(_ rule: ValidationRule, _ path: FieldPath) {
    let message = rule.message ?? ""
    if rule.tree["message"].string != nil, SchemaRule.trimmed(message).isEmpty {
      errors.add(.invalid, path.child("message"), value: message, "must say something where it is given")
    } else if SchemaRule.trimmed(message).contains("\n") {
      errors.add(.invalid, path.child("message"), value: message, "must be one line")
    } else if message.isEmpty, SchemaRule.trimmed(rule.rule ?? "").contains("\n") {
      errors.add(.required, path.child("message"), "a rule of several lines needs one")
    }
    if let fieldPath = rule.fieldPath, !fieldPath.isEmpty {
      let isPath = fieldPath.hasPrefix(".") || fieldPath.hasPrefix("[")
      if !isPath || (try? JSONPath(fieldPath))?.names == nil {
        errors.add(
          .invalid, path.child("fieldPath"), value: fieldPath, "must be a path of names and indices below the rule's place")
      }
    }
  }

  private mutating func charge(_ program: CELProgram, _ path: FieldPath, _ cardinality: UInt64) {
    let (cost, overflow) = program.estimatedCost.max.multipliedReportingOverflow(by: cardinality)
    let most = overflow ? UInt64.max : cost
    let (sum, isMore) = total.max.addingReportingOverflow(most)
    total.max = isMore ? .max : sum
    guard most > CELLimits.estimatePerRule else { return }
    errors.add(.forbidden, path, "may cost \(Self.factor(most, CELLimits.estimatePerRule)); \(Self.advice)")
  }
}
