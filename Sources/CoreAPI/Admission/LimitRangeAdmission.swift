import CoreObjects

/// What the LimitRanges of a namespace give to containers, and what they forbid.
/// Source: plugin/pkg/admission/limitranger, v1.36.
enum LimitRangeAdmission {
  private static let annotation = Key("kubernetes.io/limit-ranger")

  /// Requests and limits for containers without their own.
  static func admit(_ pod: inout Pod, _ ranges: [StoredObject]) {
    for stored in ranges {
      var notes: [String] = []
      for item in stored.view(LimitRange.self).spec.limits where item.type == "Container" {
        for (key, word) in [(Key.containers, "container"), (.initContainers, "init container")] where pod.spec.tree[key].isArray {
          var containers = pod.spec.tree.take(key).elements
          for index in containers.indices { notes += fill(&containers[index], word, item) }
          pod.spec.tree.put(key, .array(containers))
        }
      }
      if !notes.isEmpty { pod.metadata.annotations[annotation] = "LimitRanger plugin set: " + notes.joined(separator: "; ") }
    }
  }

  /// - Returns: what was set, in the form of the annotation
  private static func fill(_ container: inout JSON, _ word: String, _ item: LimitRangeItem) -> [String] {
    var notes: [String] = []
    for (key, what, given) in [(Key.requests, "request", item.defaultRequest), (.limits, "limit", item.default)] {
      let missing = given.sorted.filter { container[.resources][key][Key($0.name)].isNull }
      if missing.isEmpty { continue }
      for (name, quantity) in missing { container[.resources][key].put(Key(name), .string(quantity)) }
      notes.append("\(missing.map(\.name).joined(separator: ", ")) \(what) for \(word) \(container[.name].string ?? "")")
    }
    return notes
  }

  /// What a pod or a claim asks against the bounds: one line for each that does not hold.
  static func problems(_ resource: ResourceID, _ tree: JSON, _ ranges: [StoredObject]) -> [String] {
    ranges.flatMap { stored in
      stored.view(LimitRange.self).spec.limits.flatMap { item in
        wishes(resource, tree, item.type ?? "").flatMap { problems($0, item) }
      }
    }
  }

  /// Requests and limits of one thing that is bounded.
  private struct Wish {
    var requests: [String: Quantity]
    /// nil: the thing has none.
    var limits: [String: Quantity]?
  }

  private static func wishes(_ resource: ResourceID, _ tree: JSON, _ type: String) -> [Wish] {
    func amounts(_ map: TextMap) -> [String: Quantity] {
      Dictionary(uniqueKeysWithValues: map.sorted.compactMap { name, text in Quantity(text).map { (name, $0) } })
    }
    switch (resource, type) {
    case (.pods, "Container"):
      let spec = Pod(tree: tree).spec
      return (Array(spec.containers) + Array(spec.initContainers)).map {
        Wish(requests: amounts($0.resources.requests), limits: amounts($0.resources.limits))
      }
    case (.pods, "Pod"):
      func totals(_ side: PodTotals.Side) -> [String: Quantity] {
        Dictionary(uniqueKeysWithValues: PodTotals.of(Pod(tree: tree), side).map { ($0.name, $0.amount) })
      }
      return [Wish(requests: totals(.requests), limits: totals(.limits))]
    case (.persistentVolumeClaims, "PersistentVolumeClaim"):
      return [Wish(requests: amounts(PersistentVolumeClaim(tree: tree).spec.resources.requests))]
    default: return []
    }
  }

  private static func problems(_ wish: Wish, _ item: LimitRangeItem) -> [String] {
    var problems: [String] = []
    /// The first of the values that is missing where it is needed, or out of bounds.
    func check(_ bound: String, _ values: [(word: String, amount: Quantity?, isNeeded: Bool)], _ isOut: (Quantity) -> Bool) {
      for (word, amount, isNeeded) in values {
        if let amount, isOut(amount) { return problems.append("\(bound), but \(word) is \(amount)") }
        if amount == nil, isNeeded { return problems.append("\(bound), but there is no \(word)") }
      }
    }
    let type = item.type ?? ""
    for (name, text) in item.min.sorted {
      guard let least = Quantity(text) else { continue }
      let values = [("request", wish.requests[name], true), ("limit", wish.limits?[name], false)]
      check("minimum \(name) usage per \(type) is \(least)", values) { $0 < least }
    }
    for (name, text) in item.max.sorted {
      guard let most = Quantity(text) else { continue }
      let values = [("limit", wish.limits?[name], wish.limits != nil), ("request", wish.requests[name], wish.limits == nil)]
      check("maximum \(name) usage per \(type) is \(most)", values) { $0 > most }
    }
    guard let limits = wish.limits else { return problems }
    for (name, text) in item.maxLimitRequestRatio.sorted {
      guard let most = Quantity(text) else { continue }
      let bound = "\(name) max limit to request ratio per \(type) is \(most)"
      let zero = Quantity(value: 0)
      guard let request = wish.requests[name], request > zero, let limit = limits[name], limit > zero else {
        check(bound, [("request", wish.requests[name], true), ("limit", limits[name], true)]) { $0 == zero }
        continue
      }
      let ratio = Double(limit.nano) / Double(request.nano)
      if ratio > Double(most.nano) / 1e9 { problems.append("\(bound), but it is \(ratio)") }
    }
    return problems
  }
}

extension Writer {
  /// After all else is known to be right: a pod is judged when it comes or is resized, a claim also when it grows.
  func checkLimits(_ draft: Draft) throws(APIError) {
    guard draft.scope == .object || draft.scope == .resize, store.count(.limitRanges) > 0,
      [.pods, .persistentVolumeClaims].contains(draft.resource)
    else {
      return
    }
    let ranges = store.list(.limitRanges, namespace: draft.namespace)
    let problems = LimitRangeAdmission.problems(draft.resource, draft.tree, ranges)
    if problems.isEmpty { return }
    let text = problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]"
    throw .forbidden(draft.served.requestID, draft.name, text)
  }
}
