import CoreObjects

/// custom.metrics.k8s.io and external.metrics.k8s.io from what pods tell about themselves, as long as no APIService has them served by
/// somebody else. Source of the paths and shapes: k8s.io/metrics, v0.36, and sigs.k8s.io/custom-metrics-apiserver.
extension DynamicGroups {
  /// Group and version of both. One version each: the newest that clients understand.
  static let builtInMetrics = [
    (group: MetricQuery.custom, version: "v1beta2"), (group: MetricQuery.external, version: "v1beta1"),
  ]
  /// Whether such a group version is ours now.
  func servesMetrics(_ group: String, _ version: String, _ store: Store) -> Bool {
    DynamicGroups.builtInMetrics.contains { $0.group == group && $0.version == version }
      && aggregation.versions(of: group, store).isEmpty
  }

  /// As discovery shows them.
  func metricVersions(_ store: Store) -> [DynamicVersion] {
    let names = metrics.custom.names(namespace: nil)
    func entry(_ name: String, _ isNamespaced: Bool, _ kind: String) -> JSON {
      [
        "name": .string(name), "singularName": "", "namespaced": .bool(isNamespaced), "kind": .string(kind), "verbs": ["get"],
      ]
    }
    return DynamicGroups.builtInMetrics.filter { servesMetrics($0.group, $0.version, store) }.map { group, version in
      let resources =
        group == MetricQuery.external
        ? names.map { entry($0, true, "ExternalMetricValueList") }
        : names.map { entry("namespaces/" + $0, false, "MetricValueList") }
          + names.map { entry("pods/" + $0, true, "MetricValueList") }
      return DynamicVersion(
        group: group, version: version, groupPriority: 100, versionPriority: 100, resources: resources, isCurrent: true)
    }
  }

}

extension APIServer {
  private static let describedLimit = 20_000

  /// Below /apis/GROUP/VERSION of one of them; authorised already.
  func answerMetrics(
    _ info: RequestInfo, _ query: Query, _ request: APIRequest, _ store: Store, _ dynamic: DynamicGroups
  ) throws(APIError) -> APIResponse {
    guard ["GET", "HEAD"].contains(request.method) else { throw .methodNotAllowed() }
    guard info.isResource else {
      let segments = info.segments
      let found = dynamic.metricVersions(store).first { $0.group == segments[1] }
      return .json([
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(segments[1] + "/" + segments[2]),
        "resources": .array(found?.resources ?? []),
      ])
    }
    let isExternal = info.group == MetricQuery.external
    let items =
      isExternal
      ? try externalValues(info, query, dynamic.metrics.custom) : try customValues(info, query, store, dynamic.metrics.custom)
    return .json([
      "kind": isExternal ? "ExternalMetricValueList" : "MetricValueList",
      "apiVersion": .string(info.group + "/" + info.version), "metadata": .object([]), "items": .array(items),
    ])
  }

  private func selector(_ name: String, _ query: Query) throws(APIError) -> LabelRequirements? {
    guard let text = query[name], !text.isEmpty else { return nil }
    do throws(LabelRequirements.Problem) { return try LabelRequirements(text) } catch { throw .badRequest(error.message) }
  }

  // MARK: Custom

