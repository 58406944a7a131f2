import CoreEngine
import CoreObjects
import EdgeHTTP
import EdgeLinux
import EdgeRuntime
import Synchronization

/// The ports of the host that lead into the cluster's network.
final class PortPublisher: Sendable {
  /// Ports at a time.
  static let limit = 100

  private struct Entry {
    let port: PublishedPort
    let relay: any Relay
  }

  private let host: EngineHost
  private let network: ClusterNetwork
  private let loops: [EventLoop]
  /// In the order in which they were published.
  private let entries = Mutex<[Entry]>([])

  init(host: EngineHost, network: ClusterNetwork, loops: [EventLoop]) {
    (self.host, self.network, self.loops) = (host, network, loops)
  }

  /// Binds the host's side: what comes waits there until somebody `open`s it.
  static func bind(_ port: PublishedPort) throws(ListenError) -> (port: PublishedPort, socket: ListeningSocket) {
    let socket = try ListeningSocket(port.address, forDatagrams: port.transport == .udp)
    var port = port
    port.address = socket.address
    return (port, socket)
  }

  func open(_ port: PublishedPort, _ socket: ListeningSocket) {
    let find: @Sendable () throws -> SocketAddress = { [host, node = network.addresses.node(0)] in
      try host.read { engine in Result { try port.destination(engine.store, node: node) } }.get()
    }
    let relay: any Relay =
      switch port.transport {
      case .tcp:
        StreamRelay(socket, loops: loops) { [network] in
          let address = try find()
          return try await network.connect(address.host, port: address.port)
        }
      case .udp:
        DatagramRelay(socket, loop: loops[0]) { [network] in
          let address = try find()
          return try network.datagrams(to: address.host, port: address.port)
        }
      }
    entries.withLock { $0.append(Entry(port: port, relay: relay)) }
  }

  /// - Returns: with the port that was taken where any would do.
  func publish(_ port: PublishedPort) throws(PublishError) -> PublishedPort {
    let ports = entries.withLock { $0.map(\.port) }
    if port.address.port > 0, let taken = ports.first(where: { $0.place == port.place }) { throw .published(taken) }
    if ports.count >= PortPublisher.limit { throw .tooMany(limit: PortPublisher.limit) }
    let bound: (port: PublishedPort, socket: ListeningSocket)
    do throws(ListenError) { bound = try PortPublisher.bind(port) } catch { throw .listen(error) }
    open(bound.port, bound.socket)
    return bound.port
  }

  /// Connections through what is taken away end.
  func remove(_ side: HostSide) async -> [PublishedPort] {
    let removed = entries.withLock { entries in
      defer { entries.removeAll { side.names($0.port) } }
      return entries.filter { side.names($0.port) }
    }
    for entry in removed { await entry.relay.stop() }
    return removed.map(\.port)
  }

  func stop() async {
    for entry in entries.withLock({ $0 }) { await entry.relay.stop() }
  }

  /// What is published, a line each.
  var lines: [String] {
    entries.withLock { $0.map { ($0.port, $0.relay.count) } }.map { port, count in
      let users = port.transport == .tcp ? "connection" : "client"
      return line(port) + (count == 0 ? "" : "; \(count) \(users)\(count == 1 ? "" : "s")")
    }
  }

  /// Where a port leads, and why nobody is there, if so.
  func line(_ port: PublishedPort) -> String {
    let problem = host.read { port.problem($0.store, node: network.addresses.node(0)) }
    return "\(port.place) leads to \(port.name)" + (problem.map { ", \($0)" } ?? "")
  }
}
