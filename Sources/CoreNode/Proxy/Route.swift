package import CoreObjects

/// Where a connection goes that is made to one address and port.
package struct Route: Sendable, Equatable {
  /// What is called.
  package struct Frontend: Hashable, Comparable, Sendable {
    package var address: String
    /// "tcp", "udp" or "sctp".
    package var `protocol`: String
    package var port: Int
    /// Number of the node whose pods alone are meant: 2 for 10.244.2.0/24. Nil: whoever calls.
    package var callersNode: Int?

    package init(address: String, protocol: String, port: Int, callersNode: Int? = nil) {
      (self.address, self.protocol, self.port, self.callersNode) = (address, `protocol`, port, callersNode)
    }

    package static func < (left: Frontend, right: Frontend) -> Bool {
      (left.address, left.protocol, left.port, left.callersNode ?? -1)
        < (right.address, right.protocol, right.port, right.callersNode ?? -1)
    }
  }

  /// What answers.
  package struct Backend: Hashable, Comparable, Sendable {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) { (self.address, self.port) = (address, port) }

    package static func < (left: Backend, right: Backend) -> Bool { (left.address, left.port) < (right.address, right.port) }
  }

  package var frontend: Frontend
  /// In order, each once; none: connections are refused.
  package var backends: [Backend]
  /// For how long a client stays with the backend that it had last.
  package var affinitySeconds: Int?

  package init(frontend: Frontend, backends: [Backend], affinitySeconds: Int? = nil) {
    (self.frontend, self.backends, self.affinitySeconds) = (frontend, backends, affinitySeconds)
  }
}

/// All routes of one Service, or of the host ports of one pod; none when it has gone.
package struct OwnedRoutes: KernelWord, Equatable {
  package var owner: ObjectKey
  package var routes: [Route]
  /// Where each node tells load balancers whether it has backends.
  package var healthPort: Int?

  package var key: ObjectKey { owner }
  package var isNothing: Bool { routes.isEmpty && healthPort == nil }

  package init(owner: ObjectKey, routes: [Route], healthPort: Int? = nil) {
    (self.owner, self.routes, self.healthPort) = (owner, routes, healthPort)
  }
}
