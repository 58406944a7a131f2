import CoreCEL
import CoreObjects

/// What admission policies say of a write. Source: k8s.io/apiserver/pkg/admission/plugin/policy, v1.36.
extension Writer {
  /// The request as policies see it.
  func attributes(_ draft: Draft, _ operation: AdmissionAttributes.Operation) -> AdmissionAttributes {
    AdmissionAttributes(
      operation: operation, served: draft.served, subresource: draft.scope.rawValue, namespace: draft.namespaceOfRequest,
      name: draft.name, object: operation == .delete ? .null : draft.tree, oldObject: draft.old?.tree ?? .null,
      user: draft.actor.user, isDryRun: draft.actor.isDryRun)
  }

  private static func isExempt(_ draft: Draft) -> Bool {
    if case .bootstrap = draft.actor { return true }
    return AdmissionPolicies.isPart(draft.resource)
  }

  /// Policies that only look: each that refuses says why, and the first refuses the request.
  func judgeByPolicies(_ draft: inout Draft, _ operation: AdmissionAttributes.Operation) throws(APIError) {
    if policies.validating.isEmpty || Writer.isExempt(draft) { return }
    let request = attributes(draft, operation)
    var denied: APIError?
    for bound in policies.validating {
      for finding in try judge(request, bound, draft) {
        let message = "ValidatingAdmissionPolicy '\(bound.policy.name)' with binding '\(bound.binding.name)'"
        if bound.binding.actions.contains("Warn") { draft.warnings.append("\(message) would deny it: \(finding.message)") }
        if bound.binding.actions.contains("Deny"), denied == nil {
          denied = Writer.denial(draft, "\(message) denied the request: \(finding.message)", finding.reason)
        }
      }
    }
    if let denied { throw denied }
  }

  private struct Finding {
    var message: String
    var reason: String
  }

  private func judge(
    _ request: AdmissionAttributes, _ bound: AdmissionPolicies.Bound, _ draft: Draft
  ) throws(APIError) -> [Finding] {
    let (policy, binding) = (bound.policy, bound.binding)
    guard applies(bound, request) else { return [] }
    do throws(PolicyFailure) {
      var findings: [Finding] = []
      for parameters in try parameters(policy, binding, request) {
        var evaluation = evaluation(of: policy, request, parameters)
        guard try holds(policy.conditions, &evaluation) else { return [] }
        for validation in policy.validations {
          do throws(CELFailure) {
            if try validation.program.evaluate(&evaluation) == .bool(true) { continue }
          } catch {
            let text = "expression '\(validation.text)' could not be evaluated: \(error.message)"
            if policy.ignoresFailures { continue }
            findings.append(Finding(message: text, reason: "Invalid"))
            continue
          }
          findings.append(Finding(message: Writer.message(of: validation, &evaluation), reason: validation.reason))
        }
      }
      return findings
    } catch {
      return policy.ignoresFailures ? [] : [Finding(message: error.message, reason: "Invalid")]
    }
  }

  private static func message(of validation: AdmissionPolicy.Validation, _ evaluation: inout CELEvaluation) -> String {
    if let program = validation.messageProgram, let text = (try? program.evaluate(&evaluation))?.string {
      let trimmed = SchemaRule.trimmed(text)
      if !trimmed.isEmpty, !trimmed.contains("\n") { return trimmed }
    }
    return validation.message.isEmpty ? "failed expression: \(validation.text)" : validation.message
  }

