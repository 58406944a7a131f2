import Glibc

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  package let host: String
  package let port: UInt16
  /// The interface of a link-local address.
  private let scope: UInt32

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
    scope = 0
  }

  package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  var isIPv6: Bool { host.contains(":") }
  package var isLiteral: Bool { withSocketAddress { _, _ in true } ?? false }

  /// Calls `body` with the address in the kernel's form; nil if `host` is not a literal address.
  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
    var four = sockaddr_in()
    if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      return withUnsafePointer(to: &four) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
    }
    var six = sockaddr_in6()
    if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      six.sin6_scope_id = scope
      return withUnsafePointer(to: &six) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in6>.size)) }
      }
    }
    return nil
  }

  package static func local(of descriptor: Int32) -> SocketAddress? { read { getsockname(descriptor, $0, $1) } }
  package static func peer(of descriptor: Int32) -> SocketAddress? { read { getpeername(descriptor, $0, $1) } }

  static func isConnected(_ descriptor: Int32) -> Bool { peer(of: descriptor) != nil }

  private static func read(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let found = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
    }
    guard found == 0 else { return nil }
    let family = Int32(storage.ss_family)
    return withUnsafePointer(to: &storage) { SocketAddress(storage: UnsafeRawPointer($0), family: family) }
  }

  /// From a sockaddr of the kernel or of getaddrinfo; nil for families other than IPv4 and IPv6.
  init?(storage: UnsafeRawPointer, family: Int32) {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch family {
    case AF_INET:
      var address = storage.loadUnaligned(as: sockaddr_in.self)
      guard inet_ntop(AF_INET, &address.sin_addr, &text, socklen_t(text.count)) != nil else { return nil }
      port = UInt16(bigEndian: address.sin_port)
      scope = 0
    case AF_INET6:
      var address = storage.loadUnaligned(as: sockaddr_in6.self)
      guard inet_ntop(AF_INET6, &address.sin6_addr, &text, socklen_t(text.count)) != nil else { return nil }
      port = UInt16(bigEndian: address.sin6_port)
      scope = address.sin6_scope_id
    default: return nil
    }
    host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
