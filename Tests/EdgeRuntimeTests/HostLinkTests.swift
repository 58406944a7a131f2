import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime
import TestMachine
import Testing

/// A machine of our own beside one that stands for the rest of the world.
private struct TestMachines {
  static let world = "203.0.113.1"
  static let address = "203.0.113.2"
  let machine = try! NetworkNamespace()
  let world = try! NetworkNamespace()
  var tools: NetworkTools { NetworkTools(machine) }

  init(_ more: String...) async throws {
    // It is as on the machine that the tests run on.
    try tools.set("ipv4/ip_forward", "0")
    try await tools.link([
      "link set lo up", "link add wan type veth peer name eth0 netns \(world.path)", "addr add \(Self.address)/24 dev wan",
      "link set wan up", "route add default via \(Self.world)",
    ])
    try await NetworkTools(world).link([
      "link set lo up", "addr add \(Self.world)/24 dev eth0", "link set eth0 up", "route add 10.244.0.0/16 via \(Self.address)",
    ])
    if !more.isEmpty { try await tools.link(more) }
  }

  /// Whether a connection to a listener comes about within four seconds: the first packet may be lost while addresses are asked for.
  static func reaches(
    _ address: String, _ port: UInt16 = 8080, from: NetworkNamespace, in to: NetworkNamespace
  ) async throws -> Bool {
    let listener = try to.inside { () throws(SystemError) in
      try Socket.listen(on: SocketAddress(host: "0.0.0.0", port: 8080), backlog: 1)
    }
    defer { withExtendedLifetime(listener) {} }
    return (try? await from.connect(address, port: port, timeout: .seconds(4))) != nil
  }

  /// What there is of clusters on the machine.
  func traces() async throws -> [String] {
    func lines(_ tool: String, _ arguments: String...) async throws -> [String] {
      (try await tools.ask(tool, arguments) ?? "").split { $0 == "\n" }.map { String($0) }
    }
    var found = try await lines("ip", "-o", "link", "show").filter { $0.contains("wt-") }
    found += try await lines("ip", "route", "show").filter { $0.hasPrefix("10.") }
    found += try await lines("nft", "list", "ruleset")
    if try tools.setting("ipv4/ip_forward").hasPrefix("1") { found.append("it forwards") }
    return found
  }
}

@Suite("The way between the cluster's network and the machine's", .enabled(if: Requirement.met(.root), "needs root"))
struct HostLinkTests {
  @Test("pods reach what the machine reaches, and the machine pods; nobody else comes in; with the link all of it goes")
  func link() async throws {
    let machines = try await TestMachines()
    #expect(try await machines.traces() == [])
    let network = try await ClusterNetwork(nodes: [0])
    let link = try await HostLink(network, id: "0123abcd", host: machines.machine)
    #expect(link.unreached == [])
    let pod = try network.attach(node: 0)
    #expect(try await TestMachines.reaches(TestMachines.world, from: pod.namespace, in: machines.world))
    #expect(try await TestMachines.reaches(TestMachines.address, from: pod.namespace, in: machines.machine))
    #expect(try await TestMachines.reaches(pod.address, from: machines.machine, in: pod.namespace))
    #expect(try await TestMachines.reaches(pod.address, from: machines.world, in: pod.namespace) == false)
    await link.close()
    #expect(try await machines.traces() == [])
    #expect(try await TestMachines.reaches(TestMachines.world, from: pod.namespace, in: machines.world) == false)
  }

