import CoreMetrics
import CoreNode
import CoreTypes

/// The containers that run on simulated nodes, and what a scrape finds of them. Programs use an even share of a core and change
/// their memory only now and then, so a scrape tells no more than what is new.
struct VirtualContainers: Sendable {
  struct Running: Sendable {
    var node: String
    var spec: ContainerSpec
    var image: String
    var program: VirtualProgram
    var startedAt: Instant
    /// Bytes that count as the working set.
    fileprivate(set) var memoryBytes: Int64
    /// The step that a job's script has reached.
    var stage = 0
    /// Its probes fail before.
    var healthyAt: Instant
  }

  /// A rate begins at the second of two samples.
  private static let firstSamples = 2

  private var containers: [String: Running] = [:]
  private var ofPods: [String: [String]] = [:]
  /// Scrapes that have still to name a pod.
  private var unsettled: [String: Int] = [:]
  /// Pods that a scrape has named and that have no container any more.
  private var gone: [String] = []
  private var nodes: [NodeUse]

  init(nodes names: [String]) { nodes = names.map { NodeUse(name: $0) } }

  var count: Int { containers.count }
  /// IDs, sorted.
  var ids: [String] { containers.keys.sorted() }

  subscript(id: String) -> Running? { containers[id] }

  mutating func start(_ id: String, _ container: Running) {
    containers[id] = container
    ofPods[container.spec.podUID, default: []].append(id)
    unsettled[container.spec.podUID] = Self.firstSamples
    count(container, 1)
  }

  /// False if it does not run.
  mutating func end(_ id: String) -> Bool {
    guard let container = containers.removeValue(forKey: id) else { return false }
    let uid = container.spec.podUID
    ofPods[uid]?.removeAll { $0 == id }
    if ofPods[uid]?.isEmpty ?? true {
      ofPods[uid] = nil
      unsettled[uid] = nil
      gone.append(uid)
    } else {
      settle(uid, 1)
    }
    count(container, -1)
    return true
  }

  mutating func end(ofPod uid: String) { for id in ofPods[uid] ?? [] { _ = end(id) } }

  mutating func proceed(_ id: String, to stage: Int) { containers[id]?.stage = stage }
  mutating func heal(_ id: String, by instant: Instant) {
    if let at = containers[id]?.healthyAt, at > instant { containers[id]!.healthyAt = instant }
  }

  mutating func setMemory(of id: String, bytes: Int64) {
    guard let container = containers[id], container.memoryBytes != bytes else { return }
    containers[id]!.memoryBytes = bytes
    settle(container.spec.podUID, 1)
    withNode(container.node) { $0.memoryBytes += bytes - container.memoryBytes }
  }

  /// Memory of all containers of some images, in one pass.
  mutating func setMemory(ofImages bytes: [String: Int64]) {
    // In any order: sums and sets do not tell it.
    for (id, container) in containers {
      if let bytes = bytes[container.image], bytes != container.memoryBytes { setMemory(of: id, bytes: bytes) }
    }
  }

  /// The pods of a node have to be told whole again.
  mutating func unsettle(node: String) {
    for container in containers.values where container.node == node { unsettled[container.spec.podUID] = Self.firstSamples }
    withNode(node) { _ in }
  }

  private mutating func settle(_ uid: String, _ scrapes: Int) { unsettled[uid] = max(unsettled[uid] ?? 0, scrapes) }

  private mutating func count(_ container: Running, _ sign: Int64) {
    withNode(container.node) {
      $0.memoryBytes += sign * container.memoryBytes
      $0.cpuMillicores += sign * container.program.cpuMillicores
    }
  }

  private mutating func withNode(_ name: String, _ change: (inout NodeUse) -> Void) {
    guard let index = nodes.firstIndex(where: { $0.name == name }) else { return }
    change(&nodes[index])
    nodes[index].unsettled = Self.firstSamples
  }

  // MARK: Scrapes

  /// What is new since the scrape before.
  mutating func changes(at now: Instant) -> UsageChanges {
    var changes = UsageChanges(at: now, nodes: nodes.map(\.name), samples: [], gone: gone.sorted())
    gone = []
    for uid in unsettled.keys.sorted() { if tell(uid, now, &changes.samples) { told(uid) } }
    for index in nodes.indices {
      nodes[index].goOn(to: now)
      guard nodes[index].unsettled > 0 else { continue }
      nodes[index].unsettled -= 1
      changes.samples.append(nodes[index].sample(at: now))
    }
    return changes
  }

  /// Everything, but for nodes that cannot be reached and pods that are not measured.
  mutating func all(at now: Instant, isLost: (String) -> Bool, isMissed: (String) -> Bool) -> [UsageSample] {
    var samples: [UsageSample] = []
    gone = []
    for uid in ofPods.keys.sorted() {
      guard let node = ofPods[uid]?.first.flatMap({ containers[$0]?.node }), !isLost(node) else { continue }
      if isMissed(uid) { unsettled[uid] = Self.firstSamples } else if tell(uid, now, &samples) { told(uid) }
    }
    for index in nodes.indices {
      nodes[index].goOn(to: now)
      nodes[index].unsettled = Self.firstSamples
      samples.append(nodes[index].sample(at: now))
    }
    return samples
  }

  /// Whether there was something to tell: a container that is still starting is not measured.
  private func tell(_ uid: String, _ now: Instant, _ samples: inout [UsageSample]) -> Bool {
    let before = samples.count
    for id in ofPods[uid] ?? [] {
      guard let container = containers[id], container.startedAt <= now else { continue }
      let age = (now - container.startedAt).nanoseconds / 1_000_000_000
      samples.append(
        UsageSample(
          node: container.node, podUID: uid, container: container.spec.name, containerID: id, at: now,
          startedAt: container.startedAt, cpuNanoseconds: container.program.cpuMillicores * 1_000_000 * age,
          memoryUsage: container.memoryBytes, inactiveFile: 0, activeFile: container.memoryBytes / 2,
          anonymous: container.memoryBytes / 2))
    }
    return samples.count > before
  }

  private mutating func told(_ uid: String) {
    guard let left = unsettled[uid] else { return }
    unsettled[uid] = left > 1 ? left - 1 : nil
  }
}

/// What all containers of a simulated node use together.
private struct NodeUse: Sendable {
  let name: String
  var memoryBytes: Int64 = 0
  var cpuMillicores: Int64 = 0
  /// Scrapes that have still to name it.
  var unsettled = 2
  private var cpuNanoseconds: Int64 = 0
  private var countedAt: Instant?

  init(name: String) { self.name = name }

  /// The counter at a scrape; what came and went meanwhile counts as if it had been so all the time.
  mutating func goOn(to now: Instant) {
    if let countedAt { cpuNanoseconds += cpuMillicores * ((now - countedAt).nanoseconds / 1000) }
    countedAt = now
  }

  func sample(at now: Instant) -> UsageSample {
    UsageSample(
      node: name, podUID: "", container: "", containerID: "", at: now, startedAt: Instant(nanoseconds: 0),
      cpuNanoseconds: cpuNanoseconds, memoryUsage: memoryBytes + 512 << 20, inactiveFile: 0, activeFile: 0, anonymous: 0)
  }
}
