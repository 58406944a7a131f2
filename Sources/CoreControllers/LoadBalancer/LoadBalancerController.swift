package import CoreObjects

/// Gives Services of type LoadBalancer an address, which leads to them wherever the cluster's network is reached: there is nobody else
/// who could give out any. Source of reasons and of what is left alone: cloud-provider, controllers/service/controller.go, v0.36.
package struct LoadBalancerController: Controller {
  private let range: String
  private let addresses: [String]
  package let name = "service-controller"
  package var resources: Set<ResourceID>? { [.services] }

  package init(_ cluster: ClusterAddresses = ClusterAddresses()) {
    range = cluster.balancerRange
    addresses = (1...254).map { "\(cluster.balancers).\($0)" }
  }

  package func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    guard change.kind == .deleted || change.previous.map(LoadBalancerController.holdsAddress) == true else {
      return [change.object.key]
    }
    // What it had may be what another waits for.
    let waiting = snapshot.store.list(.services).filter {
      LoadBalancerController.wants($0) && !LoadBalancerController.holdsAddress($0)
    }
    return [change.object.key] + waiting.map(\.key)
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), stored.metadata.deletionTimestamp == nil else { return Plan() }
    var plan = Plan()
    let holds = LoadBalancerController.holdsAddress(stored)
    if !LoadBalancerController.wants(stored) {
      let isOurs = stored.view(Service.self).status.loadBalancer.ingress.contains {
        addresses.contains($0.ip ?? "")
      }
      if isOurs { plan.changes.append(.patchStatus(of: key, with: ["loadBalancer": .null])) }
    } else if !holds {
      plan.changes.append(give(stored, snapshot.store))
    }
    return plan
  }

  private func give(_ stored: StoredObject, _ store: Store) -> Change {
    let taken = Set(store.list(.services).flatMap { $0.view(Service.self).status.loadBalancer.ingress.compactMap(\.ip) })
    let wish = stored.view(Service.self).spec.loadBalancerIP ?? ""
    let free = addresses.filter { !taken.contains($0) && (wish.isEmpty || $0 == wish) }
    guard let address = free.first else {
      let reason = wish.isEmpty ? "all of \(range) are given out" : "\(wish) is not free in \(range)"
      return Change(
        .nothing, succeeded: stored.event(.warning, "SyncLoadBalancerFailed", "no address for the balancer: \(reason)"))
    }
    var change = Change.patchStatus(
      of: stored.key, with: ["loadBalancer": ["ingress": [["ip": .string(address), "ipMode": "VIP"]]]])
    change.succeeded = stored.event(.normal, "EnsuredLoadBalancer", "the balancer's address is \(address)")
    return change
  }

  private static func wants(_ stored: StoredObject) -> Bool {
    let spec = stored.view(Service.self).spec
    return spec.type == "LoadBalancer" && (spec.loadBalancerClass ?? "").isEmpty
  }

  private static func holdsAddress(_ stored: StoredObject) -> Bool {
    !stored.view(Service.self).status.loadBalancer.ingress.isEmpty
  }
}
