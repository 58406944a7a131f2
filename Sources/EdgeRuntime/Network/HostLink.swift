package import CoreNode
package import CoreObjects
package import EdgeLinux

/// The way between the cluster's network and the machine's: pods reach what the machine reaches, with its address, and the machine reaches
/// pods and Services. Nobody else gets in by it.
///
/// On the machine it is one interface with routes, one table of nftables, and, where forwarding of IPv4 was off, that setting, with a
/// table by which the interfaces that were there go on forwarding nothing to each other. All of it goes with `close`, and what a killed
/// run left goes with the next `init`.
package struct HostLink: Sendable {
  /// Where clusters are, as seen from the machine: of a range for tests of networks, which nobody routes (RFC 2544).
  private static let linkRange = (0..<256).map { "198.18.\($0)." }
  /// Bytes that a tool may print.
  private static let routeLimit = 64 << 10
  private static let uplink = "uplink"
  private static let forwardTable = "ip wavetank_forward"

  /// The interface on the machine.
  package let interface: String
  /// Ranges that the machine uses for something else, and so does not reach in the cluster.
  package let unreached: [TakenRange]
  /// Chains of the machine's own rules that drop what nobody has let through, as "ip filter FORWARD".
  package let droppingChains: [String]
  /// What of this there is on the machine, in lines.
  package private(set) var traces: [String] = []
  private let table: String
  private let host: NetworkTools
  private let rules: RuleInstaller<HostRules>
  /// The table of forwarding, if there is one, as a script.
  private var forwarding: String?

  /// - Parameters:
  ///   - id: eight hexadecimal digits or fewer, the cluster's own
  ///   - rules: what the machine calls and leads into the cluster
  ///   - host: the machine's network; nil for the one that this program runs in
  /// - Throws: `NetworkError`, `SystemError`: nothing is left behind then, and pods have no way out.
  package init(
    _ network: ClusterNetwork, id: String, rules: RuleInstaller<HostRules> = RuleInstaller(),
    host namespace: NetworkNamespace? = nil
  ) async throws {
    self.rules = rules
    (interface, table, host) = ("wt-" + id, "ip wavetank_" + id, NetworkTools(namespace))
    // A killed cluster's goes with its network, as soon as the kernel has come to it.
    try? await host.link(["link delete \(interface)"])
    let survey = try await HostLink.survey(host, network.addresses)
    (unreached, droppingChains) = (survey.unreached, survey.droppingChains)
    guard let link = survey.link else { throw NetworkError.noLink }
    let routes = network.addresses.ranges.filter { range in !survey.unreached.contains { $0.range == range } }
    do {
      try await connect(network, link, routes: routes)
      traces.append(
        "On this machine it has the interface \(interface) with \(routes.isEmpty ? "no routes" : "routes to " + routes.joined(separator: ", ")), "
          + "and the table \(table) of nftables.")
      if try await openForwarding() {
        traces.append(
          "It switched forwarding of IPv4 on, with the table \(HostLink.forwardTable) for the interfaces that were there.")
      }
      forwarding = try await host.ask("nft", ["list", "table"] + HostLink.forwardTable.words)
    } catch {
      await close()
      throw error
    }
  }

  /// Those ranges of a cluster that this machine uses for something else.
  package static func unreached(_ addresses: ClusterAddresses) async throws -> [TakenRange] {
    try await survey(NetworkTools(nil), addresses).unreached
  }

  /// What a cluster meets on the machine.
  struct Survey {
    let unreached: [TakenRange]
    let droppingChains: [String]
    /// The first three numbers of free addresses for the link: "198.18.0."; nil where all are in use.
    let link: String?
  }

  static func survey(_ host: NetworkTools, _ addresses: ClusterAddresses = ClusterAddresses()) async throws -> Survey {
    let text = try await host.ask("ip", ["-4", "route", "show", "table", "all"]) ?? ""
    guard text.utf8.count < routeLimit else { throw NetworkError.tooManyRoutes }
    let routes = IPv4Range.ranges(ofRoutes: text)
    func taken(_ range: String) -> TakenRange? {
      let route = routes.first { IPv4Range(range)?.overlaps($0.range) == true }
      return route.map { TakenRange(range: range, route: $0.line) }
    }
    return Survey(
      unreached: addresses.ranges.compactMap(taken), droppingChains: try await droppingChains(host),
      link: linkRange.first { taken($0 + "0/30") == nil })
  }

  private func connect(_ network: ClusterNetwork, _ link: String, routes: [String]) async throws {
    let cluster = NetworkTools(network.namespace)
    try await cluster.link([
      "link add \(HostLink.uplink) type veth peer name \(interface) netns \(host.path)",
      "addr add \(link)2/30 dev \(HostLink.uplink)",
      "link set \(HostLink.uplink) up",
    ])
    try await host.link(["addr add \(link)1/30 dev \(interface)", "link set \(interface) up"])
    try await cluster.link(["route add default via \(link)1"])
    // Whoever gets an answer needs no route to pods, then.
    try await cluster.filter(
      """
      table ip wavetank_uplink
      delete table ip wavetank_uplink
      table ip wavetank_uplink {
        chain postrouting { type nat hook postrouting priority 100; oifname "\(HostLink.uplink)" masquerade; }
      }
      """)
    try await host.link(routes.map { "route add \($0) via \(link)2" })
    // What it calls at its loopback goes out by this interface, and by no other.
    try host.set("ipv4/conf/\(interface)/route_localnet", "1")
    try await rules.open(
      host,
      HostRules(
        table: table, interface: interface, link: link + "0/30", network.addresses, reached: routes))
  }

  /// Makes again what somebody has taken from the machine's rules.
  /// - Returns: whether anything was missing
  package func restore() async -> Bool {
    guard let list = try? await host.ask("nft", ["list", "tables"]) else { return false }
    let tables = Set(list.split { $0 == "\n" })
    let isMissing = !tables.contains("table \(table)")
    if isMissing {
      rules.reinstall()
      await rules.settle()
    }
    guard let forwarding, !tables.contains("table \(HostLink.forwardTable)") else { return isMissing }
    try? await host.filter(forwarding)
    return true
  }

  /// Watches the machine's rules until the task is cancelled.
  /// - Parameter report: is told of each time that something was missing
  package func watch(_ report: @escaping @Sendable () -> Void) throws(SystemError) -> Task<Void, Never> {
    let events = try host.inside { () throws(SystemError) in try RuleEvents() }
    return Task.detached { while (try? await events.next()) != nil { if await restore() { report() } } }
  }

  /// A machine that forwarded nothing forwards nothing but this. Interfaces that come later are somebody's who wants it to forward.
  /// - Returns: whether it did anything
  private func openForwarding() async throws -> Bool {
    if try host.setting("ipv4/ip_forward").hasPrefix("1") { return false }
    let interfaces = try await HostLink.interfaces(host).filter { !$0.hasPrefix("wt-") }.map { "\"\($0)\"" }
    try await host.filter(
      """
      add table \(HostLink.forwardTable)
      delete table \(HostLink.forwardTable)
      table \(HostLink.forwardTable) {
        set before { type ifname; elements = { \(interfaces.joined(separator: ", ")) }; }
        chain forward { type filter hook forward priority 0; iifname @before oifname @before drop; }
      }
      """)
    try host.set("ipv4/ip_forward", "1")
    return true
  }

  package func close() async {
    await rules.close()
    await HostLink.remove(interface, table, host)
  }

  /// Takes away what a killed cluster has left.
  package static func remove(id: String) async { await remove("wt-" + id, "ip wavetank_" + id, NetworkTools(nil)) }

  /// Leaves the machine as it was before the first cluster, if this is the last and nobody has come since who may forward, too.
  private static func remove(_ interface: String, _ table: String, _ host: NetworkTools) async {
    try? await host.link(["link delete \(interface)"])
    try? await host.filter("delete table \(table)\n")
    guard let now = try? await interfaces(host), !now.contains(where: { $0.hasPrefix("wt-") }),
      let set = try? await host.ask("nft", ["list", "set"] + (forwardTable + " before").words)
    else { return }
    if now.allSatisfy({ set.contains("\"\($0)\"") }) { try? host.set("ipv4/ip_forward", "0") }
    try? await host.filter("delete table \(forwardTable)\n")
  }

  /// "lo", "eth0".
  private static func interfaces(_ host: NetworkTools) async throws -> [String] {
    let lines = (try await host.ask("ip", ["-o", "link", "show"]) ?? "").split { $0 == "\n" }
    return lines.compactMap { $0.words.dropFirst().first.map { String($0.prefix { $0 != "@" && $0 != ":" }) } }
  }

  private static func droppingChains(_ host: NetworkTools) async throws -> [String] {
    let text = try await host.ask("nft", ["--json", "list", "chains"]) ?? ""
    let chains = (try? JSONParser.parse(Array(text.utf8)))?["nftables"].elements.map { $0["chain"] } ?? []
    return chains.compactMap { chain in
      guard chain["hook"].string == "forward", chain["policy"].string == "drop", let family = chain["family"].string,
        ["ip", "inet"].contains(family), let table = chain["table"].string, let name = chain["name"].string
      else { return nil }
      return "\(family) \(table) \(name)"
    }
  }
}

extension StringProtocol {
  fileprivate var words: [String] { split { $0 == " " }.map { String($0) } }
}
