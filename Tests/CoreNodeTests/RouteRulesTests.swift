import CoreNode
import CoreObjects
import Testing

/// Carries out scripts as nft does: what is added must not be there, what is deleted must be.
private struct RuleTables: Equatable {
  var elements: [String: [String: String]] = [:]
  var chains: Set<String> = []

  mutating func run(_ update: RuleUpdate) {
    let script = update.script
    for line in script.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
      if line.hasPrefix("chain ") {
        #expect(chains.insert(String(line.split(separator: " ")[1])).inserted, "\(line) is there already")
      }
      guard line.hasPrefix("add element") || line.hasPrefix("delete element"), let brace = line.firstIndex(of: "{") else {
        continue
      }
      let container = String(line[..<brace].split(separator: " ").last ?? "")
      for element in line[line.index(after: brace)...].dropLast().split(separator: ",") {
        let parts = element.split(separator: ":").map { $0.filter { $0 != " " } }
        let (key, value) = (parts[0], parts.count > 1 ? parts[1] : "")
        if line.hasPrefix("add") {
          #expect(elements[container]?[key] == nil, "\(container) has \(key) already")
          if value.hasPrefix("goto") { #expect(chains.contains(String(value.dropFirst(4))), "\(value)") }
          elements[container, default: [:]][key] = value
        } else {
          #expect(elements[container]?.removeValue(forKey: key) != nil, "\(container) has no \(key)")
          if elements[container]?.isEmpty == true { elements[container] = nil }
        }
      }
    }
  }
}

@Suite("Routes as rules of nftables")
struct RouteRulesTests {
  private static func backend(_ host: Int) -> Route.Backend { Route.Backend(address: "10.244.0.\(host)", port: 8080) }

  private static func route(
    _ hosts: [Int], at address: String = "10.96.1.1", affinity: Int? = nil, node: Int? = nil
  ) -> Route {
    Route(
      frontend: Route.Frontend(address: address, protocol: "tcp", port: 80, callersNode: node), backends: hosts.map(backend),
      affinitySeconds: affinity)
  }

  private static func owner(_ name: String) -> ObjectKey { ObjectKey(.services, namespace: "a", name) }

