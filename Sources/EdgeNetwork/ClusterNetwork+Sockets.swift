import CLinux
package import EdgeLinux
import Glibc

extension ClusterNetwork {
  /// A non-blocking listening TCP socket in the cluster's network.
  package func listen(_ address: String, port: UInt16, backlog: Int32 = 1024) throws -> Descriptor {
    let place = try SocketPlace(address, port)
    return try namespace.inside { () throws(SystemError) in
      let socket = try SocketPlace.stream()
      var on: Int32 = 1
      setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
      try system("bind", place.text) { place.withAddress { bind(socket.number, $0, $1) } }
      try system("listen", place.text) { Glibc.listen(socket.number, backlog) }
      return socket
    }
  }

  /// A non-blocking connected TCP socket to an address in the cluster's network, such as a pod's.
  /// - Throws: `SystemError` (ETIMEDOUT after `timeout`), `NetworkError`, CancellationError.
  package func connect(_ address: String, port: UInt16, timeout: Duration = .seconds(10)) async throws -> Descriptor {
    try await namespace.connect(address, port: port, timeout: timeout)
  }
}

extension NetworkNamespace {
  /// A non-blocking connected TCP socket to an address as seen from inside.
  /// - Throws: `SystemError` (ETIMEDOUT after `timeout`), `NetworkError`, CancellationError.
  package func connect(_ address: String, port: UInt16, timeout: Duration = .seconds(10)) async throws -> Descriptor {
    let place = try SocketPlace(address, port)
    let socket = try inside { () throws(SystemError) in try SocketPlace.stream() }
    let result = place.withAddress { Glibc.connect(socket.number, $0, $1) }
    if result == 0 { return socket }
    guard errno == EINPROGRESS else { throw SystemError("connect", place.text) }
    try await Readiness.shared.wait(for: socket, writing: true, timeout: timeout, what: place.text)
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &size)
    if code != 0 { throw SystemError("connect", place.text, code: code) }
    return socket
  }
}

/// An IPv4 address and a port as the kernel wants them.
private struct SocketPlace: Sendable {
  let text: String
  private let host: UInt32
  private let port: UInt16

  init(_ address: String, _ port: UInt16) throws(NetworkError) {
    var parsed = in_addr()
    guard inet_pton(AF_INET, address, &parsed) == 1 else { throw .notAnAddress(address) }
    host = parsed.s_addr
    self.port = port
    text = "\(address):\(port)"
  }

  static func stream() throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("socket") { linux_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
  }

  func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
