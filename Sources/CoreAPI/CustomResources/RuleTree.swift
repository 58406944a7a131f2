import CoreCEL
import CoreObjects

/// The rules of a schema where they stand: only places that have some, or lead to some. Made once for each version; a schema that is
/// stored was found to compile.
final class RuleTree: Sendable {
  struct Branch: Sendable {
    let key: Key
    let tree: RuleTree
  }

  let schema: CELSchema
  let rules: [SchemaRule]
  let branches: [Branch]
  /// Of the elements of a list, or the values of a map.
  let items: RuleTree?

  /// Nil where there is no rule, here or below.
  convenience init?(root source: JSON) {
    guard let schema = CELSchema.make(openAPI: source, isResourceRoot: true) else { return nil }
    self.init(source, schema)
  }

  private init?(_ source: JSON, _ schema: CELSchema) {
    self.schema = schema
    rules = source["x-kubernetes-validations"].elements.compactMap { try? SchemaRule($0, schema) }
    branches = source[.properties].members.compactMap { member in
      guard let child = schema.property(member.key.name), schema.kind != .map else { return nil }
      return RuleTree(member.value, child).map { Branch(key: member.key, tree: $0) }
    }
    let below = source[.items].isObject ? source[.items] : source[.additionalProperties]
    items = schema.items.flatMap { RuleTree(below, $0) }
    if rules.isEmpty, branches.isEmpty, items == nil { return nil }
  }
}

/// Tries the rules of a schema on a value. Source: apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go, v1.36.
struct RuleCheck {
  private(set) var errors: [FieldError] = []
  private var evaluation = CELEvaluation(count: SchemaRule.variableCount)
  private var isSpent = false

  init(_ timeZones: TimeZoneDatabase) {
    evaluation.budget = CELLimits.perObject
    evaluation.perExpression = CELLimits.perExpression
    evaluation.timeZones = timeZones
  }

  /// - Parameter old: what stood in this place; null where nothing did, or nobody can say what it was
  mutating func value(_ value: JSON, _ tree: RuleTree, old: JSON, at path: FieldPath) {
    if isSpent { return }
    if !tree.rules.isEmpty, !value.isNull { judge(value, tree, old, path) }
    switch value {
    case .object(let members):
      for branch in tree.branches {
        let place = members.place(of: branch.key)
        if place >= 0 { self.value(members[place].value, branch.tree, old: old[branch.key], at: path.child(branch.key)) }
      }
      guard let items = tree.items else { return }
      for member in members { self.value(member.value, items, old: old[member.key], at: path.key(member.key.name)) }
    case .array(let elements):
      guard let items = tree.items else { return }
      // Elements of other lists cannot be told which is which.
      let isKeyed = tree.schema.listType == .map
      for (index, element) in elements.enumerated() {
        let before = isKeyed ? counterpart(of: element, in: old, tree.schema.mapKeys) : .null
        self.value(element, items, old: before, at: path.index(index))
      }
    default: return
    }
  }

  private func counterpart(of element: JSON, in old: JSON, _ keys: [Key]) -> JSON {
    old.elements.first { before in keys.allSatisfy { before[$0] == element[$0] } } ?? .null
  }

  private mutating func judge(_ value: JSON, _ tree: RuleTree, _ old: JSON, _ path: FieldPath) {
    let isSame = !old.isNull && old == value
    for rule in tree.rules where !isSpent {
      if rule.isTransition, old.isNull, !rule.isOldSelfOptional { continue }
      // What is as it was may stay, though a rule that is new would refuse it.
      if isSame, !rule.isTransition { continue }
      do throws(CELFailure) {
        evaluation[SchemaRule.selfPlace] = try CELValue(value, tree.schema)
        let before = old.isNull ? nil : try CELValue(old, tree.schema)
        evaluation[SchemaRule.oldSelfPlace] = rule.isOldSelfOptional ? before.map { .some($0) } ?? CELValue.none : before
        if try rule.program.evaluate(&evaluation) == .bool(true) { continue }
        refuse(rule, value, path, message(of: rule))
      } catch {
        if error.kind == .budgetExceeded || error.kind == .costExceeded { isSpent = true }
        errors.add(.invalid, path, value: RuleCheck.type(of: value), "\(error.message), in the rule: \(rule.text)")
      }
    }
  }

  /// What a refusal shows of the value: its type, as upstream.
  private static func type(of value: JSON) -> JSON { .string(value.typeName) }

  private mutating func refuse(_ rule: SchemaRule, _ value: JSON, _ path: FieldPath, _ message: String) {
    var place = path
    for name in rule.fieldPath {
      switch name {
      case .member(let key): place = place.child(key)
      case .index(let index): place = place.index(index)
      }
    }
    let shown: JSON? = rule.kind == .invalid || rule.kind == .duplicate ? RuleCheck.type(of: value) : nil
    errors.add(rule.kind, place, value: shown, message)
  }

  /// Its own expression's, if that gives one line; its own text; or the rule.
  private mutating func message(of rule: SchemaRule) -> String {
    if let program = rule.messageProgram, let text = (try? program.evaluate(&evaluation))?.string {
      let trimmed = SchemaRule.trimmed(text)
      if !trimmed.isEmpty, !trimmed.contains("\n"), trimmed.utf8.count <= 5 * 1024 { return trimmed }
    }
    return rule.message.isEmpty ? "failed rule: \(SchemaRule.trimmed(rule.text))" : rule.message
  }
}
