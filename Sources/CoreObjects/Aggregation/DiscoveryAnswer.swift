/// What a backend answered to the question which resources it serves. The answer is the check of its availability, too.
package struct DiscoveryAnswer: Sendable, Equatable {
  /// Bytes of an answer, and resources that it may name.
  package static let limitBytes = 4 << 20
  package static let resourceLimit = 10_000

  package enum Outcome: Sendable, Equatable {
    /// The entries of its APIResourceList.
    case resources([JSON])
    /// In words for people.
    case failed(String)
  }
  package var backend: ServiceBackend
  package var outcome: Outcome

  package init(_ backend: ServiceBackend, _ outcome: Outcome) {
    self.backend = backend
    self.outcome = outcome
  }

  /// The path that is asked.
  package static func path(_ backend: ServiceBackend) -> String { "/apis/\(backend.group)/\(backend.version)" }

  /// From the answer of the backend. Source: remote_available_controller.go, v1.36: a status outside of the 200s is a failure.
  package init(_ backend: ServiceBackend, status: Int, body: [UInt8]) {
    self.backend = backend
    let place = DiscoveryAnswer.path(backend)
    guard (200..<300).contains(status) else {
      outcome = .failed("bad status from \(place): \(status)")
      return
    }
    guard let tree = try? JSONParser.parse(body), tree[.resources].isArray else {
      outcome = .failed("the answer of \(place) is no APIResourceList")
      return
    }
    let resources = tree[.resources].elements.filter { $0[.name].string?.isEmpty == false }
    outcome =
      resources.count <= DiscoveryAnswer.resourceLimit
      ? .resources(resources) : .failed("\(place) names more than \(DiscoveryAnswer.resourceLimit) resources")
  }
}
