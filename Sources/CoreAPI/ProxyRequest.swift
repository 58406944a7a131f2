package import CoreObjects

/// An authorised request that another server answers.
package struct ProxyRequest: Sendable, Equatable {
  package enum Server: Sendable, Equatable {
    /// Of an APIService: it takes our word for who asks.
    case backend(ServiceBackend)
    /// A pod, an endpoint of a Service, or a node.
    case place(Place)
  }
  package struct Place: Sendable, Equatable {
    /// Any of them; at least one.
    package var addresses: [ServiceBackend.Address]
    package var isTLS: Bool
    /// It is a kubelet: the API server says who it is itself.
    package var isKubelet = false
    /// The path up to where the other server's own begins: "/api/v1/nodes/a/proxy".
    package var prefix: String
  }

  package var server: Server
  /// Path and query, percent-encoded. The path is empty where the client gave none behind `Place.prefix`.
  package var target: String
  /// Who asks, for a server that takes our word for it. Nothing of the client's own under such names may be passed on.
  package var headers: [APIResponse.Header] = []
  /// Its answer may be silent for long.
  package var isWatch: Bool
}
