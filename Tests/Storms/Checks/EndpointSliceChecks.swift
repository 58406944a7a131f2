import CoreObjects

/// What the addresses behind a Service should be, reckoned from its pods or from Endpoints made by hand.
struct Backends {
  private static let managedBy = "endpointslice.kubernetes.io/managed-by"
  private let stored: StoredObject
  private let service: Service
  private let facts: Facts

  init(_ stored: StoredObject, _ facts: Facts) {
    self.stored = stored
    self.facts = facts
    service = stored.view(Service.self)
  }

  private var pods: [StoredObject] {
    facts.list(.pods, namespace: stored.key.namespace).filter { pod in
      pod.hasLabels(of: service.spec.selector) && !PodFacts(pod).isOver && !(pod.view(Pod.self).status.podIP ?? "").isEmpty
    }
  }

  private func isServing(_ pod: StoredObject) -> Bool {
    pod.view(Pod.self).status.conditions.contains { $0.type == "Ready" && $0.status == "True" }
  }

  private func isReady(_ pod: StoredObject) -> Bool {
    service.spec.publishNotReadyAddresses == true || (isServing(pod) && !PodFacts(pod).isLeaving)
  }

  private func ports(of pod: StoredObject) -> [Int] {
    service.spec.ports.compactMap { port in
      guard let name = port.targetPort.string else { return port.targetPort.int ?? port.port }
      return pod.view(Pod.self).spec.containers.flatMap { Array($0.ports) }.first { $0.name == name }?.containerPort
    }
  }

  /// One line for each endpoint that there should be.
  var wanted: [String] {
    if service.spec.selector.isEmpty { return byHand }
    return pods.map { pod in
      let view = pod.view(Pod.self)
      return
        "\(view.status.podIP ?? "") \(pod.uid) \(isReady(pod)) \(isServing(pod)) \(PodFacts(pod).isLeaving) \(view.spec.nodeName ?? "") \(ports(of: pod))"
    }.sorted()
  }

  private var byHand: [String] {
    let object = facts.get(.endpoints, namespace: stored.key.namespace, stored.key.name)
    if object?.metadata.labels["endpointslice.kubernetes.io/skip-mirror"] == "true" { return [] }
    return
      (object?.view(Endpoints.self).subsets.flatMap { subset in
        let ports = subset.ports.map { $0.port ?? 0 }
        return subset.addresses.map { "\($0.ip ?? "") true \(ports)" }
          + subset.notReadyAddresses.map { "\($0.ip ?? "") false \(ports)" }
      } ?? []).sorted()
  }

  private var slices: [StoredObject] {
    facts.list(.endpointSlices, namespace: stored.key.namespace).filter {
      $0.metadata.labels["kubernetes.io/service-name"] == stored.key.name && $0.metadata.deletionTimestamp == nil
        && !($0.metadata.labels[Self.managedBy] ?? "").isEmpty
    }
  }

  /// One line for each endpoint that the slices have.
  var told: [String] {
    slices.flatMap { slice in
      let ports = slice.tree[.ports].elements.map { $0[.port].int ?? 0 }
      return slice.view(EndpointSlice.self).endpoints.map { endpoint in
        let address = endpoint.addresses.values.joined(separator: ",")
        let conditions = endpoint.conditions
        if service.spec.selector.isEmpty { return "\(address) \(conditions.ready ?? false) \(ports)" }
        return
          "\(address) \(endpoint.targetRef.uid ?? "") \(conditions.ready ?? false) \(conditions.serving ?? false) \(conditions.terminating ?? false) \(endpoint.nodeName ?? "") \(ports)"
      }
    }.sorted()
  }

  /// How the Endpoints differ from the pods; of Services with a selector.
  var endpointsDifference: String? {
    if service.spec.selector.isEmpty { return nil }
    let present = pods.filter {
      (!PodFacts($0).isLeaving || service.spec.publishNotReadyAddresses == true) && !ports(of: $0).isEmpty
    }
    let wanted = present.map { "\($0.view(Pod.self).status.podIP ?? "") \(isReady($0))" }.sorted()
    let endpoints = facts.get(.endpoints, namespace: stored.key.namespace, stored.key.name)?.view(Endpoints.self)
    let told =
      (endpoints?.subsets.flatMap { subset in
        subset.addresses.map { "\($0.ip ?? "") true" } + subset.notReadyAddresses.map { "\($0.ip ?? "") false" }
      } ?? []).sorted()
    return Self.difference(told, wanted).map { "the Endpoints \(stored.key.name): \($0)" }
  }

  var slicesDifference: String? { Self.difference(told, wanted).map { "the slices of \(stored.key.name): \($0)" } }

  private static func difference(_ told: [String], _ wanted: [String]) -> String? {
    if told == wanted { return nil }
    if let line = told.first(where: { line in !wanted.contains(line) }) { return "\(line) is told and is not so" }
    if let line = wanted.first(where: { line in !told.contains(line) }) { return "\(line) is missing" }
    return "\(told.count) endpoints are told, there are \(wanted.count)"
  }
}

/// A slice holds 100 endpoints at the most, each once.
struct SlicesAreWellFormed: Check {
  let name = "a slice has at most 100 endpoints, each once"

  mutating func note(_ change: StoreChange, _ facts: Facts) -> String? {
    guard change.object.key.resource == .endpointSlices, change.kind != .deleted, !facts.isUsers else { return nil }
    let addresses = change.object.view(EndpointSlice.self).endpoints.flatMap { $0.addresses.values }
    if addresses.count > 100 { return "\(change.object.key.name) has \(addresses.count) endpoints" }
    return Set(addresses).count == addresses.count ? nil : "\(change.object.key.name) has an address twice"
  }
}

/// Slices and Endpoints follow their pods within a minute: no address of a pod that is gone, none of one that is not ready.
struct SlicesFollow: Check {
  let name = "the slices of a Service hold its pods as they are"
  private var delay = Delay()

  mutating func passed(_ facts: Facts, since: Instant) -> String? {
    delay.look(facts, since: since) { facts in facts.list(.services).compactMap { Backends($0, facts).slicesDifference } }
  }

  func settled(_ facts: Facts) -> String? {
    for service in facts.list(.services) where facts.get(.endpoints, namespace: service.key.namespace, service.key.name) != nil {
      let backends = Backends(service, facts)
      if let text = backends.slicesDifference ?? backends.endpointsDifference { return text }
    }
    return nil
  }
}
