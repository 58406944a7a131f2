import CoreAPI
import CoreEngine
import CoreObjects
import CoreReport
import Simulation

/// A chainsaw test as it is played.
struct PlayedTest: Sendable {
  let test: ChainsawTest
  var next = 0
  /// When its present operation began.
  var since: Instant?
  var results: [ExpectationResult] = []
  var isOver: Bool { next >= test.steps.count }
}

extension RehearsalRun {
  /// Goes on with each test as far as it comes now.
  mutating func playTests() {
    for index in tests.indices {
      var played = tests[index]
      while !played.isOver, play(&played) {}
      tests[index] = played
    }
  }

  /// False while the present operation is waited for.
  private mutating func play(_ played: inout PlayedTest) -> Bool {
    let step = played.test.steps[played.next]
    let since = played.since ?? cluster.now
    let isFirst = played.since == nil
    played.since = since
    let isLate = Double((cluster.now - since).nanoseconds) / 1e9 >= step.timeoutSeconds
    var problem: String?
    do throws(RehearsalError) {
      switch step.operation {
      case .sleep: if !isLate { return false }
      case .apply(let objects): if isFirst { for object in objects { try create(object) } }
      case .patch(let trees): for tree in trees { try patch(tree) }
      case .delete(let tree):
        if isFirst { try delete(tree) }
        if !candidates(tree).isEmpty {
          if !isLate { return false }
          problem = "it is still there"
        }
      case .assert(let wanted):
        problem = try firstDifference(wanted)
        if problem != nil, !isLate { return false }
      case .wait(let wait):
        let found = candidates(wait.about)
        // As kubectl, which waits for nothing that is not there yet.
        if found.isEmpty { throw RehearsalError("there is no \(wait.about[.kind].string ?? "?") to wait for") }
        problem = found.lazy.compactMap(wait.difference).first
        if problem != nil, !isLate { return false }
      case .error(let unwanted):
        for tree in unwanted where try isFound(tree) {
          if !isLate { return false }
          problem = "there is one"
        }
      }
    } catch { problem = error.description }
    finish(&played, step, problem)
    return true
  }

  private mutating func finish(_ played: inout PlayedTest, _ step: ChainsawTest.Step, _ problem: String?) {
    played.results.append(
      ExpectationResult(
        name: "\(played.test.name), \(step.name)", run: recorder.record.name, isMet: problem == nil,
        second: problem == nil ? nil : Double((cluster.now - zero).nanoseconds) / 1e9, explanation: problem ?? ""))
    played.since = nil
    // What comes after an operation that failed is not played.
    played.next = problem == nil || step.continues ? played.next + 1 : played.test.steps.count
    receive()
  }

  /// Of all tests; one that the run's end has cut off failed there.
  var testResults: [ExpectationResult] {
    tests.flatMap { played in
      if played.isOver { return played.results }
      let step = played.test.steps[played.next]
      return played.results + [
        ExpectationResult(
          name: "\(played.test.name), \(step.name)", run: recorder.record.name, isMet: false, second: input.seconds,
          explanation: "the run ended before it was decided")
      ]
    }
  }

  // MARK: Objects

  /// Those of the kind, and of the name and labels where they are said.
  private func candidates(_ tree: JSON) -> [JSON] {
    guard let definition = Resources.definition(of: tree) else { return [] }
    let metadata = tree[.metadata]
    let namespace = definition.isNamespaced ? metadata[.namespace].string ?? "default" : ""
    return cluster.engine.store.list(definition.id).filter { stored in
      stored.key.namespace == namespace && (metadata[.name].string.map { $0 == stored.key.name } ?? true)
        && metadata[.labels].members.allSatisfy { stored.metadata.labels[$0.key] == $0.value.string }
    }.map(\.tree)
  }

  private func firstDifference(_ wanted: [JSON]) throws(RehearsalError) -> String? {
    for tree in wanted {
      let found = candidates(tree)
      if found.isEmpty { return "there is no \(tree[.kind].string ?? "?") \(tree[.metadata][.name].string ?? "of its kind")" }
      var first: String?
      var isThere = false
      for object in found {
        if let difference = try ChainsawMatch.difference(tree, object) { first = first ?? difference } else { isThere = true }
      }
      if !isThere { return first }
    }
    return nil
  }

  private func isFound(_ tree: JSON) throws(RehearsalError) -> Bool {
    for object in candidates(tree) where try ChainsawMatch.difference(tree, object) == nil { return true }
    return false
  }

  private mutating func patch(_ tree: JSON) throws(RehearsalError) {
    guard let path = Resources.collectionPath(of: tree), let name = tree[.metadata][.name].string else {
      throw RehearsalError("a patch names a served kind and an object")
    }
    let answer = ask("PATCH", path + "/" + name, "", "application/merge-patch+json", tree)
    if answer.status >= 300 { throw RehearsalError(answer.tree[.message].string ?? "refused with \(answer.status)") }
  }

  private mutating func delete(_ tree: JSON) throws(RehearsalError) {
    guard let path = Resources.collectionPath(of: tree) else { throw RehearsalError("a deletion names a served kind") }
    for object in candidates(tree) {
      let answer = ask(
        "DELETE", path + "/" + (object[.metadata][.name].string ?? ""), "", "application/json",
        ["propagationPolicy": "Background"])
      if answer.status >= 300, answer.status != 404 {
        throw RehearsalError(answer.tree[.message].string ?? "refused with \(answer.status)")
      }
    }
  }
}
