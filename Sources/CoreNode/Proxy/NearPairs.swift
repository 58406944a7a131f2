import CoreObjects

/// The sources and destinations between a node and its own pods, as a set of nftables.
struct NearPairs {
  let nodes: Int
  let addresses: ClusterAddresses

  var text: String {
    let pairs = (0..<nodes).flatMap { node in
      let (own, pods) = (addresses.node(node), addresses.range(ofNode: node))
      return ["\(own) . \(pods)", "\(pods) . \(own)"]
    }
    return "type ipv4_addr . ipv4_addr; flags interval; elements = { \(pairs.joined(separator: ", ")) };"
  }
}
