import CoreAPI
package import CoreObjects

/// One thing that the storm's user does: a request, or another load.
package struct StormAct: Sendable, CustomStringConvertible {
  /// Memory of each container of the image "app" from now on; then there is no request.
  package var memoryBytes: Int64?
  package var method = ""
  package var path = ""
  package var query = ""
  package var contentType = "application/json"
  package var body: JSON = .null
  /// What follows before any controller can look.
  package var then: [StormAct] = []

  package static func create(_ manifest: JSON) -> StormAct {
    StormAct(method: "POST", path: StormAct.collection(manifest), body: manifest)
  }

  package static func load(mebibytes: Int) -> StormAct { StormAct(memoryBytes: Int64(mebibytes) << 20) }

  package static func patch(_ key: ObjectKey, _ merge: JSON, subresource: String = "") -> StormAct {
    StormAct(
      method: "PATCH", path: path(key) + (subresource.isEmpty ? "" : "/" + subresource),
      contentType: "application/merge-patch+json",
      body: merge)
  }

  /// - Parameter propagation: Background, Foreground or Orphan
  package static func delete(_ key: ObjectKey, propagation: String = "Background", graceSeconds: Int? = nil) -> StormAct {
    let grace = graceSeconds.map { "&gracePeriodSeconds=\($0)" } ?? ""
    return StormAct(method: "DELETE", path: path(key), query: "propagationPolicy=\(propagation)\(grace)")
  }

  package static func evict(_ pod: ObjectKey) -> StormAct {
    let eviction: JSON = [
      "apiVersion": "policy/v1", "kind": "Eviction",
      "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)],
    ]
    return StormAct(method: "POST", path: path(pod) + "/eviction", body: eviction)
  }

  private static func collection(_ manifest: JSON) -> String {
    Resources.collectionPath(of: manifest) ?? "/"
  }

  private static func path(_ key: ObjectKey) -> String {
    let group = key.resource.group
    let served = group.isEmpty ? "v1" : group + (group == "autoscaling" ? "/v2" : "/v1")
    return (group.isEmpty ? "/api/" : "/apis/") + served + (key.namespace.isEmpty ? "" : "/namespaces/" + key.namespace) + "/"
      + key.resource.name + "/" + key.name
  }

  package var description: String {
    if let memoryBytes { return "user: each container holds \(memoryBytes >> 20) Mi" }
    let sent = body == .null || method == "POST" ? "" : " " + String(decoding: body.encoded(), as: UTF8.self)
    return "user: \(method) \(path)\(query.isEmpty ? "" : "?" + query)\(sent)"
  }
}
