package import CoreNode
import CoreObjects
import Synchronization

/// Brings routes into the kernel, by nftables in the cluster's network: all that has come while one transaction was
/// carried out is the next one.
package final class RouteForwarding: Sendable {
  private struct State {
    var network: NetworkNamespace?
    var base = ""
    var rules = RouteRules()
    /// Of everybody who has any.
    var routes: [ObjectKey: OwnedRoutes] = [:]
    /// What the kernel does not know yet.
    var pending: [ObjectKey: OwnedRoutes] = [:]
    var worker: Task<Void, Never>?
    /// The rules may be others than we think.
    var isDoubtful = false
  }

  /// Flows that are forgotten one by one.
  private static let forgottenLimit = 20
  private let state = Mutex(State())
  private let report: @Sendable (String) -> Void

  /// - Parameter report: takes what the operator should read
  package init(report: @escaping @Sendable (String) -> Void) { self.report = report }

  /// Begins in a network; what was said before is carried out now.
  /// - Throws: `NetworkError` where there is no nftables; Services have no way to their backends then.
  package func open(_ network: ClusterNetwork) async throws {
    let base = RouteRules.base(
      nodes: network.nodes.count, ranges: [ClusterNetwork.serviceRange, ClusterNetwork.balancerRange])
    try await NetworkTools(network.namespace).filter(base)
    state.withLock { state in
      (state.network, state.base) = (network.namespace, base)
      start(&state)
    }
  }

  /// Has traffic flow so from now on; never blocks.
  package func replace(_ routes: OwnedRoutes) {
    state.withLock { state in
      state.routes[routes.owner] = routes.routes.isEmpty ? nil : routes
      state.pending[routes.owner] = routes
      start(&state)
    }
  }

  /// Returns once the kernel has what was said before.
  package func settle() async {
    while let worker = state.withLock({ $0.worker }) { await worker.value }
  }

  private func start(_ state: inout State) {
    guard state.network != nil, state.worker == nil, !state.pending.isEmpty else { return }
    state.worker = Task.detached { [weak self] in
      while let self, let (update, network) = self.next() {
        do {
          try await NetworkTools(network).filter(update.script)
          await RouteForwarding.forget(update.forgotten, NetworkTools(network))
        } catch {
          self.report("the routes of Services could not be changed: \(error)")
          self.state.withLock { state in
            // Once more from the beginning; whoever fails twice waits for the next change.
            if !state.isDoubtful {
              for (key, routes) in state.routes where state.pending[key] == nil { state.pending[key] = routes }
            }
            state.isDoubtful = true
          }
          continue
        }
        self.state.withLock { $0.isDoubtful = false }
      }
    }
  }

  /// Has the kernel ask again where datagrams go that go nowhere now. Where many do, all are asked about again: whoever has a backend
  /// may get another.
  private static func forget(_ flows: [RouteRules.Flow], _ network: NetworkTools) async {
    let each = flows.map { flow in
      [
        "--orig-dst", flow.frontend.address, "--orig-port-dst", "\(flow.frontend.port)", "--reply-src", flow.backend.address,
        "--reply-port-src", "\(flow.backend.port)",
      ]
    }
    // It fails where there is nothing to forget.
    for filter in each.count > forgottenLimit ? [["--dst-nat"]] : each {
      _ = try? await network.ask("conntrack", ["--delete", "--proto", "udp"] + filter)
    }
  }

  /// The next transaction; nil when there is none, and the worker ends.
  private func next() -> (RouteRules.Update, NetworkNamespace)? {
    state.withLock { state in
      while !state.pending.isEmpty, let network = state.network {
        let updates = state.pending.values.sorted { $0.owner < $1.owner }
        state.pending = [:]
        var update = RouteRules.Update()
        if state.isDoubtful {
          state.rules = RouteRules()
          update = state.rules.replace(Array(state.routes.values))
          update.script = "delete table \(RouteRules.table)\n" + state.base + update.script
        } else {
          update = state.rules.replace(updates)
        }
        if !update.script.isEmpty { return (update, network) }
      }
      state.worker = nil
      return nil
    }
  }
}
