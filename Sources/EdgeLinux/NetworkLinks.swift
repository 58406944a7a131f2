import CLinux
import Synchronization

/// The interfaces of a network, by rtnetlink: a pod comes too often for a program that is started for it.
package final class NetworkLinks: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Used by one thread at a time.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }
  private let handle: Mutex<Handle>

  /// Of the network in which the calling thread is; it can be used from any other.
  package init() throws(SystemError) {
    guard let pointer = linux_links_open() else { throw SystemError("socket", "rtnetlink") }
    handle = Mutex(Handle(pointer: pointer))
  }

  deinit { handle.withLock { linux_links_close($0.pointer) } }

  private func call(_ what: @autoclosure () -> String, _ body: (OpaquePointer) -> Int32) throws(Failure) {
    let result = handle.withLock { body($0.pointer) }
    if result < 0 { throw Failure(description: "\(what()): \(String(cString: linux_links_reason(result)))") }
  }

  /// Adds a port to a bridge, and has it be `peer` in another network.
  package func add(port: String, of bridge: String, peer: String, in network: Descriptor) throws(Failure) {
    try call("add port \(port) of \(bridge)") { linux_links_add_port($0, port, bridge, peer, network.number) }
  }

  /// Gives an interface its only address and the way out by a router, which is a neighbour, and sets it up.
  package func settle(_ name: String, at address: String, router: String) throws(Failure) {
    try call("give \(name) the address \(address) and the router \(router)") { linux_links_settle($0, name, address, router) }
  }

  package func set(_ name: String, isUp: Bool) throws(Failure) {
    try call("set \(name) \(isUp ? "up" : "down")") { linux_links_set_up($0, name, isUp ? 1 : 0) }
  }

  package func remove(_ name: String) throws(Failure) {
    try call("remove \(name)") { linux_links_remove($0, name) }
  }
}
