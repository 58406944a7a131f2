import CoreObjects

/// What a pod was measured to use of a metric.
struct PodSample: Sendable {
  let pod: String
  let amount: Double
  /// When, by the cluster's clock.
  let at: Instant?

  /// Of all pods of a namespace; none where the cluster does not serve the metric.
  static func read(_ metric: ReadMetric, namespace: String, _ access: any ClusterAccess) async throws -> [PodSample] {
    guard case .resource(let container) = metric.kind else {
      let path = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/\(namespace)/pods/*/\(metric.name)"
      let labels = metric.labels.map { "\($0.key.name)%3D\($0.value.string ?? "")" }.joined(separator: "%2C")
      return try await access.get(path, query: labels.isEmpty ? "" : "metricLabelSelector=" + labels)[.items].elements.compactMap
      { item in
        guard let amount = amount(item["value"]) else { return nil }
        return PodSample(pod: item["describedObject"][.name].string ?? "", amount: amount, at: moment(item))
      }
    }
    let list = try await access.get("/apis/metrics.k8s.io/v1beta1/namespaces/\(namespace)/pods")
    return list[.items].elements.compactMap { item in
      let containers = item[.containers].elements.filter { container == nil || $0[.name].string == container }
      let amounts = containers.compactMap { amount($0["usage"][Key(metric.name)]) }
      if amounts.isEmpty { return nil }
      return PodSample(pod: item[.metadata][.name].string ?? "", amount: amounts.reduce(0, +), at: moment(item))
    }
  }

  private static func amount(_ text: JSON) -> Double? { text.string.flatMap { Quantity($0) }.map { Double($0.nano) / 1e9 } }
  private static func moment(_ item: JSON) -> Instant? { item["timestamp"].string.flatMap { Instant(rfc3339: $0) } }
}
