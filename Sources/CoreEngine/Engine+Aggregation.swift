import CoreControllers
package import CoreObjects

/// Groups that other servers serve.
extension Engine {
  /// The servers that are to be asked what they serve.
  package var backends: [ServiceBackend] { aggregation.backends(store) }

  /// What autoscalers want to know of metrics adapters now, and whom to ask; sorted. The answers come back all at once.
  package var metricQuestions: [(query: MetricQuery, backend: ServiceBackend)] {
    controller(HorizontalPodAutoscalerController.self)?.questions(in: snapshot) ?? []
  }

  mutating func record(_ answers: [DiscoveryAnswer]) {
    aggregation.add(answers, store)
    guard let index = controllers.firstIndex(where: { $0 is APIServiceController }) else { return }
    for answer in answers {
      queue.add(.init(controller: index, key: ObjectKey(.apiServices, answer.backend.apiService)))
    }
  }
}