  @Test(
    "a route is an entry in services, one in endpoints for each backend, and its addresses are masked when they call themselves")
  func one() {
    var (rules, tables) = (RouteRules(), RuleTables())
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("web"), routes: [Self.route([2, 3])])]))
    #expect(
      tables.elements == [
        "services": ["10.96.1.1.tcp.80": "gotopick_2"],
        "endpoints": ["10.96.1.1.tcp.80.0": "10.244.0.2.8080", "10.96.1.1.tcp.80.1": "10.244.0.3.8080"],
        "hairpin": ["10.244.0.2.10.244.0.2": "", "10.244.0.3.10.244.0.3": ""],
      ])
  }

  @Test("without backends a call is refused; the same routes again are no script")
  func empty() {
    var (rules, tables) = (RouteRules(), RuleTables())
    let routes = [OwnedRoutes(owner: Self.owner("web"), routes: [Self.route([])])]
    tables.run(rules.replace(routes))
    #expect(tables.elements == ["empty": ["10.96.1.1.tcp.80": ""]])
    #expect(rules.replace(routes) == RuleUpdate())
  }

  @Test("a backend that goes moves at most one other")
  func fewMoves() {
    var (rules, tables) = (RouteRules(), RuleTables())
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("web"), routes: [Self.route(Array(2...11))])]))
    let script = rules.replace([OwnedRoutes(owner: Self.owner("web"), routes: [Self.route([2] + Array(4...11))])])
    tables.run(script)
    #expect(script.forgotten == [])
    #expect(tables.elements["endpoints"]?.count == 9)
    #expect(tables.elements["endpoints"]?["10.96.1.1.tcp.80.1"] == "10.244.0.11.8080")
    #expect(script.script.split(separator: "\n").filter { $0.contains(" endpoints ") }.joined().split(separator: ",").count == 2)
  }

  @Test("datagrams that went to a backend that has gone are forgotten, so that the next is sent to another")
  func datagrams() {
    var rules = RouteRules()
    var route = Self.route([2, 3])
    route.frontend.protocol = "udp"
    #expect(rules.replace([OwnedRoutes(owner: Self.owner("dns"), routes: [route])]).forgotten == [])
    route.backends = [Self.backend(3), Self.backend(4)]
    let flow = RuleUpdate.Flow(frontend: route.frontend, backend: Self.backend(2))
    #expect(rules.replace([OwnedRoutes(owner: Self.owner("dns"), routes: [route])]).forgotten == [flow])
  }

  @Test("with affinity a backend keeps its number, and one that is free now is not given to the next")
  func affinity() {
    var (rules, tables) = (RouteRules(), RuleTables())
    let owner = Self.owner("web")
    tables.run(rules.replace([OwnedRoutes(owner: owner, routes: [Self.route([2, 3, 4], affinity: 60)])]))
    #expect(tables.elements["services"] == ["10.96.1.1.tcp.80": "gotostick_3_for_60"])
    tables.run(rules.replace([OwnedRoutes(owner: owner, routes: [Self.route([3, 4, 5], affinity: 60)])]))
    #expect(
      tables.elements["endpoints"] == [
        "10.96.1.1.tcp.80.1": "10.244.0.3.8080", "10.96.1.1.tcp.80.2": "10.244.0.4.8080", "10.96.1.1.tcp.80.3": "10.244.0.5.8080",
      ])
    #expect(tables.elements["slots"] == ["10.96.1.1.tcp.80.0": "3", "10.96.1.1.tcp.80.1": "1", "10.96.1.1.tcp.80.2": "2"])
  }

  @Test("what two ask for, the first by name has; when it goes, the other has it")
  func claims() {
    var (rules, tables) = (RouteRules(), RuleTables())
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("b"), routes: [Self.route([2])])]))
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("a"), routes: [Self.route([3])])]))
    #expect(tables.elements["endpoints"] == ["10.96.1.1.tcp.80.0": "10.244.0.3.8080"])
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("a"), routes: [])]))
    #expect(tables.elements["endpoints"] == ["10.96.1.1.tcp.80.0": "10.244.0.2.8080"])
    tables.run(rules.replace([OwnedRoutes(owner: Self.owner("b"), routes: [])]))
    #expect(tables.elements == [:])
  }

  /// Replay: swift test --filter RouteRulesTests/histories
  @Test(
    "after any history the rules are those of a fresh start, and no step asks nft for what it refuses",
    arguments: 0..<20 as Range<UInt64>)
  func histories(seed: UInt64) {
    var random = RandomSource(seed: seed)
    func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    var (rules, tables) = (RouteRules(), RuleTables())
    var latest: [ObjectKey: OwnedRoutes] = [:]
    for _ in 0..<200 {
      var updates: [ObjectKey: OwnedRoutes] = [:]
      for _ in 0...draw(3) {
        let owner = Self.owner("s\(draw(5))")
        let routes = (0..<draw(3)).map { _ in
          Self.route(
            Set((0..<draw(5)).map { _ in draw(8) }).sorted(), at: "10.96.0.\(draw(4))", affinity: draw(3) == 0 ? 60 : nil,
            node: draw(4) == 0 ? draw(2) : nil)
        }
        updates[owner] = OwnedRoutes(owner: owner, routes: routes)
      }
      tables.run(rules.replace(updates.values.sorted { $0.owner < $1.owner }))
      latest.merge(updates) { $1 }
    }
    var (fresh, expected) = (RouteRules(), RuleTables())
    expected.run(fresh.replace(latest.values.sorted { $0.owner < $1.owner }))
    for container in ["services", "local", "empty", "hairpin"] {
      #expect(tables.elements[container] == expected.elements[container], "\(container), seed \(seed)")
    }
    let backends = { (tables: RuleTables) in
      (tables.elements["endpoints"] ?? [:]).map {
        $0.key.split(separator: ".").dropLast().joined(separator: ".") + " " + $0.value
      }.sorted()
    }
    #expect(backends(tables) == backends(expected), "seed \(seed)")
  }
}
