import CoreCEL
import CoreObjects

/// A ValidatingAdmissionPolicy or a MutatingAdmissionPolicy, its expressions compiled.
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy and cel, v1.36.
final class AdmissionPolicy: Sendable {
  struct Condition: Sendable {
    let name: String
    let program: CELProgram
  }

  struct Validation: Sendable {
    let program: CELProgram
    let text: String
    let message: String
    let messageProgram: CELProgram?
    let reason: String
  }

  enum Mutation: Sendable {
    /// It gives what is applied to the object.
    case apply(CELProgram)
    /// It gives a list of JSONPatch.
    case patch(CELProgram)
  }

  /// A text is no expression, or not one of the type that is wanted.
  struct Problem: Error {
    let path: FieldPath
    let text: String
    let error: CELCompileError
  }

  let name: String
  let match: RequestMatch
  let conditions: [Condition]
  let validations: [Validation]
  let mutations: [Mutation]
  let paramAPIVersion: String
  let paramKind: String
  let hasParameters: Bool
  /// What goes wrong counts as if it had not been asked.
  let ignoresFailures: Bool
  let places: PolicyPlaces
  let variableCount: Int

  init(_ tree: JSON, isMutating: Bool) throws(Problem) {
    let spec = tree[.spec]
    name = tree[.metadata][.name].string ?? ""
    match = RequestMatch(spec["matchConstraints"])
    ignoresFailures = spec["failurePolicy"].string == "Ignore"
    paramAPIVersion = spec["paramKind"][.apiVersion].string ?? ""
    paramKind = spec["paramKind"][.kind].string ?? ""
    hasParameters = spec["paramKind"].isObject
    var environment = CELEnvironment()
    environment.allowsMessages = isMutating
    places = PolicyPlaces(&environment, hasParameters: hasParameters)
    var compiler = PolicyCompiler(environment)
    conditions = try compiler.conditions(spec["matchConditions"], FieldPath("spec.matchConditions"))
    try compiler.define(spec["variables"], FieldPath("spec.variables"))
    validations = isMutating ? [] : try compiler.validations(spec["validations"], FieldPath("spec.validations"))
    mutations = isMutating ? try compiler.mutations(spec["mutations"], FieldPath("spec.mutations")) : []
    variableCount = compiler.environment.count
  }
}

/// Where the variables of a policy's expressions are.
struct PolicyPlaces: Sendable {
  let object: Int
  let oldObject: Int
  let request: Int
  let namespaceObject: Int
  let params: Int?
  let authorizer: Int
  let requestResource: Int

  init(_ environment: inout CELEnvironment, hasParameters: Bool) {
    object = environment.declare("object", type: .dyn)
    oldObject = environment.declare("oldObject", type: .dyn)
    request = environment.declare("request", type: .dyn)
    namespaceObject = environment.declare("namespaceObject", type: .dyn)
    params = hasParameters ? environment.declare("params", type: .dyn) : nil
    (authorizer, requestResource) = environment.declareAuthorizer()
  }
}

/// Compiles the expressions of a policy, one after the other.
struct PolicyCompiler {
  private(set) var environment: CELEnvironment

  init(_ environment: CELEnvironment) { self.environment = environment }

  private func compile(
    _ tree: JSON, _ path: FieldPath, expecting type: CELType?
  ) throws(AdmissionPolicy.Problem) -> CELProgram {
    let text = tree.string ?? ""
    do throws(CELCompileError) { return try environment.compile(text, expecting: type) } catch {
      throw AdmissionPolicy.Problem(path: path, text: text, error: error)
    }
  }

  func conditions(_ list: JSON, _ path: FieldPath) throws(AdmissionPolicy.Problem) -> [AdmissionPolicy.Condition] {
    var conditions: [AdmissionPolicy.Condition] = []
    for (index, condition) in list.elements.enumerated() {
      let place = path.index(index).child("expression")
      let program = try compile(condition["expression"], place, expecting: .bool)
      conditions.append(AdmissionPolicy.Condition(name: condition[.name].string ?? "", program: program))
    }
    return conditions
  }

  /// Each may use those before it.
  mutating func define(_ list: JSON, _ path: FieldPath) throws(AdmissionPolicy.Problem) {
    for (index, variable) in list.elements.enumerated() {
      let text = variable["expression"].string ?? ""
      do throws(CELCompileError) { try environment.define(variable[.name].string ?? "", text) } catch {
        throw AdmissionPolicy.Problem(path: path.index(index).child("expression"), text: text, error: error)
      }
    }
  }

  func validations(_ list: JSON, _ path: FieldPath) throws(AdmissionPolicy.Problem) -> [AdmissionPolicy.Validation] {
    var validations: [AdmissionPolicy.Validation] = []
    for (index, tree) in list.elements.enumerated() {
      let place = path.index(index)
      let program = try compile(tree["expression"], place.child("expression"), expecting: .bool)
      let hasMessage = !(tree["messageExpression"].string ?? "").isEmpty
      let messageProgram =
        hasMessage ? try compile(tree["messageExpression"], place.child("messageExpression"), expecting: .string) : nil
      validations.append(
        AdmissionPolicy.Validation(
          program: program, text: SchemaRule.trimmed(tree["expression"].string ?? ""),
          message: SchemaRule.trimmed(tree[.message].string ?? ""), messageProgram: messageProgram,
          reason: tree[.reason].string ?? "Invalid"))
    }
    return validations
  }

  func mutations(_ list: JSON, _ path: FieldPath) throws(AdmissionPolicy.Problem) -> [AdmissionPolicy.Mutation] {
    var mutations: [AdmissionPolicy.Mutation] = []
    for (index, tree) in list.elements.enumerated() {
      let place = path.index(index)
      switch tree["patchType"].string {
      case "JSONPatch":
        let at = place.child("jsonPatch.expression")
        mutations.append(.patch(try compile(tree["jsonPatch"]["expression"], at, expecting: .list(.message("JSONPatch")))))
      case "ApplyConfiguration":
        let at = place.child("applyConfiguration.expression")
        mutations.append(.apply(try compile(tree["applyConfiguration"]["expression"], at, expecting: .message("Object"))))
      default: continue
      }
    }
    return mutations
  }
}
