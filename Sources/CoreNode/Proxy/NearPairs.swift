/// The sources and destinations between a node and its own pods, as a set of nftables.
struct NearPairs {
  let nodes: Int

  var text: String {
    let pairs = (0..<nodes).flatMap { node in
      ["10.244.\(node).1 . 10.244.\(node).0/24", "10.244.\(node).0/24 . 10.244.\(node).1"]
    }
    return "type ipv4_addr . ipv4_addr; flags interval; elements = { \(pairs.joined(separator: ", ")) };"
  }
}
