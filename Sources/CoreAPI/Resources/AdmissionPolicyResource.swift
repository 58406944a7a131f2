import CoreObjects

/// Expressions that change requests, or judge them.
struct AdmissionPolicyResource: Resource {
  static let mutating = AdmissionPolicyResource("Mutating", column: "Mutations")
  static let validating = AdmissionPolicyResource("Validating", column: "Validations", hasStatus: true)
  let definition: ResourceDefinition

  private init(_ verb: String, column: String, hasStatus: Bool = false) {
    definition = ResourceDefinition(
      id: ResourceID(WebhookConfigurationResource.group, verb.lowercased() + "admissionpolicies"), kind: verb + "AdmissionPolicy",
      isNamespaced: false, categories: ["api-extensions"], hasStatus: hasStatus, countsChanges: true,
      columns: [.name, .number(column), "ParamKind", .age])
  }

  private var isMutating: Bool { !definition.hasStatus }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    AdmissionPolicyRules.common(spec, path, &rules)
    if isMutating {
      AdmissionPolicyRules.mutations(spec, path, &rules)
    } else {
      AdmissionPolicyRules.validations(spec, path, policy: object[.metadata][.name].string ?? "", &rules)
    }
    if rules.errors.isEmpty { compile(object, &rules) }
    return rules.errors
  }

  private func compile(_ object: JSON, _ rules: inout RuleSheet) {
    do throws(AdmissionPolicy.Problem) { _ = try AdmissionPolicy(object, isMutating: isMutating) } catch {
      rules.refuse(.invalid, error.path, .string(error.text), "cannot be compiled: \(error.error)")
    }
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    for (index, warning) in object[.status][.typeChecking][.expressionWarnings].elements.enumerated() {
      let at = FieldPath("status.typeChecking.expressionWarnings").index(index)
      for key in [Key.fieldRef, .warning] where (warning[key].string ?? "").isEmpty { rules.refuse(.required, at.child(key)) }
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    let kind = spec[.paramKind]
    let count = spec[isMutating ? .mutations : .validations].elements.count
    return [
      TableCells.name(object), TableCells.number(count),
      .string(kind.isNull ? "<unset>" : "\(kind[.apiVersion].string ?? "")/\(kind[.kind].string ?? "")"),
      TableCells.age(object, now),
    ]
  }
}
