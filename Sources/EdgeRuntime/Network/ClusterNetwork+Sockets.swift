import CoreObjects
package import EdgeLinux

extension ClusterNetwork {
  /// A non-blocking listening TCP socket in the cluster's network.
  package func listen(_ address: String, port: UInt16, backlog: Int32 = 1024) throws -> Descriptor {
    let address = try SocketAddress(literal: address, port)
    return try namespace.inside { () throws(SystemError) in try Socket.listen(on: address, backlog: backlog) }
  }

  /// The same at a node's own address, in its network.
  package func listen(onNode index: Int, port: UInt16, backlog: Int32 = 1024) throws -> Descriptor {
    let address = try SocketAddress(literal: addresses.node(index), port)
    guard let place = place(ofNode: index) else { throw NetworkError.noNode(index) }
    return try place.inside { () throws(SystemError) in try Socket.listen(on: address, backlog: backlog) }
  }

  /// A non-blocking connected TCP socket to an address in the cluster's network, such as a pod's.
  /// - Throws: `SystemError` (ETIMEDOUT after `timeout`), `NetworkError`, CancellationError.
  package func connect(_ address: String, port: UInt16, timeout: Duration = .seconds(10)) async throws -> Descriptor {
    try await namespace.connect(address, port: port, timeout: timeout)
  }

  /// A non-blocking UDP socket that sends to an address in the cluster's network and receives from it alone.
  package func datagrams(to address: String, port: UInt16) throws -> Descriptor {
    let address = try SocketAddress(literal: address, port)
    return try namespace.inside { () throws(SystemError) in try Datagrams.connect(to: address) }
  }
}

extension NetworkNamespace {
  /// A non-blocking connected TCP socket to an address as seen from inside.
  /// - Throws: `SystemError` (ETIMEDOUT after `timeout`), `NetworkError`, CancellationError.
  package func connect(_ address: String, port: UInt16, timeout: Duration = .seconds(10)) async throws -> Descriptor {
    let address = try SocketAddress(literal: address, port)
    let socket = try inside { () throws(SystemError) in try Socket.connect(to: address) }
    while !(try Socket.finishConnecting(socket.number, "\(address)")) {
      try await Readiness.shared.wait(for: socket, writing: true, timeout: timeout, what: "\(address)")
    }
    return socket
  }
}

extension SocketAddress {
  fileprivate init(literal address: String, _ port: UInt16) throws(NetworkError) {
    self.init(host: address, port: port)
    if !isLiteral { throw .notAnAddress(address) }
  }
}
