import CLinux
import Glibc

/// Stream sockets. All are non-blocking and close-on-exec.
package enum Socket {
  private static func open(_ family: Int32) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("socket") { linux_socket(family, Int32(SOCK_STREAM.rawValue), 0) })
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32 = 1) {
    var value = value
    setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func value(_ socket: Int32, _ option: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    try system("getsockopt") { getsockopt(socket, SOL_SOCKET, option, &value, &size) }
    return value
  }

  /// Binds and listens. Port 0 takes a free port.
  /// - Throws: EINVAL where the host is no literal address.
  package static func listen(on address: SocketAddress, backlog: Int32 = 1024) throws(SystemError) -> Descriptor {
    let socket = try open(address.isIPv6 ? AF_INET6 : AF_INET)
    set(socket.number, SOL_SOCKET, SO_REUSEADDR)
    if address.isIPv6 { set(socket.number, Int32(IPPROTO_IPV6), Int32(IPV6_V6ONLY)) }
    try system("bind", "\(address)") { address.withSocketAddress { bind(socket.number, $0, $1) } ?? invalid() }
    try system("listen", "\(address)") { Glibc.listen(socket.number, backlog) }
    return socket
  }

  package static func isListening(_ socket: Descriptor) -> Bool { (try? value(socket.number, SO_ACCEPTCONN)) == 1 }

  private static func invalid() -> Int32 {
    errno = EINVAL
    return -1
  }

  /// Begins to connect; `finishConnecting` tells the end.
  package static func connect(to address: SocketAddress) throws(SystemError) -> Descriptor {
    let socket = try open(address.isIPv6 ? AF_INET6 : AF_INET)
    try begin(socket, "\(address)") { address.withSocketAddress { Glibc.connect(socket.number, $0, $1) } ?? invalid() }
    return socket
  }

  private static func begin(_ socket: Descriptor, _ path: String, _ connect: () -> Int32) throws(SystemError) {
    if connect() != 0, errno != EINPROGRESS { throw SystemError("connect", path) }
  }

  /// Whether the socket is connected by now.
  /// - Throws: why it cannot be.
  package static func finishConnecting(_ socket: Int32, _ path: String = "") throws(SystemError) -> Bool {
    let code = try value(socket, SO_ERROR)
    if code != 0 { throw SystemError("connect", path, code: code) }
    return SocketAddress.isConnected(socket)
  }

  /// Small pieces are sent at once.
  package static func setNoDelay(_ socket: Int32) { set(socket, Int32(IPPROTO_TCP), TCP_NODELAY) }

  /// A peer that is gone without a word is noticed some minutes after it was last heard.
  package static func setKeepAlive(_ socket: Int32, idleSeconds: Int32) {
    set(socket, SOL_SOCKET, SO_KEEPALIVE)
    set(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE, idleSeconds)
  }

  package static func accept(_ listener: Int32) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("accept") { linux_accept(listener) })
  }

  /// -1 with errno, as the call itself.
  package static func receive(_ socket: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    recv(socket, buffer.baseAddress, buffer.count, 0)
  }

  /// -1 with errno, as the call itself; a peer that is gone is EPIPE and no signal.
  package static func send(_ socket: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    Glibc.send(socket, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
  }

  /// Whether the last call failed because nothing could be sent or received at once.
  package static var isWaiting: Bool { errno == EAGAIN || errno == EINTR }

  /// The peer reads an end; what it sends is still read.
  package static func endWriting(_ socket: Int32) { shutdown(socket, Int32(SHUT_WR)) }

  /// Once it is closed the peer reads an error instead of an end.
  package static func setAborting(_ socket: Int32) {
    var limit = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &limit, socklen_t(MemoryLayout<linger>.size))
  }

  /// Both directions end, for whoever waits on the socket too.
  package static func end(_ socket: Int32) { shutdown(socket, Int32(SHUT_RDWR)) }
}

/// Unix sockets, by the path of a file.
extension Socket {
  package static func listen(at path: String, backlog: Int32) throws(SystemError) -> Descriptor {
    let socket = try open(AF_UNIX)
    try withAddress(path) { (address, size) throws(SystemError) in
      try system("bind", path) { bind(socket.number, address, size) }
    }
    try system("listen", path) { Glibc.listen(socket.number, backlog) }
    return socket
  }

  package static func connect(at path: String) throws(SystemError) -> Descriptor {
    let socket = try open(AF_UNIX)
    try withAddress(path) { (address, size) throws(SystemError) in
      try system("connect", path) { Glibc.connect(socket.number, address, size) }
    }
    return socket
  }

  /// Two that are connected to each other.
  package static func pair() throws(SystemError) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    try system("socketpair") { linux_socket_pair(&ends) }
    return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
  }

  /// A descriptor that the peer passes on.
  package static func receiveDescriptor(_ socket: Descriptor) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("receive") { linux_receive_descriptor(socket.number) })
  }

  /// A path of more than 107 bytes goes by its directory, which is open meanwhile.
  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Void
  ) throws(SystemError) {
    guard path.utf8.count >= MemoryLayout.size(ofValue: sockaddr_un().sun_path), let slash = path.lastIndex(of: "/") else {
      return try withShortAddress(path, body)
    }
    let directory = try Descriptor.directory(String(path[..<slash]))
    try withShortAddress(directory.path + path[slash...], body)
    withExtendedLifetime(directory) {}
  }

  /// - Throws: ENAMETOOLONG for a path of more than 107 bytes.
  private static func withShortAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Void
  ) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw SystemError("socket", path, code: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    try withUnsafePointer(to: &address) { (pointer) throws(SystemError) in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
        try body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
