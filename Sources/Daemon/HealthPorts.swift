import CoreEngine
import CoreNode
import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeLinux
import EdgeRuntime
import Synchronization

/// Tells load balancers which nodes have backends of a Service that keeps its callers' addresses, at its healthCheckNodePort on each
/// node. Source: pkg/proxy/healthcheck/service_health.go, v1.36.
final class HealthPorts: Sendable {
  private struct Place: Hashable {
    var node: String
    var port: Int
  }

  /// Where they are opened.
  private struct Surroundings {
    let host: EngineHost
    let agent: NodeAgent
    let loops: [EventLoop]
  }

  private struct State {
    var surroundings: Surroundings?
    var ports: [ObjectKey: Int] = [:]
    var servers: [Place: HTTPServer] = [:]
    var isDue = false
    var worker: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Begins; what was said before is carried out now.
  func open(_ host: EngineHost, _ agent: NodeAgent, loops: [EventLoop]) {
    state.withLock { $0.surroundings = Surroundings(host: host, agent: agent, loops: loops) }
    refresh()
  }

  /// Never blocks.
  func receive(_ routes: OwnedRoutes) {
    let isNews = state.withLock { state in
      if state.ports[routes.owner] == routes.healthPort { return false }
      state.ports[routes.owner] = routes.healthPort
      return true
    }
    if isNews { refresh() }
  }

  /// Ports or nodes are others than before.
  func refresh() {
    state.withLock { state in
      state.isDue = true
      if state.worker != nil || state.surroundings == nil { return }
      state.worker = Task.detached { [weak self] in
        while let self, self.begins() { await self.adjust() }
      }
    }
  }

  private func begins() -> Bool {
    state.withLock { state in
      if !state.isDue || state.surroundings == nil { state.worker = nil }
      defer { state.isDue = false }
      return state.worker != nil
    }
  }

  private func adjust() async {
    let (ports, surroundings) = state.withLock { ($0.ports, $0.surroundings) }
    guard let surroundings else { return }
    var wanted: [Place: (owner: ObjectKey, index: Int)] = [:]
    for (owner, port) in ports.sorted(by: { $0.key < $1.key }) {
      for node in surroundings.agent.nodes { wanted[Place(node: node.name, port: port)] = (owner, node.index) }
    }
    let old = state.withLock { state in
      let old = state.servers.filter { wanted[$0.key] == nil }
      for place in old.keys { state.servers[place] = nil }
      return old
    }
    for server in old.values { await server.stop(grace: .zero) }
    for (place, (_, index)) in wanted where state.withLock({ $0.servers[place] == nil }) {
      let server = HTTPServer(
        HTTPServerConfiguration(tls: nil) { [weak self] _ in self?.answer(place, surroundings.host) ?? .text(503, "") },
        loops: surroundings.loops)
      do { try server.listen(adopting: try surroundings.agent.network.listen(onNode: index, port: UInt16(place.port))) } catch {
        Standard.error("node \(place.node) cannot answer at its healthCheckNodePort \(place.port): \(error)")
        continue
      }
      state.withLock { $0.servers[place] = server }
    }
  }

  private func answer(_ place: Place, _ host: EngineHost) -> HTTPResponse {
    guard let service = state.withLock({ state in state.ports.first { $0.value == place.port }?.key }) else {
      return .text(503, "")
    }
    let count = host.read { engine in
      engine.store.list(.endpointSlices, namespace: service.namespace).reduce(0) { count, stored in
        let slice = stored.view(EndpointSlice.self)
        guard slice.metadata.labels["kubernetes.io/service-name"] == service.name, slice.addressType == "IPv4" else {
          return count
        }
        return count + slice.endpoints.count { $0.nodeName == place.node && $0.conditions.ready ?? true }
      }
    }
    let body: JSON = [
      "service": ["namespace": .string(service.namespace), "name": .string(service.name)], "localEndpoints": .int(Int64(count)),
      "serviceProxyHealthy": true,
    ]
    return HTTPResponse(
      status: count > 0 ? 200 : 503,
      headers: [
        "content-type": "application/json", "x-content-type-options": "nosniff", "x-load-balancing-endpoint-weight": "\(count)",
      ], body: .bytes(body.encoded()))
  }

  func stop() async {
    let worker = state.withLock { state in
      state.surroundings = nil
      return state.worker
    }
    await worker?.value
    let servers = state.withLock { state in
      defer { state.servers = [:] }
      return state.servers
    }
    for server in servers.values { await server.stop(grace: .zero) }
  }
}
