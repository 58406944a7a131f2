import CoreObjects

/// What puts a policy into effect.
struct AdmissionPolicyBindingResource: Resource {
  static let mutating = AdmissionPolicyBindingResource("Mutating")
  static let validating = AdmissionPolicyBindingResource("Validating")
  let definition: ResourceDefinition

  private init(_ verb: String) {
    let kind = verb + "AdmissionPolicyBinding"
    definition = ResourceDefinition(
      id: ResourceID(WebhookConfigurationResource.group, kind.lowercased() + "s"), kind: kind, isNamespaced: false,
      categories: ["api-extensions"], countsChanges: true, columns: [.name, "PolicyName", "ParamRef", .age])
  }

  /// Source: validateValidatingAdmissionPolicyBindingSpec; that a path has a letter less is upstream's.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let (spec, path) = (object[.spec], FieldPath("spec"))
    var rules = RuleSheet()
    let isMutating = definition.kind.hasPrefix("Mutating")
    if (spec[.policyName].string ?? "").isEmpty {
      // Of the other kind the schema tells it.
      if isMutating { rules.refuse(.required, path.child("policyName")) }
    } else {
      rules.name(spec[.policyName], path.child("policyName"), .dnsSubdomain)
    }
    AdmissionPolicyRules.parameters(spec[.paramRef], path.child("paramRef"), &rules)
    RequestRules.match(spec[.matchResources], path.child("matchResouces"), &rules)
    let actions = spec[.validationActions]
    let at = path.child("validationActions")
    for (index, action) in actions.elements.enumerated() { rules.choice(action, at.index(index), ["Audit", "Deny", "Warn"]) }
    if actions.elements.contains("Deny"), actions.elements.contains("Warn") {
      rules.refuse(.invalid, at, actions, "who is denied is not warned of the same: Deny and Warn stand without each other")
    }
    return rules.errors
  }

  func warnings(_ object: JSON) -> [String] {
    object[.spec][.validationActions].elements.contains("Audit")
      ? ["spec.validationActions: there is no audit log, so Audit records nothing"] : []
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let parameters = object[.spec][.paramRef]
    var text = "<unset>"
    if let name = parameters[.name].string, !name.isEmpty {
      text = (parameters[.namespace].string ?? "*") + "/" + name
    } else if !parameters[.selector].isNull {
      text = LabelSelector(tree: parameters[.selector]).text
    }
    return [
      TableCells.name(object), .string(object[.spec][.policyName].string ?? ""), .string(text), TableCells.age(object, now),
    ]
  }
}
