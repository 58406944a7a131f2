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
    case sleep
  }
  struct Step: Sendable {
    var name: String
    var operation: Operation
    var timeoutSeconds: Double
  }
  package let name: String
  let steps: [Step]
  let place: String

  /// Chainsaw's own timeouts, seconds.
  private static let timeouts: [String: Double] = ["apply": 5, "assert": 30, "error": 30, "delete": 15, "exec": 5]
  /// Of a test's steps, what is read for a person when something failed.
  private static let diagnoses: Set<String> = ["catch", "finally", "cleanup", "description", "name"]

  /// - Parameter read: reads a file of manifests, named from the test's folder
  /// - Throws: what is no such test, and what is not played here.
  package init(
    _ tree: JSON, place: String, _ read: (String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) {
    guard tree[.kind].string == "Test", tree[.apiVersion].string?.hasPrefix("chainsaw.kyverno.io/") == true else {
      throw RehearsalError("is no Test of chainsaw.kyverno.io/v1alpha1", at: place)
    }
    self.place = place
    name = tree[.metadata][.name].string ?? place
    var timeouts = ChainsawTest.timeouts
    for member in tree[.spec]["timeouts"].members {
      timeouts[member.key.name] = try ChainsawTest.seconds(member.value, place)
    }
    var steps: [Step] = []
    for (index, step) in tree[.spec][.steps].elements.enumerated() {
      let title = step[.name].string ?? "step \(index + 1)"
      if let unknown = step.members.first(where: { !ChainsawTest.diagnoses.contains($0.key.name) && $0.key.name != "try" }) {
        throw RehearsalError("\(title): '\(unknown.key.name)' is not played here", at: place)
      }
      for operation in step["try"].elements {
        steps.append(try ChainsawTest.step(operation, title, timeouts, place, read))
      }
    }
    if steps.isEmpty { throw RehearsalError("has no operation in spec.steps[].try", at: place) }
    self.steps = steps
  }

  private static func seconds(_ value: JSON, _ place: String) throws(RehearsalError) -> Double {
    do throws(LoadError) { return try LoadDuration.seconds(value.string ?? "\(value)") } catch {
      throw RehearsalError(error.description, at: place)
    }
  }

  private static func step(
    _ tree: JSON, _ title: String, _ timeouts: [String: Double], _ place: String,
    _ read: (String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) -> Step {
    guard let member = tree.members.first(where: { $0.key.name != "description" && $0.key.name != "continueOnError" }) else {
      throw RehearsalError("\(title): an operation is empty", at: place)
    }
    let kind = member.key.name
    let body = member.value
    func objects() throws(RehearsalError) -> [ManifestObject] {
      if let file = body["file"].string { return try read(file) }
      guard body[.resource].isObject else { throw RehearsalError("\(title): \(kind) wants file or resource", at: place) }
      return [ManifestObject(body[.resource], file: place, line: 1)]
    }
    func patterns() throws(RehearsalError) -> [JSON] {
      let trees = try objects().map(\.tree)
      for tree in trees {
        do throws(RehearsalError) { try ChainsawMatch.check(tree) } catch {
          throw RehearsalError("\(title): \(error.message)", at: place)
        }
      }
      return trees
    }
    var timeout = timeouts[kind == "create" || kind == "update" ? "apply" : kind] ?? 5
    if !body["timeout"].isNull { timeout = try seconds(body["timeout"], place) }
    func made(_ operation: Operation, _ about: String = "") -> Step {
      Step(name: "\(title): \(kind)\(about.isEmpty ? "" : " " + about)", operation: operation, timeoutSeconds: timeout)
    }
    func titles(_ trees: [JSON]) -> String {
      trees.map { "\($0[.kind].string ?? "?") \($0[.metadata][.name].string ?? "any")" }.joined(separator: ", ")
    }
    switch kind {
    case "apply", "create", "update":
      let objects = try objects()
      return made(.apply(objects), titles(objects.map(\.tree)))
    case "patch":
      let trees = try objects().map(\.tree)
      return made(.patch(trees), titles(trees))
    case "assert":
      let trees = try patterns()
      return made(.assert(trees), titles(trees))
    case "error":
      let trees = try patterns()
      return made(.error(trees), titles(trees))
    case "delete":
      guard body["ref"][.kind].string != nil else { throw RehearsalError("\(title): delete wants ref", at: place) }
      var ref: JSON = ["apiVersion": body["ref"][.apiVersion], "kind": body["ref"][.kind]]
      ref.put(.metadata, ["name": body["ref"][.name], "namespace": body["ref"][.namespace]])
      return made(.delete(ref), titles([ref]))
    case "sleep":
      timeout = try seconds(body["duration"], place)
      return made(.sleep)
    case "wait":
      let wanted = try waited(body, title, place)
      let isGone = !body["for"]["deletion"].isNull
      return made(isGone ? .error([wanted]) : .assert([wanted]), titles([wanted]))
    default: throw RehearsalError("\(title): the operation '\(kind)' is not played here", at: place)
    }
  }

  /// What `wait` waits for, as an assertion.
  private static func waited(_ body: JSON, _ title: String, _ place: String) throws(RehearsalError) -> JSON {
    var wanted: JSON = ["apiVersion": body[.apiVersion], "kind": body[.kind]]
    if let name = body[.name].string { wanted.put(.metadata, ["name": .string(name)]) }
    if !body[.namespace].isNull { wanted[.metadata].put(.namespace, body[.namespace]) }
    let goal = body["for"]
    if !goal["deletion"].isNull { return wanted }
    if let condition = goal["condition"][.name].string {
      let status = goal["condition"][.value].string ?? "True"
      wanted.put(
        .status, .object([Member(key: Key("(conditions[?type == '\(condition)'])"), value: [["status": .string(status)]])]))
      return wanted
    }
    if let path = goal["jsonPath"]["path"].string {
      let inner = path.drop { $0 == "{" || $0 == "." }.prefix { $0 != "}" }
      wanted.members.append(Member(key: Key("(\(inner))"), value: ChainsawTest.plain(goal["jsonPath"][.value])))
      try ChainsawMatch.check(wanted)
      return wanted
    }
    throw RehearsalError("\(title): wait wants for.deletion, for.condition or for.jsonPath", at: place)
  }

  /// The value of a path is always written as text, as on a command line; numbers and booleans are meant by it as well.
  private static func plain(_ value: JSON) -> JSON {
    guard let text = value.string else { return value }
    return Int64(text).map { .int($0) } ?? ["true": true, "false": false][text].map { .bool($0) } ?? value
  }
}
