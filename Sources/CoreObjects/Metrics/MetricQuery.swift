/// One question to a metrics adapter. Source of the paths: k8s.io/metrics/pkg/client, v0.36.
package struct MetricQuery: Sendable, Hashable, Comparable, CustomStringConvertible {
  package static let custom = "custom.metrics.k8s.io"
  package static let external = "external.metrics.k8s.io"
  /// Versions that are understood, the preferred one first.
  package static let customVersions = ["v1beta2", "v1beta1"]
  package static let externalVersions = ["v1beta1"]

  package var group: String
  package var version: String
  /// Path and query, percent-encoded.
  package var target: String

  private init(_ group: String, _ version: String, _ namespace: String, _ path: [String], _ query: [(String, String)]) {
    self.group = group
    self.version = version
    let place = ["apis", group, version, "namespaces", namespace] + path
    let pairs = query.filter { !$0.1.isEmpty }.map { "\($0.0)=\(PercentText.encodeQuery($0.1))" }
    target =
      "/" + place.map { PercentText.encode($0) }.joined(separator: "/")
      + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }

  /// A number of each pod that `pods` selects; selectors as query text.
  package static func pods(
    version: String, namespace: String, metric: String, pods: String, selector: String
  ) -> MetricQuery {
    MetricQuery(
      custom, version, namespace, ["pods", "*", metric], [("labelSelector", pods), ("metricLabelSelector", selector)])
  }

  /// A number of one object; of the namespace itself where the object is one.
  package static func object(
    version: String, namespace: String, kind: String, apiVersion: String, name: String, metric: String, selector: String
  ) -> MetricQuery {
    let slash = apiVersion.utf8.firstIndex(of: UInt8(ascii: "/"))
    let group = slash.map { String(apiVersion[..<$0]) } ?? ""
    let path =
      kind == "Namespace" && group.isEmpty ? ["metrics", metric] : [resource(of: kind, group), name, metric]
    return MetricQuery(custom, version, namespace, path, [("metricLabelSelector", selector)])
  }

  /// A number from outside of the cluster.
  package static func external(version: String, namespace: String, metric: String, selector: String) -> MetricQuery {
    MetricQuery(external, version, namespace, [metric], [("labelSelector", selector)])
  }

  /// "services", "ingresses.networking.k8s.io". Source of the plural: UnsafeGuessKindToResource, k8s.io/apimachinery, v0.36.
  private static func resource(of kind: String, _ group: String) -> String {
    let singular = kind.lowercased()
    let plural =
      singular == "endpoints" || singular.isEmpty
      ? singular
      : singular.hasSuffix("s")
        ? singular + "es" : singular.hasSuffix("y") ? String(singular.dropLast()) + "ies" : singular + "s"
    return group.isEmpty ? plural : plural + "." + group
  }

  package static func < (left: MetricQuery, right: MetricQuery) -> Bool { left.target < right.target }
  package var description: String { target }
}
