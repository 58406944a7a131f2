import CoreObjects
package import EdgeAgent

/// What `wavetank node` asks of a running cluster.
package enum NodeRequest: Sendable, Equatable {
  /// Without a name it gets the next one.
  case add(name: String?, size: AgentNode.Size?)
  case remove(name: String)
  case stop(name: String)
  case start(name: String)

  var tree: JSON {
    switch self {
    case .add(let name, let size):
      var tree: JSON = ["verb": "node-add"]
      if let name { tree["name"] = .string(name) }
      if let size {
        tree["cpuMillicores"] = .int(size.cpuMillicores)
        tree["memoryBytes"] = .int(size.memoryBytes)
      }
      return tree
    case .remove(let name): return ["verb": "node-rm", "name": .string(name)]
    case .stop(let name): return ["verb": "node-stop", "name": .string(name)]
    case .start(let name): return ["verb": "node-start", "name": .string(name)]
    }
  }

  init?(_ tree: JSON) {
    switch (tree[Key("verb")].string, tree[.name].string) {
    case ("node-add", let name):
      var size: AgentNode.Size?
      if let cpu = tree["cpuMillicores"].int, let memory = tree["memoryBytes"].int {
        size = AgentNode.Size(cpuMillicores: Int64(cpu), memoryBytes: Int64(memory))
      }
      self = .add(name: name, size: size)
    case ("node-rm", let name?): self = .remove(name: name)
    case ("node-stop", let name?): self = .stop(name: name)
    case ("node-start", let name?): self = .start(name: name)
    default: return nil
    }
  }
}

/// Why a node is not added, removed, stopped or started.
package enum NodeError: Error, CustomStringConvertible {
  case noContainers
  case badName(String)
  case exists(String)
  case unknown(String, have: [String])
  case controlPlane(String)
  case tooMany(Int)
  case isStopped(String)
  case isRunning(String)
  case agent(AgentError)
  case api(String)

  package var description: String {
    switch self {
    case .noContainers: "this cluster was started without containers, so its nodes are only names"
    case .badName(let name): "'\(name)' cannot name a node: lower-case letters, digits, '-' and '.', at most 63"
    case .exists(let name): "there is a node \(name) already"
    case .unknown(let name, let have): "there is no node \(name), but \(have.joined(separator: ", "))"
    case .controlPlane(let name): "\(name) is the control plane's node, which a cluster always has"
    case .tooMany(let limit): "a cluster has at most \(limit) nodes"
    case .isStopped(let name): "node \(name) is stopped already"
    case .isRunning(let name): "node \(name) runs already"
    case .agent(let error): "\(error)"
    case .api(let reason): "the API refuses it: \(reason)"
    }
  }
}
