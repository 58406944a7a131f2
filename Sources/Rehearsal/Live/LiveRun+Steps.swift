import CoreObjects
import CoreReport

/// The steps that a client of the API can do.
extension LiveRun {
  /// - Throws: what the cluster refuses, with the step's place.
  mutating func perform(_ step: RehearsalStep) async throws {
    if step.unplayed != nil { return }
    recorder.tell(step.text, .step, at: access.now)
    switch step.action {
    case .apply(let objects): for object in objects { try await made.create(object) }
    case .crash(let target, let count, _):
      for pod in try await pods(of: target, step).prefix(count) {
        let name = pod[.metadata][.name].string ?? ""
        try await ask(.deletion("/api/v1/namespaces/\(target.namespace)/pods/\(name)"), step)
        recorder.tell("\(name) was deleted", .crash, at: access.now)
      }
    case .drain(let node):
      try await ask(step)
      made.setCordoned(node, true)
      draining.append(node)
    case .restore(let node):
      try await ask(step)
      made.setCordoned(node, false)
      draining.removeAll { $0 == node }
    case .image(let target, _, _): try await ask(step, about: try await object(target, step))
    case .patch, .scale, .delete, .silence, .kill: try await ask(step)
    }
  }

  private func ask(_ step: RehearsalStep, about object: JSON = .null) async throws {
    if let request = try step.request(about: object) { try await ask(request, step) }
  }

  private func ask(_ request: StepRequest, _ step: RehearsalStep) async throws {
    let answer = try await access.request(request)
    if !answer.isSuccess { throw step.refusal(answer) }
  }

  private func object(_ target: ObjectReferenceText, _ step: RehearsalStep) async throws -> JSON {
    let object = try await access.get(target.path)
    if object.isNull { throw RehearsalError("there is no \(target) then", at: step.place) }
    return object
  }

  private func pods(of target: ObjectReferenceText, _ step: RehearsalStep) async throws -> [JSON] {
    let workload = try await object(target, step)
    if target.resource == .pods { return [workload] }
    guard workload[.spec][.template].isObject else { throw RehearsalError("\(target) has no pods", at: step.place) }
    let selector = StoredObject(key: target.key, uid: "", revision: 0, tree: workload, encoded: nil).podSelector
    return try await access.get("/api/v1/namespaces/\(target.namespace)/pods")[.items].elements.filter {
      selector.matches(ObjectMeta(tree: $0[.metadata]).labels)
    }
  }

  /// Asks once more for the eviction of what is still on nodes that are drained.
  mutating func evict() async throws {
    let pods = try await access.get("/api/v1/pods")[.items].elements
    for node in draining {
      for request in StepRequest.evictions(of: pods, on: node) {
        let answer = try await access.request(request)
        if answer.isSuccess || answer.status == 404 || !heldBack.insert(request.path).inserted { continue }
        recorder.tell(request.heldBack(on: node, answer), .event, at: access.now)
      }
    }
  }
}

extension RehearsalStep {
  /// Why it cannot be played on a cluster; nil where it can.
  var unplayed: String? {
    switch action {
    case .silence: "a cluster measures its pods as long as they run"
    case .kill: "no request takes a machine away"
    case .apply, .patch, .scale, .delete, .image, .crash, .drain, .restore: nil
    }
  }
}
