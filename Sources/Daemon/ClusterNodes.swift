import CoreObjects
import EdgeAgent
import EdgeLinux

/// The nodes of a cluster: those that it was asked for, else those that it had.
enum ClusterNodes {
  private static let controlPlane = "wavetank-control-plane"

  private static func file(_ directory: String) -> String { directory + "/nodes.json" }

  /// wavetank-control-plane, wavetank-worker, wavetank-worker2 …
  private static func name(_ place: Int) -> String {
    place == 0 ? controlPlane : place == 1 ? "wavetank-worker" : "wavetank-worker\(place)"
  }

  /// The first of these names that is free.
  static func newName(besides nodes: [AgentNode]) -> String {
    (1...).lazy.map(name).first { name in !nodes.contains { $0.name == name } }!
  }

  /// The lowest network that is free.
  static func newIndex(besides nodes: [AgentNode]) -> Int { (1...).first { index in !nodes.contains { $0.index == index } }! }

  /// - Throws: `ClusterError.damagedNodes`
  static func settle(_ configuration: ClusterConfiguration) throws(ClusterError) -> [AgentNode] {
    let saved = try read(configuration.dataDirectory)
    let wanted =
      configuration.names.isEmpty
      ? configuration.nodes.map { (0..<$0).map(name) } ?? (saved.isEmpty ? [controlPlane] : saved.map(\.name))
      : configuration.names
    var nodes: [AgentNode] = []
    for (place, name) in wanted.enumerated() {
      var node = saved.first { $0.name == name } ?? AgentNode(name: name, index: place == 0 ? 0 : -1)
      if place == 0 { node.index = 0 }
      if let size = configuration.sizes[name] ?? configuration.nodeSize { node.size = size }
      nodes.append(node)
    }
    // Those that are new take what the others leave.
    for place in nodes.indices where nodes[place].index < 0 || place > 0 && nodes[place].index == 0 {
      nodes[place].index = newIndex(besides: nodes)
    }
    return nodes
  }

  static func write(_ nodes: [AgentNode], _ directory: String) throws(SystemError) {
    let trees = nodes.map { node -> JSON in
      var tree: JSON = ["name": .string(node.name), "index": .int(Int64(node.index))]
      if let size = node.size {
        tree["cpuMillicores"] = .int(size.cpuMillicores)
        tree["memoryBytes"] = .int(size.memoryBytes)
      }
      return tree
    }
    try Files.replace(file(directory), JSON.array(trees).encoded())
  }

  private static func read(_ directory: String) throws(ClusterError) -> [AgentNode] {
    let path = file(directory)
    if !Files.exists(path) { return [] }
    guard let bytes = try? Files.read(path), let trees = try? JSONParser.parse(bytes).elements else { throw .damagedNodes(path) }
    var nodes: [AgentNode] = []
    for tree in trees {
      guard let name = tree[.name].string, let index = tree["index"].int, (0..<250).contains(index) else {
        throw .damagedNodes(path)
      }
      var node = AgentNode(name: name, index: Int(index))
      if let cpu = tree["cpuMillicores"].int, let memory = tree["memoryBytes"].int {
        node.size = AgentNode.Size(cpuMillicores: Int64(cpu), memoryBytes: Int64(memory))
      }
      nodes.append(node)
    }
    return nodes
  }
}