  @Test("a range that the machine has a route in is left to it, and told; pods have their way out all the same")
  func taken() async throws {
    let machines = try await TestMachines("route add 10.96.0.0/12 via 203.0.113.1", "route add 198.18.0.0/24 via 203.0.113.1")
    let network = try await ClusterNetwork(nodes: [0])
    let link = try await HostLink(network, id: "1", host: machines.machine)
    let route = "10.96.0.0/12 via 203.0.113.1 dev wan"
    #expect(
      link.unreached == [TakenRange(range: "10.96.0.0/16", route: route), TakenRange(range: "10.97.0.0/24", route: route)])
    let pod = try network.attach(node: 0)
    #expect(try await TestMachines.reaches(TestMachines.world, from: pod.namespace, in: machines.world))
    #expect(try await TestMachines.reaches(pod.address, from: machines.machine, in: pod.namespace))
    await link.close()
  }

  @Test("forwarding stays on for the last of two clusters, and where it was on before; what a killed one left is taken over")
  func two() async throws {
    let machines = try await TestMachines()
    let networks = [try await ClusterNetwork(nodes: [0]), try await ClusterNetwork(nodes: [0])]
    let first = try await HostLink(networks[0], id: "1", host: machines.machine)
    let second = try await HostLink(networks[1], id: "2", host: machines.machine)
    #expect(second.unreached.map(\.range) == ["10.244.0.0/16", "10.96.0.0/16", "10.97.0.0/24"])
    await first.close()
    let pod = try networks[1].attach(node: 0)
    #expect(try await TestMachines.reaches(TestMachines.world, from: pod.namespace, in: machines.world))
    // Its link goes with the network of a killed one, the rules do not.
    let third = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "2", host: machines.machine)
    await third.close()
    #expect(try await machines.traces() == [])
    try machines.tools.set("ipv4/ip_forward", "1")
    let fourth = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "4", host: machines.machine)
    await fourth.close()
    #expect(try await machines.traces() == ["it forwards"])
  }

  @Test("the machine reaches node ports at its loopback and its addresses, and Services' outer addresses; nobody else does")
  func ways() async throws {
    let machines = try await TestMachines()
    let network = try await ClusterNetwork(nodes: [0])
    let (services, machine) = (RuleInstaller<RouteRules>(), RuleInstaller<HostRules>())
    let base = RouteRules.base(nodes: 1)
    try await services.open(NetworkTools(network.namespace), RouteRules(base: base))
    let pod = try network.attach(node: 0)
    let routes = [("10.96.0.5", 80), ("203.0.113.77", 80), ("10.244.0.1", 30080)].map { address, port in
      Route(
        frontend: Route.Frontend(address: address, protocol: "tcp", port: port),
        backends: [Route.Backend(address: pod.address, port: 8080)])
    }
    let web = OwnedRoutes(owner: ObjectKey(.services, namespace: "a", "web"), routes: routes)
    for replace in [services.replace, machine.replace] { replace(web) }
    let link = try await HostLink(network, id: "1", rules: machine, host: machines.machine)
    await services.settle()
    await machine.settle()
    for (address, port) in [("127.0.0.1", 30080), (TestMachines.address, 30080), ("203.0.113.77", 80)] {
      let isReached = try await TestMachines.reaches(address, UInt16(port), from: machines.machine, in: pod.namespace)
      #expect(isReached, "\(address):\(port)")
    }
    #expect(try await TestMachines.reaches(TestMachines.address, 30080, from: machines.world, in: pod.namespace) == false)
    await link.close()
    #expect(try await machines.traces() == [])
  }

  @Test("what somebody flushes from the machine's rules is there again, and told; the cluster's end leaves nothing")
  func flush() async throws {
    let machines = try await TestMachines()
    let network = try await ClusterNetwork(nodes: [0])
    let link = try await HostLink(network, id: "1", host: machines.machine)
    let pod = try network.attach(node: 0)
    let before = try await machines.tools.ask("nft", ["list", "ruleset"])
    let (stream, told) = AsyncStream.makeStream(of: Void.self)
    let watch = try link.watch { told.yield() }
    try await machines.tools.filter("flush ruleset\n")
    for await _ in stream { break }
    #expect(try await machines.tools.ask("nft", ["list", "ruleset"]) == before)
    #expect(try await TestMachines.reaches(TestMachines.world, from: pod.namespace, in: machines.world))
    watch.cancel()
    await watch.value
    await link.close()
    #expect(try await machines.traces() == [])
  }

  @Test("a table of forwarding that is there without forwarding is written anew, and not twice")
  func stale() async throws {
    let machines = try await TestMachines()
    _ = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "1", host: machines.machine)
    try machines.tools.set("ipv4/ip_forward", "0")
    let link = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "1", host: machines.machine)
    let table = try await machines.tools.ask("nft", ["list", "table", "ip", "wavetank_forward"]) ?? ""
    #expect(table.split(separator: "\n").filter { $0.hasSuffix("drop") }.count == 1, "\(table)")
    await link.close()
  }

  @Test("chains of the machine that drop what it forwards are named")
  func firewall() async throws {
    let machines = try await TestMachines()
    try await machines.tools.filter(
      """
      table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }
      table inet guard { chain in { type filter hook input priority 0; policy drop; }; }
      """)
    let link = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "1", host: machines.machine)
    #expect(link.droppingChains == ["ip filter FORWARD"])
    await link.close()
  }

  @Test(
    "whoever has come since and forwards, too, goes on when the last cluster goes; what was there before forwards nothing meanwhile"
  )
  func others() async throws {
    let machines = try await TestMachines()
    let link = try await HostLink(try await ClusterNetwork(nodes: [0]), id: "1", host: machines.machine)
    let later = try NetworkNamespace()
    try await machines.tools.link([
      "link add docker0 type veth peer name eth0 netns \(later.path)", "addr add 192.0.2.1/24 dev docker0", "link set docker0 up",
    ])
    try await NetworkTools(later).link([
      "addr add 192.0.2.2/24 dev eth0", "link set eth0 up", "route add default via 192.0.2.1",
    ])
    try await NetworkTools(machines.world).link(["route add 192.0.2.0/24 via \(TestMachines.address)"])
    #expect(try await TestMachines.reaches(TestMachines.world, from: later, in: machines.world))
    await link.close()
    #expect(try await machines.traces() == ["it forwards"])
    #expect(try await TestMachines.reaches(TestMachines.world, from: later, in: machines.world))
  }
}
