import CoreNode
import EdgeRuntime
import Synchronization

/// A node that an agent plays.
package struct AgentNode: Sendable, Equatable {
  /// What a node has to give, kept by a control group.
  package struct Size: Sendable, Equatable {
    package var cpuMillicores: Int64
    package var memoryBytes: Int64

    package init(cpuMillicores: Int64, memoryBytes: Int64) {
      (self.cpuMillicores, self.memoryBytes) = (cpuMillicores, memoryBytes)
    }
  }

  package var name: String
  /// Its network is 10.244.INDEX.0/24; the first one, 0, is the control plane's.
  package var index: Int
  /// Nil: all of the machine.
  package var size: Size?

  package init(name: String, index: Int, size: Size? = nil) { (self.name, self.index, self.size) = (name, index, size) }

  package static func numbered(_ names: [String]) -> [AgentNode] {
    names.enumerated().map { AgentNode(name: $1, index: $0) }
  }
}

/// The nodes that there are now, for everybody who asks from any thread. A stopped node is asked nothing and says nothing: both wait
/// until it starts again.
final class NodeTable: Sendable {
  private struct Silence {
    var commands: [NodeCommand] = []
    var observations: [NodeObservation] = []
  }

  private struct State {
    var nodes: [String: AgentNode] = [:]
    var stopped: [String: Silence] = [:]
  }

  private let state: Mutex<State>

  init(_ nodes: [AgentNode]) {
    state = Mutex(State(nodes: Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0) })))
  }

  /// In the order of their indices.
  var all: [AgentNode] { state.withLock { $0.nodes.values.sorted { $0.index < $1.index } } }

  subscript(name: String) -> AgentNode? { state.withLock { $0.nodes[name] } }

  func add(_ node: AgentNode) { state.withLock { $0.nodes[node.name] = node } }

  func remove(_ name: String) {
    state.withLock { state in
      state.nodes[name] = nil
      state.stopped[name] = nil
    }
  }

  func isStopped(_ name: String) -> Bool { state.withLock { $0.stopped[name] != nil } }

  /// - Returns: false where it was stopped already
  func stop(_ name: String) -> Bool {
    state.withLock { state in
      if state.stopped[name] != nil { return false }
      state.stopped[name] = Silence()
      return true
    }
  }

  /// What was to be done meanwhile, and what would have been told; nil where it was not stopped.
  func start(_ name: String) -> (commands: [NodeCommand], observations: [NodeObservation])? {
    state.withLock { $0.stopped.removeValue(forKey: name) }.map { ($0.commands, $0.observations) }
  }

  /// - Returns: whether its node is stopped, and the command waits.
  func holds(_ command: NodeCommand) -> Bool {
    state.withLock { $0.stopped[command.node]?.commands.append(command) } != nil
  }

  /// - Returns: whether its node is stopped, and the observation waits.
  func holds(_ observation: NodeObservation) -> Bool {
    state.withLock { $0.stopped[observation.node]?.observations.append(observation) } != nil
  }
}
