import CoreAPI
package import CoreAggregation
import CoreControllers
package import CoreMetrics
import CoreStore
import CoreTypes

/// Groups that other servers serve.
extension Engine {
  /// The servers that are to be asked what they serve.
  package var backends: [ServiceBackend] { server.aggregation.backends(server.store) }

  /// What autoscalers want to know of metrics adapters now, and whom to ask; sorted. The answers come back all at once.
  package var metricQuestions: [(query: MetricQuery, backend: ServiceBackend)] {
    guard let controller = controllers.lazy.compactMap({ $0 as? HorizontalPodAutoscalerController }).first else { return [] }
    return controller.questions(in: Snapshot(store: server.store, metrics: server.metrics, aggregation: server.aggregation))
  }

  mutating func take(_ answers: [DiscoveryAnswer]) {
    server.aggregation.add(answers, server.store)
    guard let index = controllers.firstIndex(where: { $0 is APIServiceController }) else { return }
    for answer in answers {
      queue.add(.init(controller: index, key: ObjectKey(.apiServices, answer.backend.apiService)))
    }
  }
}
