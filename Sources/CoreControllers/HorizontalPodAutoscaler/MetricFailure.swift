import CoreObjects

/// Why a metric gives no replica count.
package enum MetricFailure: Error, Sendable {
  case unknownSource(String)
  case noPods
  /// The target of the metric is of another type than its source needs.
  case noUtilizationOrAverage(resource: String)
  case noAverage
  case noValueOrAverage

  // Resources
  case noRequest(resource: String, container: String, pod: String)
  case zeroRequests
  case noSample(pods: Int, unready: Int)
  case containerNotMeasured(String, pod: String)

  // Metrics that pods report about themselves
  case noPodRuns(pods: Int)
  case notAnnotated
  case notScraped
  case scrapeFailed(pod: String, problem: String)
  case noPodShows(metric: String)
  case noPodMatches(selector: String)
  case noSeries(metric: String, namespace: String)
  case noSeriesOfObject(metric: String, label: String)
  case noSeriesMatches(selector: String)

  // Metrics of an adapter; `api` is "custom" or "external"
  case adapterFailed(api: String, reason: String)
  case adapterEmpty(api: String)
  case adapterWithoutPods
  case adapterValues(count: Int)

  package var message: String {
    switch self {
    case .unknownSource(let type): "unknown metric source type \"\(type)\""
    case .noPods: "no pod matches the selector of the target: is it scaled to 0, or can its pods not be made?"
    case .noUtilizationOrAverage(let resource):
      "the target of \(resource) is neither a utilization nor an average value above 0"
    case .noAverage: "its target is not an average value above 0"
    case .noValueOrAverage: "its target is neither a value nor an average value above 0"
    case .noRequest(let resource, let container, let pod):
      "container \(container) of pod \(pod) has no request for \(resource): set resources.requests.\(resource), or aim at an "
        + "averageValue instead of a utilization"
    case .zeroRequests: "the pods request 0 of it: give resources.requests above 0"
    case .noSample(let pods, let unready):
      "none of the \(pods) pods has a sample to count (\(unready) not ready yet): the first comes with the next "
        + "scrape after a container has run for 10 s"
    case .containerNotMeasured(let container, let pod): "container \(container) not present in metrics for pod \(pod)"
    case .noPodRuns(let pods): "none of the \(pods) pods runs"
    case .notAnnotated:
      "no pod of the target carries the annotation \(Self.annotation): \"true\", so none is asked for its numbers"
    case .notScraped: "the pods of the target have not been scraped yet: that is done every 15 s"
    case .scrapeFailed(let pod, let problem): "the scrape of pod \(pod) gave nothing: \(problem)"
    case .noPodShows(let metric):
      "no pod of the target shows a series named \"\(metric)\"; a counter is named without _total, after its second scrape"
    case .noPodMatches(let selector): "no series of the pods matches the selector \"\(selector)\" of the metric"
    case .noSeries(let metric, let namespace): "no pod of namespace \(namespace) shows a series named \"\(metric)\""
    case .noSeriesOfObject(let metric, let label): "no series named \"\(metric)\" has the label \(label)"
    case .noSeriesMatches(let selector): "none of its series matches the selector \"\(selector)\" of the metric"
    case .adapterFailed(let api, let reason): "unable to fetch metrics from \(api) metrics API: \(reason)"
    case .adapterEmpty(let api): "no metrics returned from \(api) metrics API"
    case .adapterWithoutPods: "the adapter told of no pod of the target that runs"
    case .adapterValues(let count): "the adapter told \(count) values where one object was asked for"
    }
  }

  /// Of events and conditions.
  package enum Reason: String, Sendable {
    case resource = "FailedGetResourceMetric"
    case containerResource = "FailedGetContainerResourceMetric"
    case pods = "FailedGetPodsMetric"
    case object = "FailedGetObjectMetric"
    case external = "FailedGetExternalMetric"
    case unknown = "InvalidMetricSourceType"
  }

  /// Pods with this annotation, "true", are asked for their numbers.
  static let annotation = "prometheus.io/scrape"
}

extension AutoscalerRules.Source {
  /// Source: computeStatusFor…Metric, horizontal.go, v1.36.
  var failureReason: MetricFailure.Reason {
    switch self {
    case .resource: .resource
    case .containerResource: .containerResource
    case .pods: .pods
    case .object: .object
    case .external: .external
    case .unknown: .unknown
    }
  }

  func message(_ failure: MetricFailure) -> String {
    let subject: String
    switch self {
    case .resource(let name): subject = "\(name) usage"
    case .containerResource(let name, let container): subject = "\(name) usage of container \(container)"
    case .pods(let metric): subject = "pods metric \(metric.name ?? "")"
    case .object(let metric, _): subject = "object metric \(metric.name ?? "")"
    case .external(let metric): subject = "external metric \(metric.name ?? "")"
    case .unknown: return failure.message
    }
    return "failed to get \(subject): \(failure.message)"
  }
}
