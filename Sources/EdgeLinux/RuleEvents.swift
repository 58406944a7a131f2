import CLinux
import Glibc

/// Tells that somebody has changed the rules of nftables in a network.
package struct RuleEvents: Sendable {
  private static let rulesGroup: UInt32 = 7
  private static let netfilter: Int32 = 12
  private let socket: Descriptor

  /// In the network that the thread is in.
  package init() throws(SystemError) {
    let socket = Descriptor(
      owning: try system("socket") { linux_socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), RuleEvents.netfilter) })
    // struct sockaddr_nl: its family, which number the kernel is to give it, and the groups as bits.
    let address: [UInt32] = [UInt32(AF_NETLINK), 0, 1 << (RuleEvents.rulesGroup - 1)]
    try system("bind") {
      address.withUnsafeBytes {
        bind(socket.number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
    self.socket = socket
  }

  /// Returns once rules have changed since the last time, and a second has passed: a change seldom comes alone.
  /// - Throws: CancellationError
  package func next() async throws {
    try await Readiness.shared.wait(for: socket, writing: false)
    try await Task.sleep(for: .seconds(1))
    // Whoever has missed some is told so by an error.
    while true {
      do { if try socket.readNow() == nil { return } } catch { continue }
    }
  }
}
