/// What an expression can name: variables, functions, types.
package struct CELEnvironment: Sendable {
  struct Variable: Sendable {
    let name: String
    let type: CELType
    /// Bounds of its size, and of what is below.
    let schema: CELSchema?
    /// What it is worth, where an expression says so: composed variables.
    let program: CELProgram?
  }

  private(set) var variables: [Variable] = []
  private var places: [String: Int] = [:]
  var functions = FunctionTable.kubernetes
  /// Whether `Object{…}` and `JSONPatch{…}` may be constructed.
  package var allowsMessages = false {
    didSet { if allowsMessages, !oldValue { functions.add(PatchLibrary.functions) } }
  }
  /// Whether elements of a list or map literal may be of different types: CEL's own rule, not Kubernetes'.
  package var allowsMixedLiterals = false
  /// Whether `cel.bind` is there. Kubernetes has it not.
  package var hasBindings = false

  package init() {}

  /// How many variables there are.
  package var count: Int { variables.count }

  /// - Parameter schema: nil is dyn
  /// - Returns: the variable's place
  @discardableResult
  package mutating func declare(_ name: String, _ schema: CELSchema?) -> Int {
    add(Variable(name: name, type: schema?.type ?? .dyn, schema: schema, program: nil))
  }

  @discardableResult
  package mutating func declare(_ name: String, type: CELType) -> Int {
    var schema: CELSchema?
    if case .object(let fields) = type { schema = fields }
    if case .optional(.object(let fields)) = type { schema = fields }
    return add(Variable(name: name, type: type, schema: schema, program: nil))
  }

  /// Declares `authorizer` and `authorizer.requestResource`.
  /// - Returns: their places; the values are `CELValue.authorizer` and `CELValue.requestResource(_:)`
  @discardableResult
  package mutating func declareAuthorizer() -> (authorizer: Int, requestResource: Int) {
    let authorizer = declare("authorizer", type: .opaque(AuthorizerLibrary.authorizer))
    return (authorizer, declare("authorizer.requestResource", type: .opaque(AuthorizerLibrary.resourceCheck)))
  }

  /// Declares `variables.NAME` as what the expression is worth. It is evaluated at its first use in an evaluation.
  @discardableResult
  package mutating func define(_ name: String, _ text: String) throws(CELCompileError) -> CELProgram {
    let program = try compile(text)
    add(Variable(name: "variables.\(name)", type: program.resultType, schema: nil, program: program))
    return program
  }

  @discardableResult
  private mutating func add(_ variable: Variable) -> Int {
    places[variable.name] = variables.count
    variables.append(variable)
    return variables.count - 1
  }

  func place(of name: String) -> Int? { places[name] }

  /// Reads and checks an expression.
  /// - Parameter result: the type that it must have
  package func compile(_ text: String, expecting result: CELType? = nil) throws(CELCompileError) -> CELProgram {
    let bytes = Array(text.utf8)
    let lines = SourceLines(bytes: bytes)
    let parsed: Parser.Result
    do throws(SourceIssue) {
      parsed = try Parser.parse(bytes, macros: Parser.MacroSet(hasBindings: hasBindings))
    } catch {
      throw CELCompileError(issues: [lines.issue(error)])
    }
    var checker = Checker(environment: self, count: parsed.count)
    let checked = checker.check(parsed.expression, expecting: result)
    if !checker.issues.isEmpty {
      throw CELCompileError(issues: checker.issues.prefix(CELCompileError.limit).map { lines.issue($0) })
    }
    return CELProgram(parsed.expression, checked, self)
  }
}
