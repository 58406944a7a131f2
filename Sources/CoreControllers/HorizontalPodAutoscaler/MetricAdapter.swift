package import CoreObjects

/// The server behind an APIService from which autoscalers read metrics of one API group, in the place of what pods report.
/// Source: pkg/controller/podautoscaler/metrics/client.go, v1.36.
struct MetricAdapter {
  private let apiService: StoredObject
  private let version: String
  /// The API as messages call it: custom or external.
  private let api: String

  /// The one for a metric; nil where no APIService with a service has its group, or the metric needs none.
  init?(_ source: AutoscalerRules.Source, _ snapshot: Snapshot) {
    switch source {
    case .pods, .object: self.init(custom: snapshot)
    case .external: self.init(external: snapshot)
    case .resource, .containerResource, .unknown: return nil
    }
  }

  init?(custom snapshot: Snapshot) { self.init(MetricQuery.custom, MetricQuery.customVersions, "custom", snapshot) }
  init?(external snapshot: Snapshot) { self.init(MetricQuery.external, MetricQuery.externalVersions, "external", snapshot) }

  /// The version of the highest priority that is understood.
  private init?(_ group: String, _ versions: [String], _ api: String, _ snapshot: Snapshot) {
    var best: (stored: StoredObject, version: String, priority: Int)?
    for version in versions {
      guard let stored = snapshot.aggregation.service(group: group, version: version, snapshot.store) else { continue }
      let priority = stored.view(APIService.self).spec.versionPriority ?? 0
      if best.map({ $0.priority < priority }) ?? true { best = (stored, version, priority) }
    }
    guard let best else { return nil }
    apiService = best.stored
    version = best.version
    self.api = api
  }

  func query(_ source: AutoscalerRules.Source, namespace: String, pods: LabelSelector) -> MetricQuery? {
    switch source {
    case .pods(let metric):
      .pods(
        version: version, namespace: namespace, metric: metric.name ?? "", pods: pods.text, selector: metric.selector.text)
    case .object(let metric, let object):
      .object(
        version: version, namespace: namespace, kind: object.kind ?? "", apiVersion: object.apiVersion ?? "",
        name: object.name ?? "", metric: metric.name ?? "", selector: metric.selector.text)
    case .external(let metric):
      .external(version: version, namespace: namespace, metric: metric.name ?? "", selector: metric.selector.text)
    case .resource, .containerResource, .unknown: nil
    }
  }

  /// Whom to ask; nil where it cannot be reached.
  func backend(_ snapshot: Snapshot) -> ServiceBackend? { try? ServiceBackend(apiService, snapshot.store) }

  /// What it answered last.
  func values(_ query: MetricQuery, _ snapshot: Snapshot) throws(MetricFailure) -> [AdapterAnswer.Value] {
    func failure(_ reason: String) -> MetricFailure { .adapterFailed(api: api, reason: reason) }
    if let condition = snapshot.aggregation.condition(apiService, snapshot.store), !condition.isTrue {
      throw failure("APIService \(apiService.key.name) is not available: \(condition.reason): \(condition.message)")
    }
    switch snapshot.metrics.adapters.answer(query) {
    case .values(let values):
      if values.isEmpty { throw .adapterEmpty(api: api) }
      return values
    case .failed(let reason): throw failure("\(query): \(reason)")
    case nil:
      throw failure(
        "\(query) has not been asked yet: that is done every 15 s, for \(HorizontalPodAutoscalerController.questionLimit) "
          + "questions at the most")
    }
  }
}

extension HorizontalPodAutoscalerController {
  /// Questions to adapters in one round at the most.
  static let questionLimit = 5_000

  /// What autoscalers want to know of metrics adapters, and whom to ask; sorted.
  package func questions(in snapshot: Snapshot) -> [(query: MetricQuery, backend: ServiceBackend)] {
    // Found once, not for each autoscaler. One that cannot be reached is not asked; `values` reports that.
    let custom = MetricAdapter(custom: snapshot).flatMap { adapter in adapter.backend(snapshot).map { (adapter, $0) } }
    let external = MetricAdapter(external: snapshot).flatMap { adapter in adapter.backend(snapshot).map { (adapter, $0) } }
    if custom == nil, external == nil { return [] }
    var found: [MetricQuery: ServiceBackend] = [:]
    for stored in snapshot.store.list(.horizontalPodAutoscalers) {
      let rules = memories[stored.key]?.rules ?? AutoscalerRules(stored.view(HorizontalPodAutoscaler.self).spec)
      for metric in rules.metrics {
        let place =
          switch metric.source {
          case .pods, .object: custom
          case .external: external
          case .resource, .containerResource, .unknown: nil as (MetricAdapter, ServiceBackend)?
          }
        guard let (adapter, backend) = place,
          let target = try? ScaleTarget.find(rules.target, namespace: stored.key.namespace, snapshot.store),
          let query = adapter.query(metric.source, namespace: stored.key.namespace, pods: target.selector)
        else { continue }
        found[query] = backend
      }
    }
    return found.keys.sorted().prefix(Self.questionLimit).map { (query: $0, backend: found[$0]!) }
  }
}
