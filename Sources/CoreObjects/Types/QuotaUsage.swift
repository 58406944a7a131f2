/// What one object takes of the quotas of its namespace, by the names that a quota may bound.
/// Source: pkg/quota/v1/evaluator/core, v1.36.
package struct QuotaUsage: Sendable {
  package private(set) var amounts: [String: Quantity] = [:]

  /// Names of before `count/…` that count objects.
  private static let plainCounts: Set<String> = [
    "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services",
  ]
  private static let classMark = ".storageclass.storage.k8s.io/"

  /// - Parameters:
  ///   - resource: plural and group, such as "pods" or "deployments.apps"
  ///   - tree: the object
  package init(_ resource: String, _ tree: JSON, at now: Instant) {
    let one = Quantity(value: 1)
    amounts["count/" + resource] = one
    if QuotaUsage.plainCounts.contains(resource) { amounts[resource] = one }
    switch resource {
    case "pods": addPod(Pod(tree: tree), now)
    case "persistentvolumeclaims": addClaim(PersistentVolumeClaim(tree: tree))
    case "services": addService(Service(tree: tree))
    default: break
    }
  }

  package subscript(name: String) -> Quantity { amounts[name] ?? Quantity(value: 0) }

  /// The resource whose objects take from a bound of this name.
  package static func resource(boundedBy name: String) -> String {
    if name.hasPrefix("count/") { return String(name.dropFirst(6)) }
    if plainCounts.contains(name) { return name }
    if name.hasPrefix("services.") { return "services" }
    return name == "requests.storage" || claimClass(name) != nil ? "persistentvolumeclaims" : "pods"
  }

  /// "fast" of "fast.storageclass.storage.k8s.io/requests.storage".
  private static func claimClass(_ name: String) -> Substring? {
    for tail in ["requests.storage", "persistentvolumeclaims"] where name.hasSuffix(classMark + tail) {
      return name.dropLast((classMark + tail).utf8.count)
    }
    return nil
  }

  // MARK: pods

  /// When a pod that is being deleted stops to count; nil: it counts until it is gone.
  package static func end(of pod: Pod) -> Instant? {
    guard let deleted = pod.metadata.deletionTimestamp.flatMap({ Instant(rfc3339: $0) }),
      let grace = pod.metadata.deletionGracePeriodSeconds
    else { return nil }
    return deleted + .seconds(grace)
  }

  /// Ended pods, and those whose grace is long over, only count as objects. Source: QuotaV1Pod, pods.go, v1.36.
  private mutating func addPod(_ pod: Pod, _ now: Instant) {
    if pod.isOver { return }
    if let end = QuotaUsage.end(of: pod), end < now { return }
    amounts["pods"] = Quantity(value: 1)
    for (name, amount) in PodTotals.of(pod.countedAsResized, .requests) {
      amounts["requests." + name] = amount
      if ["cpu", "memory", "ephemeral-storage"].contains(name) { amounts[name] = amount }
    }
    for (name, amount) in PodTotals.of(pod.countedAsResized, .limits) { amounts["limits." + name] = amount }
  }

  // MARK: claims and services

  private mutating func addClaim(_ claim: PersistentVolumeClaim) {
    let asked = claim.spec.resources.requests["storage"].flatMap { Quantity($0) }
    let name = claim.metadata.annotations["volume.beta.kubernetes.io/storage-class"] ?? claim.spec.storageClassName ?? ""
    if !name.isEmpty { amounts[name + QuotaUsage.classMark + "persistentvolumeclaims"] = Quantity(value: 1) }
    guard let asked else { return }
    amounts["requests.storage"] = asked
    if !name.isEmpty { amounts[name + QuotaUsage.classMark + "requests.storage"] = asked }
  }

  private mutating func addService(_ service: Service) {
    let ports = service.spec.ports
    var nodePorts = 0
    switch service.spec.type {
    case "NodePort": nodePorts = ports.count
    case "LoadBalancer":
      let allocates = service.spec.allocateLoadBalancerNodePorts ?? true
      nodePorts = allocates ? ports.count : ports.filter { ($0.nodePort ?? 0) != 0 }.count
      amounts["services.loadbalancers"] = Quantity(value: 1)
    default: break
    }
    amounts["services.nodeports"] = Quantity(value: Int64(nodePorts))
  }
}

/// The effective requests or limits of a whole pod: of containers together, or of the init containers where those ask for more.
/// Source: PodRequests and PodLimits, k8s.io/component-helpers/resource, v0.36.
package enum PodTotals {
  package enum Side: Sendable { case requests, limits }

  /// Sorted by name.
  package static func of(_ pod: Pod, _ side: Side) -> [(name: String, amount: Quantity)] {
    var total = Totals()
    for container in pod.spec.containers { total.add(amounts(container.resources, side)) }
    var sidecars = Totals()
    var peak = Totals()
    for container in pod.spec.initContainers {
      let own = amounts(container.resources, side)
      if container.restartPolicy == "Always" {
        total.add(own)
        sidecars.add(own)
        peak.raise(to: sidecars)
      } else {
        var together = sidecars
        together.add(own)
        peak.raise(to: together)
      }
    }
    total.raise(to: peak)
    for (name, amount) in amounts(pod.spec.resources, side) { total.amounts[name] = amount }
    if !total.amounts.isEmpty || side == .requests { total.add(pairs(pod.spec.overhead)) }
    return total.amounts.sorted { $0.key < $1.key }.map { (name: $0.key, amount: $0.value) }
  }

  private struct Totals {
    var amounts: [String: Quantity] = [:]

    mutating func add(_ others: [(String, Quantity)]) {
      for (name, amount) in others { amounts[name] = amounts[name].map { $0 + amount } ?? amount }
    }
    mutating func raise(to others: Totals) {
      for (name, amount) in others.amounts.sorted(by: { $0.key < $1.key }) {
        amounts[name] = amounts[name].map { max($0, amount) } ?? amount
      }
    }
  }

  private static func amounts(_ resources: ResourceRequirements, _ side: Side) -> [(String, Quantity)] {
    pairs(side == .requests ? resources.requests : resources.limits)
  }

  private static func pairs(_ quantities: TextMap) -> [(String, Quantity)] {
    quantities.sorted.compactMap { name, text in Quantity(text).map { (name, $0) } }
  }
}