  private static func denial(_ draft: Draft, _ message: String, _ reason: String) -> APIError {
    var error = APIError.forbidden(draft.served.requestID, draft.name, message)
    error.causes = [APIError.Cause(reason: "", message: message, field: "")]
    error.reason = reason
    error.code = ["Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413][reason] ?? 422
    return error
  }

  // MARK: What both kinds share

  struct PolicyFailure: Error { var message: String }

  private func applies(_ bound: AdmissionPolicies.Bound, _ request: AdmissionAttributes) -> Bool {
    bound.policy.match.matches(request, store) && bound.binding.match.matches(request, store, namesRules: false)
  }

  private func evaluation(of policy: AdmissionPolicy, _ request: AdmissionAttributes, _ parameters: JSON) -> CELEvaluation {
    var evaluation = CELEvaluation(count: policy.variableCount)
    evaluation.budget = CELLimits.perObject
    evaluation.timeZones = configuration.timeZones
    evaluation[policy.places.object] = CELValue(request.object)
    evaluation[policy.places.oldObject] = CELValue(request.oldObject)
    evaluation[policy.places.request] = CELValue(request.tree)
    let namespace = request.namespace.isEmpty ? nil : store.get(.namespaces, request.namespace)
    evaluation[policy.places.namespaceObject] = CELValue(namespace?.tree ?? .null)
    if let place = policy.places.params { evaluation[place] = CELValue(parameters) }
    authorizer(&evaluation, policy, request)
    return evaluation
  }

  /// The variable `authorizer`: what roles allow to who asks.
  private func authorizer(_ evaluation: inout CELEvaluation, _ policy: AdmissionPolicy, _ request: AdmissionAttributes) {
    var own = CELAuthorizationRequest()
    own.group = request.served.version.group
    own.resource = request.served.id.name
    own.subresource = request.subresource
    own.namespace = request.namespace
    own.name = request.name
    evaluation[policy.places.authorizer] = .authorizer
    evaluation[policy.places.requestResource] = .requestResource(own)
    let (roles, user) = (roles, request.user)
    evaluation.authorize = { question in
      var caller = user
      if let account = question.serviceAccount {
        caller = Caller(
          name: "system:serviceaccount:\(account.namespace):\(account.name)",
          groups: ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)", "system:authenticated"])
      }
      var access = Access(
        verb: question.verb, group: question.group, resource: question.resource, subresource: question.subresource,
        name: question.name)
      access.path = question.path
      let isAllowed = caller.isMaster || roles.allows(caller, access, in: question.namespace)
      return CELAuthorizationDecision(isAllowed: isAllowed)
    }
  }

  /// All of them: one that is false leaves the request alone, whatever else fails.
  private func holds(
    _ conditions: [AdmissionPolicy.Condition], _ evaluation: inout CELEvaluation
  ) throws(PolicyFailure) -> Bool {
    var failure: PolicyFailure?
    for condition in conditions {
      do throws(CELFailure) {
        if try condition.program.evaluate(&evaluation) == .bool(false) { return false }
      } catch {
        failure =
          failure ?? PolicyFailure(message: "match condition '\(condition.name)' could not be evaluated: \(error.message)")
      }
    }
    if let failure { throw failure }
    return true
  }

  /// What `params` is, one after the other; null once where the policy takes none.
  private func parameters(
    _ policy: AdmissionPolicy, _ binding: AdmissionPolicies.Binding, _ request: AdmissionAttributes
  ) throws(PolicyFailure) -> [JSON] {
    guard policy.hasParameters, binding.paramRef.isObject else { return [.null] }
    guard let resources = table.resources(of: policy.paramAPIVersion),
      let served = resources.first(where: { $0.definition.kind == policy.paramKind })
    else {
      throw PolicyFailure(message: "its paramKind \(policy.paramKind) of \(policy.paramAPIVersion) is not served")
    }
    var namespace = ""
    if served.definition.isNamespaced {
      let given = binding.paramRef[.namespace].string ?? ""
      namespace = given.isEmpty ? request.namespace : given
      if namespace.isEmpty { throw PolicyFailure(message: "its parameters are in a namespace, and the request is in none") }
    }
    var found: [JSON] = []
    if let name = binding.paramRef[.name].string, !name.isEmpty {
      found = store.get(served.id, namespace: namespace, name).map { [$0.tree] } ?? []
    } else {
      let selector = LabelSelector(tree: binding.paramRef[.selector])
      let all = store.list(served.id, namespace: namespace)
      found = all.filter { selector.isEverything || selector.matches($0.metadata.labels) }.map(\.tree)
    }
    if found.isEmpty, binding.paramRef["parameterNotFoundAction"].string != "Allow" {
      throw PolicyFailure(message: "no parameters were found, and parameterNotFoundAction is Deny")
    }
    return found
  }

  // MARK: Policies that change

  func mutateByPolicies(_ draft: inout Draft, _ operation: AdmissionAttributes.Operation) throws(APIError) {
    if policies.mutating.isEmpty || Writer.isExempt(draft) { return }
    for bound in policies.mutating {
      let request = attributes(draft, operation)
      guard applies(bound, request) else { continue }
      do throws(PolicyFailure) {
        for parameters in try parameters(bound.policy, bound.binding, request) {
          var evaluation = evaluation(of: bound.policy, request, parameters)
          guard try holds(bound.policy.conditions, &evaluation) else { break }
          var tree = draft.tree
          for mutation in bound.policy.mutations {
            evaluation[bound.policy.places.object] = CELValue(tree)
            tree = try mutated(tree, mutation, &evaluation, draft)
          }
          if tree != draft.tree { draft.tree = try readAgain(tree, draft) }
        }
      } catch {
        if bound.policy.ignoresFailures { continue }
        let message =
          "MutatingAdmissionPolicy '\(bound.policy.name)' with binding '\(bound.binding.name)' failed: \(error.message)"
        throw Writer.denial(draft, message, "Invalid")
      }
    }
  }

  /// What a policy has made of the object is held against its type as what somebody has sent, and gets its defaults.
  private func readAgain(_ tree: JSON, _ draft: Draft) throws(PolicyFailure) -> JSON {
    for key in [Key.apiVersion, .kind] where tree[key] != draft.tree[key] {
      throw PolicyFailure(message: "it may not change \(key.name)")
    }
    for key in [Key.name, .namespace, .uid] where tree[.metadata][key] != draft.tree[.metadata][key] {
      throw PolicyFailure(message: "it may not change metadata.\(key.name)")
    }
    guard let type = draft.schema else { return tree }
    var decoded: JSON
    do throws(DecodeError) { decoded = try Schema.shared.decode(tree, as: type).tree } catch {
      throw PolicyFailure(message: "what it makes of the object cannot be: \(error)")
    }
    Schema.shared.setDefaults(&decoded, type)
    draft.served.resource.setDefaults(&decoded)
    return decoded
  }

  private func mutated(
    _ tree: JSON, _ mutation: AdmissionPolicy.Mutation, _ evaluation: inout CELEvaluation, _ draft: Draft
  ) throws(PolicyFailure) -> JSON {
    let program =
      switch mutation {
      case .apply(let program), .patch(let program): program
      }
    let found: CELValue
    do throws(CELFailure) { found = try program.evaluate(&evaluation) } catch { throw PolicyFailure(message: error.message) }
    guard let value = found.json else { throw PolicyFailure(message: "the expression gives nothing that JSON has") }
    switch mutation {
    case .apply:
      guard let type = draft.schema else { return tree }
      if let decoded = try? Schema.shared.decode(value, as: type), let unknown = decoded.unknownFields.first {
        throw PolicyFailure(message: "what is to be applied has an \(unknown)")
      }
      return Schema.shared.applied(value, to: tree, type)
    case .patch:
      do throws(JSONPatchError) { return try JSONPatch(value).applied(to: tree) } catch {
        throw PolicyFailure(message: error.message)
      }
    }
  }
}

extension Draft {
  /// A namespace's own is itself.
  var namespaceOfRequest: String { served.id == .namespaces ? name : namespace }
}

extension Actor {
  /// As who a program of the control plane is known.
  var user: Caller {
    switch self {
    case .client(let client): client.user
    case .program(let name):
      Caller(
        name: name,
        groups: name.hasPrefix("system:node:")
          ? ["system:nodes", "system:authenticated"]
          : ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"])
    case .bootstrap: Caller(name: "system:apiserver", groups: ["system:masters", "system:authenticated"])
    }
  }
}
