import CoreObjects
import EdgeAgent
import EdgeLinux
import EdgeRuntime

/// The nodes of a cluster and where they are: what it was asked for, else what it had.
struct ClusterPlace {
  private static let controlPlane = "wavetank-control-plane"

  var addresses: ClusterAddresses
  var nodes: [AgentNode]
  /// What the operator should read of the choice; nil where there was none.
  let remark: String?

  private static func file(_ directory: String) -> String { directory + "/network.json" }

  /// - Parameter isNew: no object of the cluster has an address yet
  /// - Throws: `ClusterError.damagedPlace`
  init(_ configuration: ClusterConfiguration, isNew: Bool) async throws(ClusterError) {
    let saved = try ClusterPlace.read(configuration.dataDirectory)
    nodes = ClusterPlace.nodes(configuration, saved.nodes)
    if let choice = saved.choice {
      (addresses, remark) = (ClusterAddresses(choice: choice), nil)
    } else if configuration.linksMachine, isNew, configuration.runsContainers {
      (addresses, remark) = await ClusterPlace.choose()
    } else {
      (addresses, remark) = (ClusterAddresses(), nil)
    }
  }

  /// The first addresses that the machine uses for nothing else; the usual ones where there are none.
  private static func choose() async -> (ClusterAddresses, remark: String?) {
    let usual = ClusterAddresses()
    guard let unreached = try? await HostLink.unreached(usual), let taken = unreached.first else { return (usual, nil) }
    for choice in 1..<ClusterAddresses.choices {
      let addresses = ClusterAddresses(choice: choice)
      guard (try? await HostLink.unreached(addresses))?.isEmpty == true else { continue }
      let remark =
        "\(taken.range) is in use on this machine (\(taken.route)), so pods are in \(addresses.podRange), Services in \(addresses.serviceRange) "
        + "and load balancers in \(addresses.balancerRange)"
      return (addresses, remark)
    }
    return (usual, nil)
  }

  // MARK: Nodes

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

  private static func nodes(_ configuration: ClusterConfiguration, _ saved: [AgentNode]) -> [AgentNode] {
    let wanted =
      configuration.names.isEmpty
      ? configuration.nodes.map { (0..<$0).map(name) } ?? (saved.isEmpty ? [controlPlane] : saved.map(\.name))
      : configuration.names
    var nodes: [AgentNode] = []
    for (place, name) in wanted.enumerated() {
      var node = saved.first { $0.name == name } ?? AgentNode(name: name, index: -1)
      // The first network is the first node's.
      if place == 0 { node.index = 0 } else if node.index == 0 { node.index = -1 }
      if let size = configuration.sizes[name] ?? configuration.nodeSize { node.size = size }
      nodes.append(node)
    }
    // Those that are new take what the others leave.
    for place in nodes.indices where nodes[place].index < 0 { nodes[place].index = newIndex(besides: nodes) }
    return nodes
  }

  /// The same with other nodes.
  func with(_ nodes: [AgentNode]) -> ClusterPlace {
    var place = self
    place.nodes = nodes
    return place
  }

  // MARK: On disk

  func write(_ directory: String) throws(SystemError) {
    let trees = nodes.map { node -> JSON in
      var tree: JSON = ["name": .string(node.name), "index": .int(Int64(node.index))]
      if let size = node.size {
        tree["cpuMillicores"] = .int(size.cpuMillicores)
        tree["memoryBytes"] = .int(size.memoryBytes)
      }
      return tree
    }
    let tree: JSON = ["addresses": .int(Int64(addresses.choice)), "nodes": .array(trees)]
    try Files.replace(ClusterPlace.file(directory), tree.encoded())
  }

  private static func read(_ directory: String) throws(ClusterError) -> (choice: Int?, nodes: [AgentNode]) {
    let path = file(directory)
    if !Files.exists(path) { return (nil, []) }
    guard let bytes = try? Files.read(path), let tree = try? JSONParser.parse(bytes), let choice = tree["addresses"].int,
      (0..<ClusterAddresses.choices).contains(choice)
    else { throw .damagedPlace(path) }
    var nodes: [AgentNode] = []
    for tree in tree["nodes"].elements {
      guard let name = tree[.name].string, let index = tree["index"].int, (0..<ClusterNetwork.nodeLimit).contains(index) else {
        throw .damagedPlace(path)
      }
      var node = AgentNode(name: name, index: index)
      if let cpu = tree["cpuMillicores"].int, let memory = tree["memoryBytes"].int {
        node.size = AgentNode.Size(cpuMillicores: Int64(cpu), memoryBytes: Int64(memory))
      }
      nodes.append(node)
    }
    return (choice, nodes)
  }
}
