package import CoreAPI

/// What `wavetank up` was asked for.
package struct ClusterConfiguration: Sendable {
  package var dataDirectory: String
  package var nodes = 1
  /// Of the nodes, the first one that of the control plane; empty: the usual ones, as many as `nodes` says.
  package var names: [String] = [] { didSet { nodes = names.count } }
  package var speed = 1.0
  package var port: UInt16 = 6443
  /// Ports of the host that lead into the cluster's network; only with containers.
  package var published: [PublishedPort] = []
  package var kubeconfig: String
  package var name = "wavetank"
  /// False: pods are scheduled and stay Pending. For machines without root or crun.
  package var runsContainers = true
  /// Whether pods have a way to the machine's network, and the machine one to them.
  package var linksMachine = false
  package var featureGates: Set<FeatureGate> = []

  package init(dataDirectory: String, kubeconfig: String) {
    self.dataDirectory = dataDirectory
    self.kubeconfig = kubeconfig
  }

  /// wavetank-control-plane, wavetank-worker, wavetank-worker2 …
  package var nodeNames: [String] {
    if !names.isEmpty { return names }
    return (0..<nodes).map { $0 == 0 ? "wavetank-control-plane" : $0 == 1 ? "wavetank-worker" : "wavetank-worker\($0)" }
  }
}
