import CoreObjects
import EdgeLinux

/// Where a published port leads at the moment, as the store has it.
extension PublishedPort {
  /// Why that is nowhere, as the end of a sentence.
  struct Nowhere: Error {
    let reason: String
  }

  /// As a user calls it.
  var name: String {
    switch target {
    case .node(let port): "node port \(port)"
    case .service(let name, let namespace, let port):
      (port.map { "port \($0) of " } ?? "") + "Service \(name) in namespace \(namespace)"
    }
  }

  /// In the cluster's network.
  /// - Parameter node: address of the first one
  func destination(_ store: Store, node: String) throws(Nowhere) -> SocketAddress {
    switch target {
    case .node(let port): return SocketAddress(host: node, port: port)
    case .service(let name, let namespace, let wanted):
      guard let spec = store.get(.services, namespace: namespace, name)?.view(Service.self).spec else {
        throw Nowhere(reason: "which is not there yet")
      }
      guard spec.type != "ExternalName", let address = spec.clusterIP, !["", "None"].contains(address) else {
        throw Nowhere(reason: "which has no address in the cluster")
      }
      let port = spec.ports.first {
        isOf($0.protocol) && (wanted == nil || wanted == $0.name || wanted == $0.port.map { "\($0)" })
      }
      guard let number = port?.port.flatMap(UInt16.init(exactly:)) else {
        throw Nowhere(reason: "which has no such \(transport.rawValue) port")
      }
      return SocketAddress(host: address, port: number)
    }
  }

  /// Why nobody will answer, if that can be said.
  func problem(_ store: Store, node: String) -> String? {
    switch target {
    case .node(let port):
      let hasService = store.list(.services).contains { service in
        service.view(Service.self).spec.ports.contains { $0.nodePort == Int(port) && isOf($0.protocol) }
      }
      let hasPod = store.list(.pods).contains { pod in
        let pod = pod.view(Pod.self)
        return pod.status.hostIP == node
          && pod.spec.containers.contains { $0.ports.contains { $0.hostPort == Int(port) && isOf($0.protocol) } }
      }
      return hasService || hasPod ? nil : "which no Service has yet"
    case .service:
      do throws(Nowhere) { _ = try destination(store, node: node) } catch { return error.reason }
      return nil
    }
  }

  private func isOf(_ name: String?) -> Bool { (name ?? "TCP").lowercased() == transport.rawValue }
}
