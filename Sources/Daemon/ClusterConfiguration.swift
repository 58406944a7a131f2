package import CoreAPI
package import CoreNode
package import EdgeAgent
package import EdgeImages

/// What `wavetank up` was asked for.
package struct ClusterConfiguration: Sendable {
  package var dataDirectory: String
  /// How many; nil: those that it had, or one.
  package var nodes: Int?
  /// Of the nodes, the first one that of the control plane; empty: the usual ones, as many as `nodes` says.
  package var names: [String] = []
  /// What each node has to give; nil: what it had, or all of the machine.
  package var nodeSize: AgentNode.Size?
  /// Of nodes that differ, by their names.
  package var sizes: [String: AgentNode.Size] = [:]
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
  /// Where images are pushed to the cluster; 0 is any port that is free. nil: nowhere.
  package var registryPort: UInt16?
  /// This program, for a shim with which containers outlive a daemon that is killed; nil: they end with it.
  package var shimProgram: String?
  /// What the machine knows of registries.
  package var registries = RegistryConfiguration()
  /// A docker `config.json` with what it may show them; need not be there.
  package var dockerConfiguration: String?
  /// What nodes want to have left; nil: the usual.
  package var evictionThresholds: EvictionThresholds?
  /// Threads that a pod may have; nil: as many as its node.
  package var podProcessLimit: Int?

  package init(dataDirectory: String, kubeconfig: String) {
    self.dataDirectory = dataDirectory
    self.kubeconfig = kubeconfig
  }
}
