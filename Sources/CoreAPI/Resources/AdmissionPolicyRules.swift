import CoreObjects

/// Rules of admission policies. Source: validateValidatingAdmissionPolicySpec and its neighbours,
/// pkg/apis/admissionregistration/validation/validation.go, v1.36.
enum AdmissionPolicyRules {
  private static let annotationLimit = 20
  private static let annotationBytes = 5 * 1024

  /// What both kinds of policies have.
  static func common(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if !spec[.paramKind].isNull { parameterKind(spec[.paramKind], path.child("paramKind"), &rules) }
    let constraints = spec[.matchConstraints]
    if constraints.isNull {
      rules.refuse(.required, path.child("matchConstraints"))
    } else {
      let at = path.child("matchConstraints")
      RequestRules.match(constraints, at, &rules)
      if constraints[.resourceRules].elements.isEmpty { rules.refuse(.required, at.child("resourceRules")) }
    }
    RequestRules.conditions(spec[.matchConditions], path.child("matchConditions"), &rules)
    for (index, variable) in spec[.variables].elements.enumerated() {
      let at = path.child("variables").index(index)
      RequestRules.expression(variable[.expression], at.child("expression"), &rules)
      rules.form(variable[.name], at.child("name"), "must be an identifier of CEL: letters, digits and '_'", isIdentifier)
    }
  }

  static func validations(_ spec: JSON, _ path: FieldPath, policy: String, _ rules: inout RuleSheet) {
    let annotations = spec[.auditAnnotations]
    if spec[.validations].elements.isEmpty, annotations.elements.isEmpty {
      for key in [Key.validations, .auditAnnotations] {
        rules.refuse(.required, path.child(key), nil, "a policy has validations or auditAnnotations")
      }
      return
    }
    for (index, validation) in spec[.validations].elements.enumerated() {
      check(validation, path.child("validations").index(index), &rules)
    }
    let at = path.child("auditAnnotations")
    if annotations.elements.count > annotationLimit {
      rules.refuse(.invalid, at, annotations, "may have \(annotationLimit) entries at the most")
    }
    var seen = Set<String>()
    for (index, annotation) in annotations.elements.enumerated() {
      let (key, at) = (annotation[.key].string ?? "", at.index(index))
      if !key.isEmpty { rules.qualifiedName(.string(policy + "/" + key), at.child("key")) }
      if !seen.insert(key).inserted { rules.refuse(.duplicate, at.child("key"), .string(key)) }
      RequestRules.expression(annotation[.valueExpression], at.child("valueExpression"), &rules)
      if (annotation[.valueExpression].string ?? "").utf8.count > annotationBytes {
        rules.refuse(.required, at.child("valueExpression"), nil, "may be \(annotationBytes) bytes long at the most")
      }
    }
  }

  private static func check(_ validation: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    RequestRules.expression(validation[.expression], path.child("expression"), &rules)
    for key in [Key.message, .messageExpression] {
      rules.form(validation[key], path.child(key), "is not blank where it is given") { !RequestRules.isBlank($0) }
    }
    rules.form(validation[.message], path.child("message"), "must be one line") { text in
      let text = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace)
      return RequestRules.isBlank(String(text)) || !text.contains(where: \.isNewline)
    }
  }

  static func mutations(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let at = path.child("mutations")
    if spec[.mutations].elements.isEmpty { rules.refuse(.required, at, nil, "a policy has a mutation at least") }
    for (index, mutation) in spec[.mutations].elements.enumerated() {
      let forms: [(type: String, key: Key)] = [
        ("ApplyConfiguration", .applyConfiguration), ("JSONPatch", .jsonPatch),
      ]
      for form in forms {
        let at = at.index(index).child(form.key)
        if mutation[.patchType].string == form.type {
          guard !mutation[form.key].isNull else {
            rules.refuse(.required, at, nil, "the type of the mutation wants it")
            continue
          }
          let expression = mutation[form.key][.expression]
          if (expression.string ?? "").isEmpty {
            rules.refuse(.required, at.child("expression"))
          } else {
            RequestRules.expression(expression, at.child("expression"), &rules)
          }
        } else if !mutation[form.key].isNull {
          rules.refuse(.forbidden, at, nil, "is for the type \(form.type)")
        }
      }
    }
    if (spec[.reinvocationPolicy].string ?? "").isEmpty { rules.refuse(.required, path.child("reinvocationPolicy")) }
  }

  private static func parameterKind(_ kind: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let at = path.child("apiVersion")
    let parts = (kind[.apiVersion].string ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1 where parts[0].isEmpty: rules.refuse(.required, at)
    case 1: rules.name(.string(parts[0]), at, .dns1035Label)
    case 2:
      if !parts[0].isEmpty { rules.name(.string(parts[0]), at, .dnsSubdomain) }
      rules.name(.string(parts[1]), at, .dns1035Label)
    default: rules.refuse(.invalid, at, kind[.apiVersion], "must be a group and a version, or a version alone")
    }
    let name = kind[.kind].string ?? ""
    if name.isEmpty {
      rules.refuse(.required, path.child("kind"))
    } else if let problem = NameRules.problem(name.lowercased(), .dns1035Label) {
      rules.refuse(.invalid, path.child("kind"), kind[.kind], "apart from capital letters: " + problem)
    }
  }

  static func parameters(_ reference: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if reference.isNull { return }
    let name = reference[.name].string ?? ""
    let hasSelector = !reference[.selector].isNull
    if !name.isEmpty { rules.name(reference[.name], path.child("name"), .pathSegment) }
    if !name.isEmpty, hasSelector {
      for key in [Key.name, .selector] { rules.refuse(.forbidden, path.child(key), nil, "name stands without selector") }
    }
    if name.isEmpty, !hasSelector { rules.refuse(.required, path, nil, "either name or selector must be there") }
    if (reference[.parameterNotFoundAction].string ?? "").isEmpty {
      rules.refuse(.required, path.child("parameterNotFoundAction"))
    }
  }

  private static let reserved: Set<String> = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
    "package", "namespace", "return", "var", "void", "while",
  ]

  private static func isIdentifier(_ text: String) -> Bool {
    let isWord = text.utf8.enumerated().allSatisfy { place, byte in
      byte == UInt8(ascii: "_") || (0x61...0x7A).contains(byte | 0x20) || (place > 0 && (0x30...0x39).contains(byte))
    }
    return isWord && !reserved.contains(text)
  }
}
