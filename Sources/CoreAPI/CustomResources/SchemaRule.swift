import CoreCEL
import CoreObjects

/// One rule of x-kubernetes-validations, compiled. Source: apiextensions-apiserver, pkg/apiserver/schema/cel/compilation.go, v1.36.
struct SchemaRule: Sendable {
  /// A rule cannot be compiled.
  struct Problem: Error {
    /// "rule" or "messageExpression"
    var field: String
    var error: CELCompileError
  }

  /// The places of the variables, which are the same for all rules.
  static let selfPlace = 0
  static let oldSelfPlace = 1
  static let variableCount = 2

  let text: String
  let program: CELProgram
  /// It is about a change: it is tried only where there is an old value.
  let isTransition: Bool
  /// It is tried without an old value too, and oldSelf is an optional.
  let isOldSelfOptional: Bool
  let message: String
  let messageProgram: CELProgram?
  let kind: FieldError.Kind
  /// Names and indices below the rule's place.
  let fieldPath: [JSONPath.Name]

  init(_ tree: JSON, _ schema: CELSchema) throws(Problem) {
    let rule = ValidationRule(tree: tree)
    text = rule.rule ?? ""
    isOldSelfOptional = rule.optionalOldSelf == true
    var environment = CELEnvironment()
    environment.declare("self", schema)
    if isOldSelfOptional {
      environment.declare("oldSelf", type: .optional(schema.type))
    } else {
      environment.declare("oldSelf", schema)
    }
    do throws(CELCompileError) { program = try environment.compile(text, expecting: .bool) } catch {
      throw Problem(field: "rule", error: error)
    }
    isTransition = program.uses(SchemaRule.oldSelfPlace)
    message = SchemaRule.trimmed(rule.message ?? "")
    if let expression = rule.messageExpression, !expression.isEmpty {
      do throws(CELCompileError) { messageProgram = try environment.compile(expression, expecting: .string) } catch {
        throw Problem(field: "messageExpression", error: error)
      }
    } else {
      messageProgram = nil
    }
    kind =
      switch rule.reason {
      case "FieldValueForbidden": .forbidden
      case "FieldValueRequired": .required
      case "FieldValueDuplicate": .duplicate
      default: .invalid
      }
    fieldPath = rule.fieldPath.flatMap { (try? JSONPath($0))?.names } ?? []
  }

  static func trimmed(_ text: String) -> String {
    let blank: Set<Character> = [" ", "\n", "\t", "\r"]
    var rest = text[...]
    while let first = rest.first, blank.contains(first) { rest = rest.dropFirst() }
    while let last = rest.last, blank.contains(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
