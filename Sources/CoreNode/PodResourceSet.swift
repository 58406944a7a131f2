import CoreObjects

/// The resources of a pod as its spec has them: those of the whole pod and of each container.
struct PodResourceSet: Sendable, Equatable {
  private var whole: JSON
  private var containers: [String: JSON] = [:]

  init(_ spec: PodSpec) {
    whole = spec.tree[.resources]
    for list in PodResourceSet.lists {
      for container in spec.tree[list].elements { containers[container[.name].string ?? ""] = container[.resources] }
    }
  }

  private static let lists = [Key.containers, .initContainers]

  subscript(container: String) -> JSON? { containers[container] }

  mutating func copy(_ container: String, from other: PodResourceSet) { containers[container] = other.containers[container] }
  mutating func copyWhole(from other: PodResourceSet) { whole = other.whole }

  /// Whether a resource of a container is another than in the other set.
  func differs(from other: PodResourceSet, in container: String, _ resource: Key) -> Bool {
    let (own, others) = (containers[container] ?? .null, other.containers[container] ?? .null)
    return own[.limits][resource] != others[.limits][resource] || own[.requests][resource] != others[.requests][resource]
  }

  func isWholeSame(as other: PodResourceSet) -> Bool { whole == other.whole }

  /// The pod with these resources.
  func given(to pod: Pod) -> Pod {
    var tree = pod.tree
    tree[.spec].put(.resources, whole)
    for list in PodResourceSet.lists where tree[.spec][list].isArray {
      let given = tree[.spec][list].elements.map { container in
        var container = container
        if let own = containers[container[.name].string ?? ""] { container.put(.resources, own) }
        return container
      }
      tree[.spec].put(list, .array(given))
    }
    return Pod(tree: tree)
  }

  /// As the status of a pod told it that was resized.
  mutating func restore(_ status: PodStatus) {
    for list in [status.containerStatuses, status.initContainerStatuses] {
      for told in list where !told.resources.isAbsent { containers[told.name ?? ""] = told.resources.tree }
    }
    if !status.resources.isAbsent, !whole.isNull { whole = status.resources.tree }
  }

  /// For the message of an event, in the order of the spec.
  func summary(_ spec: PodSpec, generation: Int, error: String?) -> String {
    var tree: JSON = ["resources": whole]
    for list in [Key.initContainers, .containers] {
      let shown = spec.tree[list].elements.map { container -> JSON in
        ["name": container[.name], "resources": containers[container[.name].string ?? ""] ?? .null]
      }
      if !shown.isEmpty { tree.put(list, .array(shown)) }
    }
    tree.put(.generation, .int(Int64(generation)))
    if let error { tree.put("error", .string(error)) }
    return tree.withoutNulls.description
  }
}
