import CoreNode
import CoreObjects
import EdgeRuntime

/// What it takes to lead traffic to Services, in a network of its own.
enum RouteRows {
  /// Seconds until the kernel has the routes of so many Services, each with ten backends.
  static func all(_ services: Int) async throws -> Double {
    let (forwarding, _) = try await open()
    let begin = seconds()
    for number in 0..<services { forwarding.replace(routes(number, backends: 10)) }
    await forwarding.settle()
    return seconds() - begin
  }

  /// Milliseconds until a backend more or less of one Service is in the kernel, among so many Services: the median.
  static func change(among services: Int) async throws -> Double {
    let (forwarding, _) = try await open()
    for number in 0..<services { forwarding.replace(routes(number, backends: 10)) }
    await forwarding.settle()
    var times: [Double] = []
    for turn in 0..<21 {
      let begin = seconds()
      forwarding.replace(routes(services / 2, backends: 9 + turn % 2))
      await forwarding.settle()
      times.append(seconds() - begin)
    }
    return times.sorted()[times.count / 2] * 1000
  }

  private static func open() async throws -> (RuleInstaller<RouteRules>, ClusterNetwork) {
    let network = try await ClusterNetwork(nodes: [0])
    let base = RouteRules.base(nodes: 1)
    let forwarding = RuleInstaller<RouteRules> { say("routes: \($0)", to: 2) }
    try await forwarding.open(NetworkTools(network.namespace), RouteRules(base: base))
    return (forwarding, network)
  }

  private static func routes(_ number: Int, backends: Int) -> OwnedRoutes {
    let frontend = Route.Frontend(address: "10.96.\(1 + number / 250).\(number % 250 + 1)", protocol: "tcp", port: 80)
    let backends = (0..<backends).map { Route.Backend(address: "10.244.\($0).\(number % 250 + 2)", port: 8080) }
    return OwnedRoutes(
      owner: ObjectKey(.services, namespace: "default", "s-\(number)"), routes: [Route(frontend: frontend, backends: backends)])
  }
}
