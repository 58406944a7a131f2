import CoreNode
import EdgeAgent
import Synchronization

/// The nodes' agent, once there is one: the engine's host and the agent need each other.
final class AgentSlot: Sendable {
  private let slot = Mutex<NodeAgent?>(nil)
  var agent: NodeAgent? { slot.withLock { $0 } }
  func set(_ agent: NodeAgent?) { slot.withLock { $0 = agent } }
  func perform(_ command: NodeCommand) { agent?.perform(command) }
}

/// The engine's host, once there is one.
final class HostSlot: Sendable {
  private let slot = Mutex<EngineHost?>(nil)
  var host: EngineHost? { slot.withLock { $0 } }
  func set(_ host: EngineHost) { slot.withLock { $0 = host } }
}

/// One at a time: a round that is still going lets no other begin.
final class Turnstile: Sendable {
  private let isTaken = Mutex(false)
  /// False while somebody else has it.
  func tryEnter() -> Bool {
    isTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
  }
  func leave() { isTaken.withLock { $0 = false } }
}
