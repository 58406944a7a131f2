package import CoreObjects

/// What a cluster needs among the machine's own rules: pods' way out, and its own way in to node ports, at all of its addresses, and to
/// addresses of Services that lie outside of the cluster. Only what the machine itself calls is led in.
package struct HostRules: KernelRules {
  package typealias Word = OwnedRoutes

  package let table: String
  package let base: String
  private let addresses: ClusterAddresses
  /// Of the cluster's ranges.
  private let reached: [String]
  private var wanted: [ObjectKey: [RuleElement]] = [:]
  private var installed: [RuleElement] = []

  /// - Parameters:
  ///   - interface: that leads to the cluster
  ///   - link: the range between both: "198.18.0.0/30"
  ///   - reached: the cluster's ranges that the machine reaches
  package init(table: String, interface: String, link: String, _ addresses: ClusterAddresses, reached: [String]) {
    (self.table, self.addresses, self.reached) = (table, addresses, reached)
    base = """
      table \(table) {
        map nodeports { type inet_proto . inet_service : ipv4_addr; }
        map outside { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
        chain postrouting {
          type nat hook postrouting priority 100
          ip saddr \(link) oifname != "\(interface)" masquerade
          oifname "\(interface)" ct status dnat masquerade
        }
        chain output {
          type nat hook output priority -100
          dnat ip to ip daddr . meta l4proto . th dport map @outside
          fib daddr type local dnat to meta l4proto . th dport map @nodeports
        }
        chain forward { type filter hook forward priority 0; oifname "\(interface)" ct state new drop; }
      }

      """
  }

  package mutating func replace(_ words: [OwnedRoutes]) -> RuleUpdate {
    for word in words where word.owner.resource == .services {
      let elements = elements(word.routes)
      wanted[word.owner] = elements.isEmpty ? nil : elements
    }
    // What two ask for, the first by name has, as in the cluster.
    var keys: Set<[String]> = []
    let all = wanted.sorted { $0.key < $1.key }.flatMap(\.value).filter { keys.insert([$0.container, $0.key]).inserted }
    var script = RuleScript(table: table)
    script.replace(installed, with: all)
    installed = all
    return RuleUpdate(script: script.text)
  }

  private func elements(_ routes: [Route]) -> [RuleElement] {
    var elements: [RuleElement] = []
    let services = addresses.services + "."
    let cluster = routes.first { $0.frontend.address.hasPrefix(services) && $0.frontend.callersNode == nil }?.frontend.address
    // The first node that has somebody to answer.
    for route in routes.filter({ !$0.backends.isEmpty }) + routes.filter(\.backends.isEmpty) {
      let (frontend, address) = (route.frontend, route.frontend.address)
      let port = "\(frontend.protocol) . \(frontend.port)"
      if addresses.holds(address) {
        if reached.contains(addresses.podRange) { elements.append(RuleElement("nodeports", port, address)) }
      } else if let cluster, reached.contains(addresses.serviceRange), !address.hasPrefix(services),
        !address.hasPrefix(addresses.balancers + ".")
      {
        elements.append(RuleElement("outside", "\(address) . \(port)", "\(cluster) . \(frontend.port)"))
      }
    }
    return elements
  }
}
