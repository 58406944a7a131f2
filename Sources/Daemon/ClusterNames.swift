import CoreEngine
import CoreNode
import CoreObjects
import EdgeDNS
import EdgeLinux
import EdgeRuntime
import Synchronization

/// The cluster's names as the engine's store has them at the moment.
final class ClusterNames: Sendable {
  private static let port: UInt16 = 53

  private let host: EngineHost
  private let index = Mutex(ServiceIndex())

  private init(_ host: EngineHost) { self.host = host }

  /// The DNS server of a network; nil where there cannot be one, which is told: all else goes on without it.
  static func start(_ host: EngineHost, _ network: ClusterNetwork) -> DNSServer? {
    let address = SocketAddress(host: network.addresses.dns, port: port)
    let service = host.read { $0.store.get(.services, namespace: "kube-system", "kube-dns")?.view(Service.self) }
    guard service?.spec.clusterIP == address.host else {
      Standard.error("there is no DNS: \(address.host) is not the address of the Service kube-system/kube-dns")
      return nil
    }
    do throws(SystemError) {
      let sockets = try network.namespace.inside { () throws(SystemError) in
        (try Datagrams.bind(to: address), try Socket.listen(on: address))
      }
      let names = ClusterNames(host)
      let resolvers: @Sendable () -> [SocketAddress] = { ClusterNames.resolvers(besides: address.host) }
      return DNSServer(datagrams: sockets.0, listener: sockets.1, resolvers: resolvers) { names.answer($0, $1) }
    } catch {
      Standard.error("there is no DNS: \(error)")
      return nil
    }
  }

  private func answer(_ name: String, _ type: DNSType) -> DNSAnswer? {
    index.withLock { index in
      // A snapshot: a Service of a thousand pods shall not keep the engine waiting.
      let store = host.read(\.store)
      index.follow(store)
      return ClusterZone(store, index).answer(name, type)
    }
  }

  /// Those of this machine, as they are now; not this server itself, which would ask for ever.
  private static func resolvers(besides own: String) -> [SocketAddress] {
    let servers = DNSSpec(file: Machine.resolverFile).servers.filter { $0 != own }
    return servers.map { SocketAddress(host: $0, port: port) }.filter(\.isLiteral)
  }
}
