import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeRuntime
import Synchronization

/// Clients of the servers behind APIServices.
final class Backends: Sendable {
  /// Clients kept at the most; each keeps a few connections.
  private static let clientLimit = AggregatedGroups.limit
  /// For a connection, and between two pieces of an answer where nothing else is said.
  static let patience = Duration.seconds(5)

  private struct State {
    var clients: [ServiceBackend: HTTPClient] = [:]
  }

  private let agent: Slot<NodeAgent>
  private let identity: Identity
  private let state = Mutex(State())

  /// - Parameter identity: what the servers behind are shown; they believe its owner who asks.
  init(agent: Slot<NodeAgent>, identity: Identity) {
    self.agent = agent
    self.identity = identity
  }

  /// The name that a server is asked under, and that its certificate is to bear.
  static func origin(_ backend: ServiceBackend) -> HTTPOrigin {
    HTTPOrigin(isTLS: true, host: backend.serverName, port: 443)
  }

  /// - Throws: `CertificateError` for a caBundle that is none.
  func client(_ backend: ServiceBackend) throws(CertificateError) -> HTTPClient {
    if let known = state.withLock({ $0.clients[backend] }) { return known }
    let tls =
      switch backend.trust {
      case .anybody: try TLSContext(clientTrusting: [], identity: identity, isVerifying: false)
      case .authorities(let bundle): try TLSContext(clientTrusting: bundle, identity: identity)
      case .machine: try TLSContext(clientTrusting: [], identity: identity)
      }
    let routes = backend.addresses.compactMap(route)
    return state.withLock { state in
      let client = HTTPClient(tls: tls, patience: Backends.patience, routes: routes)
      let surplus = state.clients.count >= Backends.clientLimit ? Array(state.clients.values) : []
      if !surplus.isEmpty { state.clients = [:] }
      // A Service whose endpoints have changed has another client.
      let stale = state.clients.keys.filter { $0.apiService == backend.apiService }
      let gone = surplus + stale.compactMap { state.clients.removeValue(forKey: $0) }
      state.clients[backend] = client
      if !gone.isEmpty { Task { for client in gone { await client.close() } } }
      return client
    }
  }

  /// Pods are in the cluster's network; other addresses are those of this machine and beyond.
  private func route(_ address: ServiceBackend.Address) -> HTTPClientRoute? {
    guard let port = UInt16(exactly: address.port) else { return nil }
    guard ClusterNetwork.holds(address.host), agent.value != nil else { return .host(address.host, port: port) }
    return .socket { [agent] in
      guard let agent = agent.value else { throw HTTPClientError.unreachable(address.host, reason: "the nodes are down") }
      return try await agent.network.connect(address.host, port: port, timeout: Backends.patience)
    }
  }

  func close() async {
    let all = state.withLock { state in
      defer { state.clients = [:] }
      return Array(state.clients.values)
    }
    for client in all { await client.close() }
  }
}
