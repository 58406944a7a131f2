import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime

/// What the rules in a cluster's network say: where Services lead, what policies let through, and what is to go wrong.
final class ClusterTraffic: Sendable {
  private let routes: RuleInstaller<RouteRules>
  private let policies: RuleInstaller<PolicyRules>
  let faults: RuleInstaller<FaultRules>

  init(_ addresses: ClusterAddresses) {
    let nodes = ClusterNetwork.nodeLimit
    routes = RuleInstaller(RouteRules(base: RouteRules.base(nodes: nodes, addresses))) {
      Standard.error("the routes of Services could not be changed: \($0)")
    }
    policies = RuleInstaller(PolicyRules(nodes: nodes, addresses)) {
      Standard.error("NetworkPolicies are not in force: \($0)")
    }
    faults = RuleInstaller(FaultRules(nodes: nodes, addresses)) {
      Standard.error("the network's faults could not be changed: \($0)")
    }
  }

  func open(_ network: ClusterNetwork) async {
    do {
      try await routes.open(network)
      try await policies.open(network)
      try await faults.open(network)
    } catch { Standard.error("Services cannot be reached by their addresses, and NetworkPolicies are not in force: \(error)") }
  }

  /// Has traffic flow so from now on; never blocks.
  func receive(_ traffic: EngineHost.Traffic) {
    switch traffic {
    case .route(let routes): self.routes.replace(routes)
    case .police(let fact): policies.replace(fact)
    }
  }

  /// Returns once the policies that were there before are in force for the pods that were there before.
  func settle() async { await policies.settle() }
}
