package import CoreObjects

/// An authorised request that another server answers.
package struct ProxyRequest: Sendable, Equatable {
  package var backend: ServiceBackend
  /// Path and query, percent-encoded.
  package var target: String
  /// Who asks, for a server that takes our word for it. Nothing of the client's own under such names may be passed on.
  package var identity: [APIResponse.Header]
  /// A watch: its answer may be silent for long.
  package var isWatch: Bool
}
