package import CoreObjects

/// Says of each APIService whether it can be used. Source: kube-aggregator, pkg/controllers/status, v1.36.
package struct APIServiceController: Controller {
  package let name = "apiservice-status-controller"
  package var resources: Set<ResourceID>? { [.apiServices, .services, .endpointSlices] }
  /// The Service behind each APIService that has one.
  private var services: [String: ObjectKey] = [:]

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    let key = change.object.key
    switch key.resource {
    case .apiServices:
      let service = change.object.view(APIService.self).spec.service
      let isPassedOn = change.kind != .deleted && !service.isAbsent
      services[key.name] =
        isPassedOn ? ObjectKey(.services, namespace: service.namespace ?? "", service.name ?? "") : nil
      return change.kind == .deleted ? [] : [key]
    case .services: return services.isEmpty ? [] : apiServices(of: key)
    case .endpointSlices:
      guard !services.isEmpty, let name = change.object.metadata.labels[ServiceBackend.serviceLabel] else { return [] }
      return apiServices(of: ObjectKey(.services, namespace: key.namespace, name))
    default: return []
    }
  }

  private func apiServices(of service: ObjectKey) -> [ObjectKey] {
    services.keys.sorted().filter { services[$0] == service }.map { ObjectKey(.apiServices, $0) }
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    guard let stored = snapshot.store.get(key), let found = snapshot.aggregation.condition(stored, snapshot.store) else {
      return Plan()
    }
    let conditions = stored.view(APIService.self).status.conditions
    let old = conditions.first { $0.type == "Available" }
    let value = found.isTrue ? "True" : "False"
    let condition = APIServiceCondition.make(
      type: "Available", status: value, reason: found.reason, message: found.message,
      lastTransitionTime: old?.status == value ? old?.lastTransitionTime : now.rfc3339)
    if old == condition { return Plan() }
    let all = List(conditions.filter { $0.type != "Available" } + [condition])
    let merge: JSON = ["status": ["conditions": all.tree]]
    return Plan(changes: [Change(.patch(key, subresource: "status", merge: merge), tolerated: Change.untilGone)])
  }
}
