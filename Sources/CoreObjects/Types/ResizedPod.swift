extension Pod {
  /// While a pod is resized, it counts with the larger of what is wanted, set aside and used, unless its node will never take what is
  /// wanted. Source: determineContainerReqs, k8s.io/component-helpers/resource/helpers.go, v0.36.
  package var countedAsResized: Pod {
    // Only a changed spec can differ from what its node has taken.
    guard (metadata.generation ?? 0) > 1 else { return self }
    let isInfeasible = status.conditions.contains { $0.type == "PodResizePending" && $0.reason == "Infeasible" }
    var pod = self
    for told in Array(status.containerStatuses) + Array(status.initContainerStatuses) where !told.resources.isAbsent {
      if let index = spec.containers.indices.first(where: { spec.containers[$0].name == told.name }) {
        pod.spec.containers[index].resources.count(told, isInfeasible)
      } else if let index = spec.initContainers.indices.first(where: { spec.initContainers[$0].name == told.name }) {
        pod.spec.initContainers[index].resources.count(told, isInfeasible)
      }
    }
    if !spec.resources.isAbsent, !status.resources.isAbsent {
      pod.spec.resources.count(ContainerStatus.make(of: status), isInfeasible)
    }
    return pod
  }
}

extension ContainerStatus {
  fileprivate static func make(of status: PodStatus) -> ContainerStatus {
    ContainerStatus(tree: ["resources": status.resources.tree])
  }
}

extension ResourceRequirements {
  fileprivate mutating func count(_ told: ContainerStatus, _ isInfeasible: Bool) {
    requests.raise([isInfeasible ? nil : requests, told.resources.requests, told.allocatedResources].compactMap { $0 })
    limits.raise([isInfeasible ? nil : limits, told.resources.limits].compactMap { $0 })
  }
}

extension TextMap {
  /// The largest amount of each name.
  fileprivate mutating func raise(_ all: [TextMap]) {
    var largest: [String: (amount: Quantity, text: String)] = [:]
    for map in all {
      for (name, text) in map.sorted {
        guard let amount = Quantity(text), largest[name].map({ $0.amount < amount }) ?? true else { continue }
        largest[name] = (amount, text)
      }
    }
    for (name, value) in largest.sorted(by: { $0.key < $1.key }) where self[name] != value.text { self[name] = value.text }
  }
}
