import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime

/// What the rules in a cluster's network say: where Services lead, what policies let through, and what is to go wrong.
final class ClusterTraffic: Sendable {
  private let routes = RuleInstaller<RouteRules> { Standard.error("the routes of Services could not be changed: \($0)") }
  private let policies = RuleInstaller<PolicyRules> { Standard.error("NetworkPolicies are not in force: \($0)") }
  let faults = RuleInstaller<FaultRules> { Standard.error("the network's faults could not be changed: \($0)") }
  /// Of the machine, which calls Services, too.
  let machine = RuleInstaller<HostRules> { Standard.error("the machine's ways to Services could not be changed: \($0)") }

  func open(_ network: ClusterNetwork) async {
    let (tools, nodes) = (NetworkTools(network.namespace), ClusterNetwork.nodeLimit)
    let (base, addresses) = (RouteRules.base(nodes: nodes, network.addresses), network.addresses)
    do {
      try await routes.open(tools, RouteRules(base: base))
      try await policies.open(tools, PolicyRules(nodes: nodes, addresses))
      try await faults.open(tools, FaultRules(nodes: nodes, addresses))
    } catch { Standard.error("Services cannot be reached by their addresses, and NetworkPolicies are not in force: \(error)") }
  }

  /// Has traffic flow so from now on; never blocks.
  func receive(_ traffic: EngineHost.Traffic) {
    switch traffic {
    case .route(let routes):
      self.routes.replace(routes)
      machine.replace(routes)
    case .police(let fact): policies.replace(fact)
    }
  }

  /// Returns once the policies that were there before are in force for the pods that were there before.
  func settle() async { await policies.settle() }
}
