import CoreAPI
package import CoreAggregation
import CoreControllers
import CoreStore
import CoreTypes

/// Groups that other servers serve.
extension Engine {
  /// The servers that are to be asked what they serve.
  package var backends: [ServiceBackend] { server.aggregation.backends(server.store) }

  mutating func take(_ answers: [DiscoveryAnswer]) {
    server.aggregation.add(answers, server.store)
    guard let index = controllers.firstIndex(where: { $0 is APIServiceController }) else { return }
    for answer in answers {
      queue.add(.init(controller: index, key: ObjectKey(.apiServices, answer.backend.apiService)))
    }
  }
}
