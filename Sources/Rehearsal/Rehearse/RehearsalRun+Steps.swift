import CoreAPI
import CoreEngine
import CoreNode
import CoreObjects
import CoreReport
import Simulation

extension StoredObject {
  /// What chooses the pods of a workload.
  var podSelector: LabelSelector {
    let selector = tree[.spec][.selector]
    return LabelSelector(tree: key.resource == .replicationControllers ? ["matchLabels": selector] : selector)
  }
}

extension RehearsalRun {
  /// Does what a step says.
  /// - Throws: what the API refuses, with the step's place.
  mutating func perform(_ step: RehearsalStep) throws(RehearsalError) {
    recorder.tell(step.text, .step, at: cluster.now)
    switch step.action {
    case .apply(let objects): for object in objects { try create(object) }
    case .patch, .scale, .delete: try ask(step)
    case .image(let target, _, _): try ask(step, about: try object(target, step).tree)
    case .crash(let target, let count, let code):
      for pod in try pods(of: target, step).prefix(count) { crash(pod, code) }
    case .silence(let target, let seconds):
      _ = try pods(of: target, step)
      silences.append((target.key, cluster.now + .seconds(seconds)))
    case .drain(let node): try drain(node, step)
    case .kill(let node):
      try requireNode(node, step)
      cluster.lose(node)
      for autoscaler in fed.indices { findPods(autoscaler, isAnew: true) }
    case .restore(let node):
      try requireNode(node, step)
      draining.removeAll { $0 == node }
      if cluster.nodes.lostNodes.contains(node) { cluster.regain(node, isRebooted: true) }
      for autoscaler in fed.indices { findPods(autoscaler, isAnew: true) }
      try ask(step)
    }
    receive()
  }

  private mutating func ask(_ step: RehearsalStep, about object: JSON = .null) throws(RehearsalError) {
    guard let request = try step.request(about: object) else { return }
    let answer = ask(request.method, request.path, request.query, request.contentType, request.body)
    if answer.status >= 300 { throw step.refusal(answer) }
  }

  private func requireNode(_ node: String, _ step: RehearsalStep) throws(RehearsalError) {
    if input.nodes.contains(where: { $0.name == node }) { return }
    throw RehearsalError(
      "there is no node '\(node)': there \(input.nodes.count == 1 ? "is only" : "are") \(input.nodes.map(\.name).joined(separator: ", "))",
      at: step.place)
  }

  /// The node takes no more pods, and its pods are evicted as far as budgets allow: again and again, as `kubectl drain` does.
  private mutating func drain(_ node: String, _ step: RehearsalStep) throws(RehearsalError) {
    try requireNode(node, step)
    try ask(step)
    draining.append(node)
    evict()
  }

  /// Asks once more for the eviction of what is still on nodes that are drained.
  mutating func evict() {
    for node in draining {
      for request in StepRequest.evictions(of: cluster.engine.store.list(.pods).map(\.tree), on: node) {
        let answer = ask(request.method, request.path, request.query, request.contentType, request.body)
        if answer.status < 300 || !heldBack.insert(request.path).inserted { continue }
        recorder.tell(request.heldBack(on: node, answer), .event, at: cluster.now)
      }
    }
  }

  private mutating func crash(_ pod: StoredObject, _ code: Int) {
    for container in cluster.nodes.running(ofPod: pod.uid, at: cluster.now) { cluster.end(container.id, with: code, .process) }
    recorder.tell("\(pod.key.name) ended with exit code \(code)", .crash, at: cluster.now)
  }

  private func object(_ target: ObjectReferenceText, _ step: RehearsalStep) throws(RehearsalError) -> StoredObject {
    if let object = cluster.engine.store.get(target.key) { return object }
    throw RehearsalError("there is no \(target) then", at: step.place)
  }

  /// - Throws: where it is not there, or is of a kind that has no pods.
  private func pods(of target: ObjectReferenceText, _ step: RehearsalStep) throws(RehearsalError) -> [StoredObject] {
    let workload = try object(target, step)
    if target.resource == .pods { return [workload] }
    guard workload.tree[.spec][.template].isObject else { throw RehearsalError("\(target) has no pods", at: step.place) }
    let selector = workload.podSelector
    return cluster.engine.store.list(.pods).filter {
      $0.key.namespace == target.namespace && selector.matches($0.metadata.labels)
    }
  }

  /// UIDs of the pods of which there is no sample now.
  func silent(at now: Instant) -> Set<String> {
    var uids: Set<String> = []
    for silence in silences where silence.until > now {
      guard let selector = cluster.engine.store.get(silence.target)?.podSelector else { continue }
      for pod in recorder.members.joined().lazy.map({ recorder.pods[$0] }) where pod.key.namespace == silence.target.namespace {
        if let stored = cluster.engine.store.get(pod.key), selector.matches(stored.metadata.labels) { uids.insert(pod.uid) }
      }
    }
    return uids
  }
}
