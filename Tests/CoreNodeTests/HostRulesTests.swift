import CoreNode
import CoreObjects
import Testing

@Suite("What the machine's rules lead into a cluster")
struct HostRulesTests {
  private static func route(_ address: String, _ port: Int, to backends: String..., from node: Int? = nil) -> Route {
    Route(
      frontend: Route.Frontend(address: address, protocol: "tcp", port: port, callersNode: node),
      backends: backends.map { Route.Backend(address: $0, port: 8080) })
  }

  private static func web(_ routes: Route..., resource: ResourceID = .services, name: String = "web") -> OwnedRoutes {
    OwnedRoutes(owner: ObjectKey(resource, namespace: "a", name), routes: routes)
  }

  private static func rules(_ ranges: [String] = ["10.244.0.0/16", "10.96.0.0/16", "10.97.0.0/24"]) -> HostRules {
    HostRules(table: "ip t", interface: "wt-1", link: "198.18.0.0/30", ClusterAddresses(), reached: ranges)
  }

  @Test(
    "a node port leads to a node that has somebody to answer, an outer address to the Service's own; the cluster's own need nothing"
  )
  func ways() {
    var rules = Self.rules()
    let routes = Self.web(
      Self.route("10.96.1.1", 80, to: "10.244.1.2"), Self.route("203.0.113.5", 80, to: "10.244.1.2"),
      Self.route("10.97.0.1", 80, to: "10.244.1.2"), Self.route("10.244.0.1", 30080),
      Self.route("10.244.1.1", 30080, to: "10.244.1.2"))
    #expect(
      rules.replace([routes]).script == """
        add element ip t nodeports { tcp . 30080 : 10.244.1.1 }
        add element ip t outside { 203.0.113.5 . tcp . 80 : 10.96.1.1 . 80 }

        """)
    #expect(rules.replace([routes]).script == "")
    #expect(
      rules.replace([Self.web()]).script == """
        delete element ip t nodeports { tcp . 30080 }
        delete element ip t outside { 203.0.113.5 . tcp . 80 }

        """)
  }

  @Test("host ports of pods are not the machine's, and ranges that it does not reach are not led to")
  func others() {
    var rules = Self.rules()
    #expect(rules.replace([Self.web(Self.route("10.244.0.1", 22, to: "10.244.0.2"), resource: .pods)]).script == "")
    #expect(
      rules.replace([
        Self.web(Self.route("10.96.1.1", 80, from: 0), Self.route("203.0.113.5", 80), name: "near")
      ]).script == "")
    var far = Self.rules([])
    let routes = Self.web(Self.route("10.96.1.1", 80), Self.route("203.0.113.5", 80), Self.route("10.244.0.1", 30080))
    #expect(far.replace([routes]).script == "")
  }

  @Test("an outer address that two Services have is the first one's by name, then the other's")
  func claims() {
    var rules = Self.rules()
    for (name, address) in [("b", "10.96.0.2"), ("a", "10.96.0.1")] {
      _ = rules.replace([Self.web(Self.route(address, 80), Self.route("203.0.113.5", 80), name: name)])
    }
    #expect(
      rules.replace([Self.web(name: "a")]).script == """
        delete element ip t outside { 203.0.113.5 . tcp . 80 }
        add element ip t outside { 203.0.113.5 . tcp . 80 : 10.96.0.2 . 80 }

        """)
  }
}
