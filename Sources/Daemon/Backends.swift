import CoreAPI
import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeRuntime
import Synchronization

/// Clients of the servers behind APIServices, Services, pods and nodes.
final class Backends: Sendable {
  /// How a server is reached.
  struct Way: Sendable {
    var client: HTTPClient
    var origin: HTTPOrigin
    /// To be closed with it.
    var isOfOneRequest = false
  }

  /// Clients kept at the most; each keeps a few connections.
  private static let clientLimit = AggregatedGroups.limit
  /// For a connection, and between two pieces of an answer where nothing else is said.
  static let patience = Duration.seconds(5)

  private struct State {
    var clients: [ServiceBackend: HTTPClient] = [:]
  }

  /// For servers that nobody vouches for: pods, and what is behind Services.
  private static let anybody = try? TLSContext(clientTrusting: [], isVerifying: false)

  private let agent: Slot<NodeAgent>
  private let addresses: ClusterAddresses
  private let identity: Identity
  private let kubelets: TLSContext
  private let state = Mutex(State())

  /// - Parameters:
  ///   - identity: what the servers behind APIServices are shown; they believe its owner who asks
  ///   - kubelets: for those: they are of this cluster, and know the API server
  init(agent: Slot<NodeAgent>, addresses: ClusterAddresses, identity: Identity, kubelets: TLSContext) {
    (self.agent, self.addresses, self.identity, self.kubelets) = (agent, addresses, identity, kubelets)
  }

  /// - Throws: `CertificateError`
  func way(to server: ProxyRequest.Server) throws -> Way {
    switch server {
    case .backend(let backend): return Way(client: try client(backend), origin: Backends.origin(backend))
    case .place(let place):
      let tls = !place.isTLS ? nil : place.isKubelet ? kubelets : Backends.anybody
      let address = place.addresses[.random(in: place.addresses.indices)]
      // Another one where that cannot be reached.
      let routes = ([address] + place.addresses.filter { $0 != address }).compactMap(route)
      return Way(
        client: HTTPClient(tls: tls, patience: Backends.patience, routes: routes),
        origin: HTTPOrigin(isTLS: place.isTLS, host: address.host, port: UInt16(exactly: address.port)), isOfOneRequest: true)
    }
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
    guard addresses.holds(address.host) else { return .host(address.host, port: port) }
    return .socket { [agent] in
      guard let agent = agent.value else { throw HTTPClientError.unreachable(address.host, reason: "no node runs here") }
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
