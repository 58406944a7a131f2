package import EdgeLinux
import Glibc

/// Why a server cannot listen.
package enum ListenError: Error, Equatable, CustomStringConvertible {
  case notAnAddress(String)
  case portInUse(SocketAddress)
  case notPermitted(SocketAddress)
  case failed(SocketAddress, errno: Int32)
  case notListening(descriptor: Int32)

  package var description: String {
    switch self {
    case .notAnAddress(let host): "cannot listen on \"\(host)\": it is not an IPv4 or IPv6 address"
    case .portInUse(let address): "cannot listen on \(address): the port is in use"
    case .notPermitted(let address): "cannot listen on \(address): not permitted (ports below 1024 need privileges)"
    case .failed(let address, let code): "cannot listen on \(address): \(String(cString: strerror(code)))"
    case .notListening(let descriptor): "descriptor \(descriptor) is not a listening socket"
    }
  }
}

/// A bound, non-blocking socket that listens for connections, or receives datagrams.
package struct ListeningSocket: Sendable {
  let socket: Descriptor
  package let address: SocketAddress

  package init(_ address: SocketAddress, forDatagrams: Bool = false) throws(ListenError) {
    guard address.isLiteral else { throw .notAnAddress(address.host) }
    do throws(SystemError) {
      socket = try forDatagrams ? Datagrams.bind(to: address) : Socket.listen(on: address)
    } catch {
      switch error.code {
      case EADDRINUSE: throw .portInUse(address)
      case EACCES: throw .notPermitted(address)
      case let code: throw .failed(address, errno: code)
      }
    }
    self.address = SocketAddress.local(of: socket.number) ?? address
  }

  /// A socket that somebody else bound, for instance inside a network namespace.
  init(adopting socket: Descriptor) throws(ListenError) {
    guard Socket.isListening(socket), let address = SocketAddress.local(of: socket.number) else {
      throw .notListening(descriptor: socket.number)
    }
    socket.setNonBlocking()
    self.socket = socket
    self.address = address
  }
}
