import CoreEngine
import CoreNode
import CoreObjects
package import EdgeAgent
import EdgeHTTP
import EdgeImages
import EdgeLinux
import EdgeRuntime

extension Cluster {
  /// As many as `up` makes.
  private static let nodeLimit = 50

  /// In the order of their networks.
  package var nodes: [AgentNode] { agent.value?.nodes ?? place.nodes }
  package var nodeNames: [String] { nodes.map(\.name) }

  /// - Returns: what was done, in lines
  package func perform(_ request: NodeRequest) async throws(NodeError) -> [String] {
    guard let agent = agent.value else { throw .noContainers }
    switch request {
    case .add(let name, let size): return [try await add(name, size, to: agent)]
    case .remove(let name):
      if try find(name).index == 0 { throw .controlPlane(name) }
      try await delete("/api/v1/nodes/" + name)
      await kubelets.value?.stop(name)
      await agent.remove(name)
      healthPorts.refresh()
      keepNodes()
      let pods = host.read { engine in engine.store.list(.pods).filter { $0.view(Pod.self).spec.nodeName == name }.map(\.key) }
      for pod in pods { try await delete("/api/v1/namespaces/\(pod.namespace)/pods/\(pod.name)") }
      return ["\(name) is gone with all that was on it; pods that somebody owns begin anew on other nodes."]
    case .stop(let name):
      _ = try find(name)
      guard await agent.stop(name) else { throw .isStopped(name) }
      // Its last, as a kubelet's.
      host.heartbeat([name], periodSeconds: Engine.leasePeriodSeconds)
      return ["\(name) is stopped, as if its power were cut; the cluster misses it after 50 s of its time."]
    case .start(let name):
      _ = try find(name)
      host.heartbeat([name], periodSeconds: heartbeatSeconds)
      guard await agent.start(name) else { throw .isRunning(name) }
      return ["\(name) runs again; its containers are started anew."]
    }
  }

  /// At once, whatever it holds.
  private func delete(_ path: String) async throws(NodeError) {
    let answer = await answer(.delete, path, body: Array(#"{"gracePeriodSeconds":0}"#.utf8))
    if answer.status >= 300, answer.status != 404 { throw .api("DELETE \(path) has status \(answer.status)") }
  }

  private func find(_ name: String) throws(NodeError) -> AgentNode {
    let nodes = nodes
    guard let node = nodes.first(where: { $0.name == name }) else { throw .unknown(name, have: nodes.map(\.name)) }
    return node
  }

  private func add(_ name: String?, _ size: AgentNode.Size?, to agent: NodeAgent) async throws(NodeError) -> String {
    let nodes = nodes
    if nodes.count >= Cluster.nodeLimit { throw .tooMany(Cluster.nodeLimit) }
    let name = name ?? ClusterPlace.newName(besides: nodes)
    let isLabel = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46 }
    guard isLabel, (1...63).contains(name.utf8.count), name.first != "-", name.first != ".", name.last != "-", name.last != "."
    else {
      throw .badName(name)
    }
    if nodes.contains(where: { $0.name == name }) { throw .exists(name) }
    // What was loaded onto the first node is there for all.
    if let images, let first = nodes.first {
      for image in images.list(node: first.name).flatMap(\.names) { _ = try? images.share(image, from: first.name, to: [name]) }
    }
    let node = AgentNode(name: name, index: ClusterPlace.newIndex(besides: nodes), size: size)
    do throws(AgentError) { try await agent.add(node) } catch { throw .agent(error) }
    do { try kubelets.value?.start(node) } catch { Standard.error("the kubelet's API of \(name) cannot be served: \(error)") }
    healthPorts.refresh()
    host.heartbeat([name], periodSeconds: heartbeatSeconds)
    keepNodes()
    return "\(name) has joined the cluster."
  }

  /// The next `up` has them again.
  private func keepNodes() {
    do throws(SystemError) { try place.with(nodes).write(configuration.dataDirectory) } catch {
      Standard.error("the nodes cannot be written down, so the next 'up' has others: \(error)")
    }
  }

  // MARK: Signs of life

  /// Cluster time between two; where time runs fast as seldom as once in a second of the wall's, so that no short standstill of the
  /// machine looks like a lost node.
  private var heartbeatSeconds: Int64 { max(Engine.leasePeriodSeconds, Int64(configuration.speed)) }

  /// Says that the nodes are alive, until its task is cancelled.
  func beat() async {
    var turn = host.clock.now
    while !Task.isCancelled {
      host.heartbeat(agent.value?.reporting ?? place.nodes.map(\.name), periodSeconds: heartbeatSeconds)
      turn = host.clock.next(after: turn, everySeconds: heartbeatSeconds)
      try? await Task.sleep(for: host.clock.wait(until: turn))
    }
  }
}
