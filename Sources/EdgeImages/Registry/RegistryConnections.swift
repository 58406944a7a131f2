import EdgeHTTP

/// The clients for all registries: those whose TLS is configured have one of their own.
struct RegistryConnections: Sendable {
  private let usual: HTTPClient
  private let configured: [String: HTTPClient]
  private let configuration: RegistryConfiguration

  init(_ configuration: RegistryConfiguration, _ patience: PullPatience) {
    self.configuration = configuration
    usual = HTTPClient(tls: try? TLSContext(clientTrusting: []), patience: patience.silence)
    configured = configuration.contexts.mapValues { HTTPClient(tls: $0, patience: patience.silence) }
  }

  /// - Parameter registry: whose own host it is.
  func client(for origin: HTTPOrigin, registry: String? = nil) -> HTTPClient {
    configuration.names(of: origin, registry: registry).lazy.compactMap { configured[$0] }.first ?? usual
  }
}
