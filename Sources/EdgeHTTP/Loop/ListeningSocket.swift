import CLinux
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
    case .portInUse(let address): "cannot listen on \(address): the port is in use by another process"
    case .notPermitted(let address): "cannot listen on \(address): not permitted (ports below 1024 need privileges)"
    case .failed(let address, let code): "cannot listen on \(address): \(String(cString: strerror(code)))"
    case .notListening(let descriptor): "descriptor \(descriptor) is not a listening socket"
    }
  }
}

/// A bound, listening, non-blocking socket; closed by its owner.
struct ListeningSocket {
  let descriptor: Int32
  let address: SocketAddress

  init(_ address: SocketAddress) throws(ListenError) {
    let isIPv6 = address.host.contains(":")
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
    guard descriptor >= 0 else { throw .failed(address, errno: errno) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if isIPv6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), Int32(IPV6_V6ONLY), &one, 4) }
    let outcome: Int32? = address.withSocketAddress { pointer, length in
      bind(descriptor, pointer, length) == 0 && listen(descriptor, 1024) == 0 ? 0 : errno
    }
    guard outcome == 0 else {
      close(descriptor)
      switch outcome {
      case nil: throw .notAnAddress(address.host)
      case EADDRINUSE: throw .portInUse(address)
      case EACCES: throw .notPermitted(address)
      case let code: throw .failed(address, errno: code ?? 0)
      }
    }
    self.descriptor = descriptor
    self.address = SocketAddress.local(of: descriptor) ?? address
  }

  /// Takes over a socket that somebody else bound, for instance inside a network namespace.
  init(adopting descriptor: Int32) throws(ListenError) {
    var isListening: Int32 = 0
    var length: socklen_t = 4
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1,
      let address = SocketAddress.local(of: descriptor)
    else { throw .notListening(descriptor: descriptor) }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    self.descriptor = descriptor
    self.address = address
  }
}
