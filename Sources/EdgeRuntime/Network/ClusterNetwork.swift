package import CoreObjects
import EdgeLinux
import Synchronization

/// The cluster's network: one namespace, the router, with a bridge that nodes and pods are plugged into, apart from the machine's.
///
/// Nobody has neighbours but the router: all that nodes and pods send to each
/// other is routed here, where Services' addresses are translated (`RouteRules`) and translated back. A node has a namespace of
/// its own, where pods are that use the network of their host.
package final class ClusterNetwork: Sendable {
  package static let bridge = "wt0"
  package static let addressesPerNode = 253
  /// A bridge without an address of its own takes the lowest of its ports': with each pod that goes it could be another, and the others
  /// would not reach it until they ask again, half a minute later.
  private static let hardwareAddress = "0a:58:0a:f4:00:01"

  /// A pod's place in the network.
  package struct Attachment: Sendable {
    package let namespace: NetworkNamespace
    package let address: String
    let node: Int
    package let host: UInt8
  }

  package let addresses: ClusterAddresses
  package let namespace: NetworkNamespace
  private let links: NetworkLinks
  /// By their numbers.
  private let places = Mutex<[Int: NetworkNamespace]>([:])
  private let allocated = Mutex<[Int: Set<UInt8>]>([:])
  private let recent = Mutex<[Int: UInt8]>([:])

  /// Above the highest number that a node can have.
  package static let nodeLimit = 64

  /// Where a node is; nil where there is none.
  package func place(ofNode number: Int) -> NetworkNamespace? { places.withLock { $0[number] } }

  /// - Parameter nodes: their numbers
  package init(nodes: [Int], _ addresses: ClusterAddresses = ClusterAddresses()) async throws {
    self.addresses = addresses
    namespace = try NetworkNamespace()
    links = try namespace.inside { () throws(SystemError) in
      try ClusterNetwork.becomeRouter()
      return try NetworkLinks()
    }
    var lines = [
      "link set lo up", "link add \(ClusterNetwork.bridge) address \(ClusterNetwork.hardwareAddress) type bridge",
      "link set \(ClusterNetwork.bridge) up",
    ]
    lines.append("addr add \(addresses.router)/16 dev \(ClusterNetwork.bridge)")
    lines += [addresses.apiServer, addresses.dns].map { "addr add \($0)/32 dev lo" }
    // An address to begin with: without a route nobody would come to where it is translated.
    for range in [addresses.serviceRange, addresses.balancerRange] {
      lines.append("route add \(range) dev \(ClusterNetwork.bridge) src \(addresses.router)")
    }
    try await NetworkTools(namespace).link(lines)
    for node in nodes { try add(node: node) }
  }

  /// What an earlier daemon has made.
  /// - Parameters:
  ///   - router: the namespace of the bridge, as a file
  ///   - places: the nodes' by their numbers
  package init(adopting router: String, places: [Int: String], _ addresses: ClusterAddresses) throws {
    self.addresses = addresses
    let namespace = try NetworkNamespace(router)
    self.namespace = namespace
    links = try namespace.inside { () throws(SystemError) in try NetworkLinks() }
    let places = try places.mapValues { try NetworkNamespace($0) }
    self.places.withLock { $0 = places }
  }

  /// The numbers of the nodes that are plugged in.
  package var nodes: [Int] { places.withLock { $0.keys.sorted() } }

  /// A pod's place that an earlier daemon has made.
  package func adopt(_ namespace: NetworkNamespace, node: Int, host: UInt8) -> Attachment {
    allocated.withLock { _ = $0[node, default: []].insert(host) }
    recent.withLock { $0[node] = max($0[node] ?? host, host) }
    return Attachment(namespace: namespace, address: addresses.node(node, host: host), node: node, host: host)
  }

  package func add(node: Int) throws {
    let place = try NetworkNamespace()
    try plug(place, into: "node\(node)", address: addresses.node(node))
    places.withLock { $0[node] = place }
  }

  /// Its interface goes with what still lives in it.
  package func remove(node: Int) {
    try? links.remove("node\(node)")
    places.withLock { $0[node] = nil }
  }

  /// Whether anything reaches a node and its pods.
  package func set(node: Int, isUp: Bool) {
    let pods = allocated.withLock { $0[node, default: []] }.map { "pod\(node).\($0)" }
    // A pod's may be gone by now.
    for port in ["node\(node)"] + pods { try? links.set(port, isUp: isUp) }
  }

  /// Gives a namespace an `eth0` with an address, which is a port of the bridge.
  private func plug(_ place: NetworkNamespace, into port: String, address: String) throws {
    try links.add(port: port, of: ClusterNetwork.bridge, peer: "eth0", in: place.descriptor)
    let inside = try place.inside { () throws(SystemError) in try NetworkLinks() }
    try inside.set("lo", isUp: true)
    try inside.settle("eth0", at: address, router: addresses.router)
  }

  /// For the thread's network. A kernel may have the bridge ask netfilter, too: it would send packets back unrouted.
  private static func becomeRouter() throws(SystemError) {
    try Files.set("/proc/sys/net/ipv4/ip_forward", "1")
    // Nobody is told of a shorter way: it would miss the translation.
    for scope in ["all", "default"] { try Files.set("/proc/sys/net/ipv4/conf/\(scope)/send_redirects", "0") }
    let bridgeCalls = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    if Files.exists(bridgeCalls) { try Files.set(bridgeCalls, "0") }
  }

  /// Gives a pod a namespace of its own, with an address on the bridge.
  package func attach(node: Int) throws -> Attachment {
    let host = try allocate(node)
    do {
      let pod = Attachment(
        namespace: try NetworkNamespace(), address: addresses.node(node, host: host), node: node, host: host)
      try plug(pod.namespace, into: "pod\(node).\(host)", address: pod.address)
      return pod
    } catch {
      release(node, host)
      throw error
    }
  }

  /// Frees the address. The interfaces and the port go with the namespace's last process and descriptor: the kernel takes away those of
  /// many namespaces at once, and one after the other only as fast as its grace periods pass, while nobody else can add any.
  package func detach(_ pod: Attachment) { release(pod.node, pod.host) }

  /// The next free address after the last one that was given out: one that was freed just now rests.
  private func allocate(_ node: Int) throws(NetworkError) -> UInt8 {
    let last = recent.withLock { $0[node, default: 1] }
    let host = allocated.withLock { allocated -> UInt8? in
      let used = allocated[node, default: []]
      for step in 1...ClusterNetwork.addressesPerNode {
        let host = UInt8((Int(last) - 2 + step) % ClusterNetwork.addressesPerNode + 2)
        if !used.contains(host) {
          allocated[node, default: []].insert(host)
          return host
        }
      }
      return nil
    }
    guard let host else { throw .noAddress(node: node) }
    recent.withLock { $0[node] = host }
    return host
  }

  private func release(_ node: Int, _ host: UInt8) {
    allocated.withLock { _ = $0[node]?.remove(host) }
  }
}
