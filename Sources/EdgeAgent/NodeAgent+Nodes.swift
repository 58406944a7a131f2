import CoreNode
import CoreObjects
import EdgeLinux
package import EdgeRuntime

extension NodeAgent {
  /// - Throws: `AgentError.noNode`
  func node(_ name: String) throws(AgentError) -> AgentNode {
    guard let node = table[name] else { throw .noNode(name) }
    return node
  }

  /// Where a node's own programs are, and its probes ask from.
  /// - Throws: `AgentError.noNode`
  package func place(of name: String) throws(AgentError) -> NetworkNamespace {
    guard let place = network.place(ofNode: try node(name).index) else { throw .noNode(name) }
    return place
  }

  /// In the order of their indices.
  package var nodes: [AgentNode] { table.all }

  /// Those that say that they are alive.
  package var reporting: [String] { table.all.map(\.name).filter { !table.isStopped($0) } }

  package var stopped: [String] { table.all.map(\.name).filter { table.isStopped($0) } }

  /// Whether a node answers nothing.
  package func isStopped(_ name: String) -> Bool { table.isStopped(name) }

  /// Has one more node, which tells of itself.
  /// - Throws: `AgentError`
  package func add(_ node: AgentNode) async throws(AgentError) {
    do {
      try makeGroup(of: node)
      try network.add(node: node.index)
      try await ground.write(configuration)
    } catch { throw .setup("\(error)") }
    table.add(node)
    announce(node.name)
  }

  /// Ends a node with all that is on it, of which nothing is told. Its volumes stay.
  package func remove(_ name: String) async {
    guard let node = table[name] else { return }
    _ = table.stop(name)
    await endPods(of: name)
    table.remove(name)
    network.remove(node: node.index)
    try? await ground.write(configuration)
    try? await cgroup(ofNode: name).remove()
  }

  /// As if its power were cut: its containers end, it answers nothing and says nothing.
  /// - Returns: false where it was stopped already
  package func stop(_ name: String) async -> Bool {
    guard let node = table[name], table.stop(name) else { return false }
    network.set(node: node.index, isUp: false)
    for entry in running.all where entry.node == name { entry.container.send(SignalName.kill) }
    return true
  }

  /// What it was to do meanwhile is done, what it saw is told.
  /// - Returns: false where it was not stopped
  package func start(_ name: String) async -> Bool {
    guard let node = table[name], table.isStopped(name) else { return false }
    // Its containers ended with it.
    for worker in workers(on: name) { await worker.untilContainersEnded() }
    network.set(node: node.index, isUp: true)
    guard let (commands, observations) = table.start(name) else { return false }
    for observation in observations { observe(observation) }
    announce(name)
    for command in commands { perform(command) }
    return true
  }

  /// The control group that all pods of a node are in.
  func cgroup(ofNode name: String) -> Cgroup { cgroup.child(name) }

  /// Keeps a node that has a size within it.
  func makeGroup(of node: AgentNode) throws(SystemError) {
    guard let size = node.size else { return }
    try cgroup(ofNode: node.name).create(
      memoryLimitBytes: size.memoryBytes, cpuLimitMillicores: size.cpuMillicores, cpuRequestMillicores: size.cpuMillicores)
  }
}
