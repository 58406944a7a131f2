import CoreObjects

/// metrics.k8s.io, built in: what upstream needs metrics-server for.
extension APIServer {
  func answerMetrics(_ call: Call, _ store: Store, _ metrics: MetricsWindow) throws(APIError) -> APIResponse {
    let isPods = call.served.id == ComputedResources.podMetrics
    let source: ResourceID = isPods ? .pods : .nodes
    let version = call.served.version.apiVersion
    if call.info.verb == "get" {
      let name = call.info.pathName
      let object = store.get(source, namespace: isPods ? call.info.namespace : "", name)
      guard let object, let tree = isPods ? podMetrics(object, metrics, version) : nodeMetrics(object, metrics, version) else {
        throw .notFound(call.served.requestID, name)
      }
      return try respond(StoredObject(key: object.key, uid: "", revision: 0, tree: tree, encoded: []), computed: call)
    }
    let selection = try ListSelection(call)
    let encoder = try ObjectEncoder(call)
    var body = ListBody(encoder, at: call.now)
    for object in store.list(source, namespace: isPods ? call.listNamespace : nil) {
      guard let tree = isPods ? podMetrics(object, metrics, version) : nodeMetrics(object, metrics, version),
        selection.matches(tree)
      else {
        continue
      }
      body.append(StoredObject(key: object.key, uid: "", revision: 0, tree: tree, encoded: tree.encoded()))
    }
    return body.response(.object([]))
  }

  private func respond(_ object: StoredObject, computed call: Call) throws(APIError) -> APIResponse {
    respond(try ObjectEncoder(call).tree(object.tree, at: call.now), call)
  }

  private func podMetrics(_ object: StoredObject, _ metrics: MetricsWindow, _ version: String) -> JSON? {
    let pod = object.view(Pod.self)
    let sidecars = pod.spec.initContainers.filter { $0.restartPolicy == "Always" }
    let names = (Array(pod.spec.containers) + sidecars).compactMap(\.name)
    guard pod.status.phase == "Running", let usage = metrics.podMetrics(object.uid, containers: names) else { return nil }
    let containers = usage.containers.map { container in
      ["name": .string(container.name), "usage": APIServer.usage(container)] as JSON
    }
    return [
      "kind": "PodMetrics", "apiVersion": .string(version),
      "metadata": APIServer.metadata(of: object, usage.timestamp), "timestamp": .string(usage.timestamp.rfc3339),
      "window": .string(APIServer.text(usage.window)), "containers": .array(containers),
    ]
  }

  private func nodeMetrics(_ object: StoredObject, _ metrics: MetricsWindow, _ version: String) -> JSON? {
    guard let usage = metrics.nodeMetrics(object.key.name) else { return nil }
    return [
      "kind": "NodeMetrics", "apiVersion": .string(version),
      "metadata": APIServer.metadata(of: object, usage.timestamp), "timestamp": .string(usage.timestamp.rfc3339),
      "window": .string(APIServer.text(usage.window)), "usage": APIServer.usage(usage.usage),
    ]
  }

  private static func metadata(of object: StoredObject, _ moment: Instant) -> JSON {
    var metadata: JSON = ["name": .string(object.key.name)]
    if !object.key.namespace.isEmpty { metadata.put(.namespace, .string(object.key.namespace)) }
    metadata.put(.creationTimestamp, .string(moment.rfc3339))
    metadata.put(.labels, object.tree[.metadata][.labels])
    return metadata
  }

  private static func usage(_ usage: ContainerUsage) -> JSON {
    ["cpu": .string(usage.cpu.description), "memory": .string(usage.memory.description)]
  }

  /// As Go writes durations: "15s", "15.04s".
  private static func text(_ duration: Duration) -> String {
    let nanoseconds = max(0, duration.nanoseconds)
    let fraction = String(nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()
    let digits = fraction.reversed().drop { $0 == "0" }.reversed()
    let minutes = nanoseconds / 60_000_000_000
    let rest = "\(nanoseconds / 1_000_000_000 % 60)\(digits.isEmpty ? "" : "." + String(digits))s"
    return minutes > 0 ? "\(minutes)m\(rest)" : rest
  }
}