  private func customValues(
    _ info: RequestInfo, _ query: Query, _ store: Store, _ metrics: CustomMetrics
  ) throws(APIError) -> [JSON] {
    if info.hasMore || info.namespace.isEmpty { throw .noSuchResource }
    let chosen = try selector("metricLabelSelector", query)
    func value(_ found: [PodMetric], _ object: JSON, _ metric: String) -> JSON? {
      guard let sum = APIServer.sum(found, chosen), let at = found.map(\.at).min() else { return nil }
      var identifier: JSON = ["name": .string(metric)]
      identifier.put(.selector, chosen == nil ? .null : APIServer.tree(chosen))
      return [
        "describedObject": object, "metric": identifier, "timestamp": .string(at.rfc3339),
        "value": .string(Quantity(milli: sum).description),
      ]
    }
    // The namespace itself: namespaces/NS/metrics/NAME.
    if info.resource == "metrics", info.subresource.isEmpty, !info.name.isEmpty {
      let found = metrics.metrics(info.name, namespace: info.namespace)
      let object: JSON = ["kind": "Namespace", "name": .string(info.namespace), "apiVersion": "/v1"]
      guard let item = value(found, object, info.name) else { throw .noMetric(info.name, "namespaces", info.namespace) }
      return [item]
    }
    guard !info.subresource.isEmpty else { throw .noSuchResource }
    let dot = info.resource.utf8.firstIndex(of: UInt8(ascii: "."))
    let name = String(info.resource[..<(dot ?? info.resource.endIndex)])
    let group = dot.map { String(info.resource[info.resource.index(after: $0)...]) } ?? ""
    guard let definition = table.resources.lazy.map(\.definition).first(where: { $0.id == ResourceID(group, name) }) else {
      throw .noSuchResource
    }
    let objects = try described(info, definition, try selector("labelSelector", query), store)
    let items = objects.compactMap { object -> JSON? in
      let found =
        object.key.resource == .pods
        ? metrics.metric(info.subresource, namespace: info.namespace, podUID: object.uid).map { [$0] } ?? []
        : metrics.metrics(
          info.subresource, namespace: info.namespace, ofKind: definition.kind, named: object.key.name)
      let reference: JSON = [
        "kind": .string(definition.kind), "namespace": .string(info.namespace), "name": .string(object.key.name),
        "apiVersion": .string(group + "/" + definition.versions[0].version),
      ]
      return value(found, reference, info.subresource)
    }
    if items.isEmpty { throw .noMetric(info.subresource, info.resource, info.name) }
    return items
  }

  private func described(
    _ info: RequestInfo, _ definition: ResourceDefinition, _ labels: LabelRequirements?, _ store: Store
  ) throws(APIError) -> [StoredObject] {
    if info.name != "*" {
      guard let object = store.get(definition.id, namespace: info.namespace, info.name) else {
        throw .notFound(definition.id, info.name)
      }
      return [object]
    }
    let all = store.list(definition.id, namespace: info.namespace).filter { labels?.matches($0.metadata.labels) ?? true }
    guard all.count <= APIServer.describedLimit else {
      throw .badRequest("more than \(APIServer.describedLimit) objects are asked for: give a labelSelector")
    }
    return all
  }

  // MARK: External

  /// Each series by itself, as with labels of a queue each.
  private func externalValues(
    _ info: RequestInfo, _ query: Query, _ metrics: CustomMetrics
  ) throws(APIError) -> [JSON] {
    guard !info.namespace.isEmpty, info.pathName.isEmpty, info.subresource.isEmpty else { throw .noSuchResource }
    let chosen = try selector("labelSelector", query)
    let found = metrics.metrics(info.resource, namespace: info.namespace)
    if found.isEmpty { throw .noMetric(info.resource, "", info.namespace) }
    return found.flatMap { metric in
      metric.series.filter { chosen?.matches($0.labels) ?? true }.map { series in
        [
          "metricName": .string(info.resource), "metricLabels": series.labels.tree, "timestamp": .string(metric.at.rfc3339),
          "value": .string(Quantity(milli: series.milli).description),
        ] as JSON
      }
    }
  }

  private static func sum(_ found: [PodMetric], _ chosen: LabelRequirements?) -> Int64? {
    let series = found.flatMap(\.series).filter { chosen?.matches($0.labels) ?? true }
    return series.isEmpty ? nil : Int64(clamping: series.reduce(Int128(0)) { $0 + Int128($1.milli) })
  }

  /// As metav1.LabelSelector.
  private static func tree(_ requirements: LabelRequirements?) -> JSON {
    let expressions = (requirements?.requirements ?? []).map { requirement in
      let word =
        switch requirement.operator {
        case .in: "In"
        case .notIn: "NotIn"
        case .exists: "Exists"
        case .doesNotExist: "DoesNotExist"
        }
      var tree: JSON = ["key": .string(requirement.key), "operator": .string(word)]
      if !requirement.values.isEmpty { tree.put(.values, .array(requirement.values.map { .string($0) })) }
      return tree
    }
    return ["matchExpressions": .array(expressions)]
  }
}

extension APIError {
  fileprivate static func noMetric(_ metric: String, _ resource: String, _ name: String) -> APIError {
    let subject = resource.isEmpty ? "namespace \(name)" : name == "*" ? resource : "\(resource) \(name)"
    return APIError(
      code: 404, reason: "NotFound",
      message: "the server could not find the metric \(metric) for \(subject): no pod that is asked shows such a series")
  }
}
