package import CoreObjects

/// All routes as nftables' rules: what is installed, and the script that makes the next state of it.
///
/// A connection takes the same few lookups however many routes there are: `services` says by address and port among how many
/// backends one is drawn (a chain "pick" for each number), and `endpoints` has the backend of each number drawn. All that grows with
/// them are elements of maps. The number drawn is the packet's mark. Where a client stays with its backend, `affinity` remembers
/// the backend's own number, which stays with it; `slots` has it for each number drawn.
package struct RouteRules: KernelRules {
  package static let table = "ip wavetank"

  /// Who asks for a frontend; the first has it.
  private var claims: [Route.Frontend: [ObjectKey: Route]] = [:]
  private var frontends: [ObjectKey: [Route.Frontend]] = [:]
  private var installed: [Route.Frontend: InstalledRoute] = [:]
  private var chains: Set<RuleChain> = []
  /// How many installed routes lead to an address.
  private var uses: [String: Int] = [:]

  package let base: String
  package var table: String { RouteRules.table }

  /// - Parameter base: what is there before any route
  package init(base: String = "") { self.base = base }

  /// What is there before any route: the tables and the hooks. A packet of a connection that was translated once does not come here
  /// again. Questions about names are answered here, so the kernel need not remember each for half a minute.
  /// - Parameters:
  ///   - nodes: how many networks of nodes there are
  package static func base(nodes: Int, _ addresses: ClusterAddresses = ClusterAddresses()) -> String {
    let networks = (0..<nodes).map { "\(addresses.range(ofNode: $0)) : \($0 + 1)" }.joined(separator: ", ")
    let key = "ip daddr . meta l4proto . th dport"
    // A reset comes at once; the kernel sends other refusals to one address only once a second.
    let refusal = ["\(key) @empty", "ip daddr { \(addresses.serviceRange), \(addresses.balancerRange) } fib daddr type != local"]
      .map { match in
        "\(match) meta l4proto tcp reject with tcp reset; \(match) reject;"
      }.joined(separator: " ")
    let local = "meta mark set ip saddr map @nodes meta mark . \(key) vmap @local;"
    let names = addresses.dns
    return """
      table \(table) {
        map services { type ipv4_addr . inet_proto . inet_service : verdict; }
        map local { type mark . ipv4_addr . inet_proto . inet_service : verdict; }
        map endpoints { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
        map slots { type ipv4_addr . inet_proto . inet_service . mark : mark; }
        map affinity {
          type ipv4_addr . ipv4_addr . inet_proto . inet_service : mark; size 65536; flags dynamic,timeout;
        }
        map nodes { type ipv4_addr : mark; flags interval; elements = { \(networks) }; }
        set empty { type ipv4_addr . inet_proto . inet_service; }
        set hairpin { type ipv4_addr . ipv4_addr; }
        chain translate { dnat ip to \(key) . meta mark map @endpoints; }
        chain questions { type filter hook prerouting priority -300; ip daddr \(names) udp dport 53 notrack; }
        chain answers { type filter hook output priority -300; ip saddr \(names) udp sport 53 notrack; }
        chain prerouting { type nat hook prerouting priority -100; \(key) vmap @services; \(local) }
        chain output { type nat hook output priority -100; \(key) vmap @services; }
        chain postrouting { type nat hook postrouting priority 100; ip saddr . ip daddr @hairpin masquerade; }
        chain refuse { type filter hook prerouting priority 0; \(refusal) }
        chain refuseown { type filter hook output priority 0; \(refusal) }
      }

      """
  }

  package mutating func replace(_ updates: [OwnedRoutes]) -> RuleUpdate {
    var touched: Set<Route.Frontend> = []
    for update in updates {
      for frontend in frontends[update.owner, default: []] {
        claims[frontend]?[update.owner] = nil
        touched.insert(frontend)
      }
      frontends[update.owner] = update.routes.isEmpty ? nil : update.routes.map(\.frontend)
      for route in update.routes {
        claims[route.frontend, default: [:]][update.owner] = route
        touched.insert(route.frontend)
      }
    }
    var (script, forgotten) = (RuleScript(table: RouteRules.table), [RuleUpdate.Flow]())
    var uses: [String: Int] = [:]
    for frontend in touched.sorted() {
      let route = claims[frontend]?.min { $0.key < $1.key }?.value
      if route == nil { claims[frontend] = nil }
      let old = installed[frontend]
      if old?.route == route { continue }
      let new = route.map { InstalledRoute($0, after: old) }
      installed[frontend] = new
      if frontend.protocol == "udp" {
        let kept = Set(route?.backends ?? [])
        for backend in old?.route.backends ?? [] where !kept.contains(backend) {
          forgotten.append(RuleUpdate.Flow(frontend: frontend, backend: backend))
        }
      }
      for address in old?.addresses ?? [] { uses[address, default: 0] -= 1 }
      for address in new?.addresses ?? [] { uses[address, default: 0] += 1 }
      if let chain = new?.chain, chains.insert(chain).inserted { script.chains.append(chain.text) }
      script.replace(old?.elements ?? [], with: new?.elements ?? [])
    }
    for (address, change) in uses.sorted(by: { $0.key < $1.key }) where change != 0 {
      let before = self.uses[address, default: 0]
      self.uses[address] = before + change == 0 ? nil : before + change
      // A backend that calls itself by its Service would see its own address, and answer without us.
      let element = RuleElement("hairpin", "\(address) . \(address)")
      if before == 0 { script.added.append(element) } else if before + change == 0 { script.deleted.append(element) }
    }
    return RuleUpdate(script: script.text, forgotten: forgotten)
  }
}
