import CLinux
import Glibc

/// Sockets of UDP. All are non-blocking and close-on-exec.
package enum Datagrams {
  /// Who sent a datagram, in the kernel's form.
  package struct Peer: Sendable {
    fileprivate var address = sockaddr_storage()
    fileprivate var size = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// nil for families other than IPv4 and IPv6.
    package var socketAddress: SocketAddress? {
      withUnsafePointer(to: address) { SocketAddress(storage: $0, family: Int32(address.ss_family)) }
    }
  }

  private static func open(
    _ what: String, _ address: SocketAddress, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SystemError) -> Descriptor {
    let family = address.isIPv6 ? AF_INET6 : AF_INET
    let socket = Descriptor(owning: try system("socket") { linux_socket(family, Int32(SOCK_DGRAM.rawValue), 0) })
    guard let result = address.withSocketAddress({ call(socket.number, $0, $1) }) else {
      throw SystemError(what, "\(address)", code: EINVAL)
    }
    if result != 0 { throw SystemError(what, "\(address)") }
    return socket
  }

  /// Receives what is sent to an address. Port 0 takes a free port.
  package static func bind(to address: SocketAddress) throws(SystemError) -> Descriptor {
    try open("bind", address) { Glibc.bind($0, $1, $2) }
  }

  /// Sends to one peer, and receives from it alone.
  package static func connect(to address: SocketAddress) throws(SystemError) -> Descriptor {
    try open("connect", address) { Glibc.connect($0, $1, $2) }
  }

  /// The next datagram; nil where there is none.
  package static func receive(
    _ socket: Descriptor, _ buffer: UnsafeMutableRawBufferPointer
  ) -> (bytes: UnsafeRawBufferPointer, sender: Peer)? {
    var peer = Peer()
    let count = withUnsafeMutablePointer(to: &peer.address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        recvfrom(socket.number, buffer.baseAddress, buffer.count, 0, $0, &peer.size)
      }
    }
    return count < 0 ? nil : (UnsafeRawBufferPointer(rebasing: buffer[..<count]), peer)
  }

  /// A datagram that cannot be sent is lost, as it may be anywhere on its way.
  package static func send(_ bytes: [UInt8], to peer: Peer, from socket: Descriptor) {
    var peer = peer
    withUnsafePointer(to: &peer.address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, peer.size)
      }
    }
  }
}
