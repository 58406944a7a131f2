import CoreObjects

/// What a step asks of the API, on any cluster.
struct StepRequest: Sendable {
  var method: String
  var path: String
  var query = ""
  var contentType = "application/json"
  var body: JSON

  private init(_ method: String, _ path: String, _ body: JSON) { (self.method, self.path, self.body) = (method, path, body) }

  /// - Parameter kind: "merge", "strategic-merge"
  fileprivate init(patch path: String, _ body: JSON, kind: String = "merge") {
    self.init("PATCH", path, body)
    contentType = "application/\(kind)-patch+json"
    // What `kubectl patch` warns of would make a rehearsal tell of a change that there was not.
    query = "fieldValidation=Strict"
  }

  static func deletion(_ path: String) -> StepRequest { StepRequest("DELETE", path, ["propagationPolicy": "Background"]) }

  static func uncordon(_ node: String) -> StepRequest {
    StepRequest(patch: "/api/v1/nodes/" + node, ["spec": ["unschedulable": .null]])
  }

  /// For what `kubectl drain` evicts of a node's pods: not those of DaemonSets, nor those that a kubelet has from files.
  static func evictions(of pods: [JSON], on node: String) -> [StepRequest] {
    pods.compactMap { pod in
      let metadata = pod[.metadata]
      let owners = metadata[.ownerReferences].elements.compactMap { $0[.controller].bool == true ? $0[.kind].string : nil }
      guard pod[.spec][.nodeName].string == node, metadata[.deletionTimestamp].isNull, owners != ["DaemonSet"],
        metadata[.annotations]["kubernetes.io/config.mirror"].isNull
      else { return nil }
      let eviction: JSON = [
        "apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": metadata[.name], "namespace": metadata[.namespace]],
      ]
      let path = "/api/v1/namespaces/\(metadata[.namespace].string ?? "")/pods/\(metadata[.name].string ?? "")/eviction"
      return StepRequest("POST", path, eviction)
    }
  }
}

extension StepRequest {
  /// What is told of an eviction that a budget does not allow now.
  func heldBack(on node: String, _ answer: ClusterAnswer) -> String {
    "\(body[.metadata][.name].string ?? "") stays on \(node): \(answer.tree[.message].string ?? "")"
  }
}

extension RehearsalStep {
  /// - Parameter object: what the step is about, as it is then; only a new image has to know it
  /// - Returns: nil where the step is no single request
  func request(about object: JSON = .null) throws(RehearsalError) -> StepRequest? {
    switch action {
    case .patch(let target, let merge, let part?):
      return StepRequest(patch: target.path + "/" + part, merge, kind: "strategic-merge")
    case .patch(let target, let merge, nil): return StepRequest(patch: target.path, merge)
    case .scale(let target, let replicas):
      return StepRequest(patch: target.path, ["spec": ["replicas": .int(Int64(replicas))]])
    case .delete(let target): return .deletion(target.path)
    case .image(let target, let container, let image):
      let containers = object[.spec][.template][.spec][.containers].elements.compactMap { $0[.name].string }
      guard let name = container ?? containers.first, containers.contains(name) else {
        throw RehearsalError("\(target) has no container '\(container ?? "")'", at: place)
      }
      let containerPatch: JSON = ["name": .string(name), "image": .string(image)]
      let patch: JSON = ["spec": ["template": ["spec": ["containers": [containerPatch]]]]]
      return StepRequest(patch: target.path, patch, kind: "strategic-merge")
    case .drain(let node): return StepRequest(patch: "/api/v1/nodes/" + node, ["spec": ["unschedulable": true]])
    case .restore(let node): return .uncordon(node)
    case .apply, .crash, .silence, .kill: return nil
    }
  }

  func refusal(_ answer: ClusterAnswer) -> RehearsalError {
    RehearsalError(answer.tree[.message].string ?? "\(text): refused with \(answer.status)", at: place)
  }
}
