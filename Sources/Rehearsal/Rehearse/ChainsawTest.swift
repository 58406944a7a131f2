import CoreLoad
package import CoreObjects

/// A Test of chainsaw.kyverno.io/v1alpha1, as it is: its operations one after the other, their waits and timeouts in virtual time.
package struct ChainsawTest: Sendable {
  enum Operation: Sendable {
    case apply([ManifestObject])
    /// Objects of which one must be as each of these says, in time.
    case assert([JSON])
    /// Of which none must be so, in time.
    case error([JSON])
    case patch([JSON])
    case delete(JSON)
    case wait(ChainsawWait)
    case sleep
  }
  struct Step: Sendable {
    var name: String
    var operation: Operation
    var timeoutSeconds: Double
    /// Those behind it are played though it failed.
    var continues: Bool
  }
  package let name: String
  let steps: [Step]
  let place: String

  /// - Parameter read: reads a file of manifests, named from the test's folder
  /// - Throws: what is no such test, and what is not played here, with its line.
  package init(
    _ tree: JSON, _ places: FieldPlaces, _ read: (String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) {
    place = places.place("kind")
    guard tree[.kind].string == "Test", tree[.apiVersion].string?.hasPrefix("chainsaw.kyverno.io/") == true else {
      throw RehearsalError("is no Test of chainsaw.kyverno.io/v1alpha1", at: place)
    }
    name = tree[.metadata][.name].string ?? place
    steps = try ChainsawReader(places: places).steps(tree, read)
    if steps.isEmpty { throw RehearsalError("has no operation in spec.steps[].try", at: place) }
  }
}

/// Reads the operations of a test. What is not played here is refused: a test that leaves something out proves nothing.
private struct ChainsawReader {
  let places: FieldPlaces

  /// Chainsaw's own timeouts, seconds.
  private static let timeouts: [String: Double] = [
    "apply": 5, "assert": 30, "cleanup": 30, "delete": 15, "error": 30, "exec": 5,
  ]
  /// Of a test and its steps, what makes no difference to its operations: reports, what is done when something failed, what is
  /// removed at the end.
  private static let testFields: Set<String> = [
    "catch", "concurrent", "delayBeforeCleanup", "description", "failFast", "forceTerminationGracePeriod", "namespaceTemplate",
    "skipDelete", "steps", "template", "timeouts",
  ]
  private static let stepFields: Set<String> = [
    "catch", "cleanup", "description", "finally", "name", "skipDelete", "template", "timeouts", "try",
  ]
  private static let resourceFields: Set<String> = ["file", "resource", "template", "timeout"]
  private static let fields: [String: Set<String>] = [
    "apply": resourceFields, "assert": resourceFields, "create": resourceFields, "error": resourceFields, "patch": resourceFields,
    "update": resourceFields, "delete": ["ref", "template", "timeout"], "sleep": ["duration"],
    "wait": ["apiVersion", "for", "format", "kind", "name", "namespace", "selector", "timeout"],
  ]

  private func error(_ message: String, _ path: String) -> RehearsalError { RehearsalError(message, at: places.place(path)) }

  private func requireFields(_ tree: JSON, _ known: Set<String>, _ path: String, _ title: String) throws(RehearsalError) {
    if let other = tree.members.map(\.key.name).first(where: { !known.contains($0) }) {
      throw error("\(title): '\(other)' is not played here", path + "." + other)
    }
  }

  private func seconds(_ value: JSON, _ path: String) throws(RehearsalError) -> Double {
    do throws(LoadError) { return try LoadDuration.seconds(value.string ?? "\(value)") } catch {
      throw self.error(error.description, path)
    }
  }

  private func timeouts(_ tree: JSON, _ path: String, over outer: [String: Double]) throws(RehearsalError) -> [String: Double] {
    try requireFields(tree, Set(Self.timeouts.keys), path, "timeouts")
    var timeouts = outer
    for member in tree.members { timeouts[member.key.name] = try seconds(member.value, path + "." + member.key.name) }
    return timeouts
  }

  func steps(
    _ tree: JSON, _ read: (String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) -> [ChainsawTest.Step] {
    try requireFields(tree[.spec], Self.testFields, "spec", "spec")
    let timeouts = try timeouts(tree[.spec]["timeouts"], "spec.timeouts", over: Self.timeouts)
    var steps: [ChainsawTest.Step] = []
    for (index, step) in tree[.spec][.steps].elements.enumerated() {
      let path = "spec.steps[\(index)]"
      let title = step[.name].string ?? "step \(index + 1)"
      try requireFields(step, Self.stepFields, path, title)
      let own = try self.timeouts(step["timeouts"], path + ".timeouts", over: timeouts)
      for (place, operation) in step["try"].elements.enumerated() {
        steps.append(try self.step(operation, title, own, "\(path).try[\(place)]", read))
      }
    }
    return steps
  }

  private func step(
    _ tree: JSON, _ title: String, _ timeouts: [String: Double], _ path: String,
    _ read: (String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) -> ChainsawTest.Step {
    let members = tree.members.filter { $0.key.name != "description" && $0.key.name != "continueOnError" }
    guard let member = members.first else { throw error("\(title): an operation is empty", path) }
    let kind = member.key.name
    let body = member.value
    if members.count > 1 {
      throw error("\(title): beside \(kind) there is '\(members[1].key.name)'", path + "." + members[1].key.name)
    }
    let path = path + "." + kind
    guard let known = Self.fields[kind] else { throw error("\(title): the operation '\(kind)' is not played here", path) }
    try requireFields(body, known, path, "\(title): \(kind)")
    func objects(isPattern: Bool = false) throws(RehearsalError) -> [ManifestObject] {
      let isFile = !body["file"].isNull
      guard isFile || body[.resource].isObject else { throw error("\(title): \(kind) wants file or resource", path) }
      let objects =
        isFile
        ? try read(body["file"].string ?? "")
        : [ManifestObject(body[.resource], file: places.file, line: places.line(path + ".resource"))]
      for object in objects where isPattern || body["template"].bool != false {
        try ChainsawMatch.check(object.tree, path + ".resource", isPattern: isPattern) { (path, message) throws(RehearsalError) in
          throw RehearsalError("\(title): \(message)", at: isFile ? object.place : places.place(path))
        }
      }
      return objects
    }
    var timeout = timeouts[["create": "apply", "update": "apply", "patch": "apply", "wait": "exec"][kind] ?? kind] ?? 0
    if !body["timeout"].isNull { timeout = try seconds(body["timeout"], path + ".timeout") }
    func made(_ operation: ChainsawTest.Operation, _ trees: [JSON] = []) -> ChainsawTest.Step {
      let about = trees.map { "\($0[.kind].string ?? "?") \($0[.metadata][.name].string ?? "any")" }.joined(separator: ", ")
      return ChainsawTest.Step(
        name: "\(title): \(kind)\(about.isEmpty ? "" : " " + about)", operation: operation, timeoutSeconds: timeout,
        continues: tree["continueOnError"].bool == true)
    }
    switch kind {
    case "assert", "error":
      let trees = try objects(isPattern: true).map(\.tree)
      return made(kind == "assert" ? .assert(trees) : .error(trees), trees)
    case "patch":
      let trees = try objects().map(\.tree)
      return made(.patch(trees), trees)
    case "delete":
      let ref = body["ref"]
      guard ref[.kind].string != nil else { throw error("\(title): delete wants ref", path) }
      try requireFields(ref, ["apiVersion", "kind", "labels", "name", "namespace"], path + ".ref", "\(title): delete")
      let tree = reference(ref, labels: ref[.labels])
      return made(.delete(tree), [tree])
    case "sleep":
      timeout = try seconds(body["duration"], path + ".duration")
      return made(.sleep)
    case "wait":
      let about = reference(body, labels: try labels(body[.selector].string ?? "", path + ".selector"))
      guard let goal = try goal(body["for"], path + ".for", title) else { return made(.error([about]), [about]) }
      return made(.wait(ChainsawWait(about: about, goal: goal)), [about])
    default:
      let objects = try objects()
      return made(.apply(objects), objects.map(\.tree))
    }
  }

  /// An object that has no more than what tells which one is meant.
  private func reference(_ tree: JSON, labels: JSON) -> JSON {
    var metadata: JSON = [:]
    for (key, value) in [(Key.name, tree[.name]), (.namespace, tree[.namespace]), (.labels, labels)] where !value.isNull {
      metadata.put(key, value)
    }
    return ["apiVersion": tree[.apiVersion], "kind": tree[.kind], "metadata": metadata]
  }

  /// "app=web,tier=front"
  private func labels(_ selector: String, _ path: String) throws(RehearsalError) -> JSON {
    if selector.isEmpty { return .null }
    var labels: JSON = [:]
    for part in selector.split(separator: ",") {
      let sides = part.split(separator: "=").map { $0.filter { $0 != " " } }
      guard sides.count == 2, !part.contains("!") else { throw error("the selector '\(selector)' is not played here", path) }
      labels.put(Key(sides[0]), .string(sides[1]))
    }
    return labels
  }

  /// Nil: that there is no such object any more.
  private func goal(_ tree: JSON, _ path: String, _ title: String) throws(RehearsalError) -> ChainsawWait.Goal? {
    try requireFields(tree, ["condition", "deletion", "jsonPath"], path, "\(title): wait")
    for key in ["condition", "jsonPath"] as [Key] {
      try requireFields(tree[key], ["name", "path", "value"], path + "." + key.name, "\(title): wait")
    }
    if !tree["deletion"].isNull { return nil }
    let value = tree["condition"][.value].isNull ? tree["jsonPath"][.value] : tree["condition"][.value]
    let text = value.isNull ? nil : value.string ?? "\(value)"
    if let name = tree["condition"][.name].string { return .condition(name: name, value: text ?? "true") }
    guard let whole = tree["jsonPath"]["path"].string else {
      throw error("\(title): wait wants for.deletion, for.condition or for.jsonPath", path)
    }
    let inner = String(whole.drop { $0 == "{" || $0 == "." }.prefix { $0 != "}" })
    // A text that a filter compares with stands in quotes of either kind there.
    let expression = inner.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "'")
    do throws(RehearsalError) { return .path(inner, try ChainsawExpression(expression), value: text) } catch {
      throw self.error("\(title): \(error.message)", path + ".jsonPath.path")
    }
  }
}
