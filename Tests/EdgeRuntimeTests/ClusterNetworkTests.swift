import EdgeRuntime
import TestMachine
import Testing

@Suite("The cluster's network", .enabled(if: Requirement.met(.root), "needs root"))
struct ClusterNetworkTests {
  /// What `ip` says of the bridge: "… link/ether 0a:58:0a:f4:00:01 brd …".
  private static func bridge(_ network: ClusterNetwork) async throws -> [Substring] {
    let show = ["--net=" + network.namespace.path, "ip", "-o", "link", "show", ClusterNetwork.bridge]
    let words = try await Program.run("/usr/bin/nsenter", show).output.split(separator: " ")
    return Array(words.drop { $0 != "link/ether" }.prefix(2))
  }

  @Test("an address is given out again though the network that had it is still about to end")
  func again() async throws {
    let network = try await ClusterNetwork(nodes: [0])
    let first = try network.attach(node: 0)
    network.detach(first)
    // As many as there are until it is its turn again.
    for _ in 1..<ClusterNetwork.addressesPerNode { network.detach(try network.attach(node: 0)) }
    let second = try network.attach(node: 0)
    #expect(second.address == first.address)
    withExtendedLifetime(first) {}
    network.detach(second)
  }

  @Test("the nodes' hardware address stays the same when pods come and go: the others know it by heart")
  func hardwareAddress() async throws {
    let network = try await ClusterNetwork(nodes: [0])
    let before = try await Self.bridge(network)
    #expect(before.count == 2)
    var pods: [ClusterNetwork.Attachment] = []
    for _ in 0..<4 { pods.append(try network.attach(node: 0)) }
    #expect(try await Self.bridge(network) == before)
    for pod in pods {
      network.detach(pod)
      #expect(try await Self.bridge(network) == before)
    }
  }
}
