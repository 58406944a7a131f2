package import EdgeLinux
import Glibc

/// A network namespace, held by an open descriptor: it has no name anywhere, so nothing of it can be left behind.
package final class NetworkNamespace: Sendable {
  let descriptor: Descriptor

  package init() throws(SystemError) {
    descriptor = try PosixThread.result { () throws(SystemError) in
      try ThreadNamespace.network.enterNew()
      return try ThreadNamespace.network.open()
    }
  }

  /// One that is there, by a file.
  package init(_ path: String) throws(SystemError) { descriptor = try Descriptor.open(path, O_RDONLY) }

  /// The namespace as a file that other processes can open while this one lives.
  package var path: String { descriptor.path }

  /// Runs `body` inside, on this thread, which comes back. Sockets that it makes stay inside wherever they are used.
  package func inside<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
    let home = try ThreadNamespace.network.open()
    try ThreadNamespace.network.enter(descriptor)
    defer {
      do { try ThreadNamespace.network.enter(home) } catch { fatalError("a thread could not leave a network: \(error)") }
    }
    return try body()
  }
}

package enum NetworkError: Error, CustomStringConvertible {
  case refused(lines: [String], output: String)
  case refusedRules(output: String)
  case noAddress(node: Int)
  case noNode(Int)
  case noLink
  case noRules
  /// The kernel has no such queue for packets.
  case noQueue
  case tooManyRoutes
  case notAnAddress(String)

  package var description: String {
    switch self {
    case .refused(let lines, let output): "ip or tc could not carry out \"\(lines.joined(separator: "; "))\": \(output)"
    case .refusedRules(let output): "nft: \(output.prefix { $0 != "\n" })"
    case .noAddress(let node): "node \(node) has given out all its \(ClusterNetwork.addressesPerNode) addresses"
    case .noNode(let number): "there is no node \(number)"
    case .tooManyRoutes: "this machine has too many routes to see which addresses are free"
    case .noQueue: "this kernel has no netem (module sch_netem)"
    case .noRules: "the cluster's network has no rules of nftables"
    case .noLink: "198.18.0.0/16 is all in use on this machine"
    case .notAnAddress(let text): "\"\(text)\" is not an IPv4 address"
    }
  }
}
