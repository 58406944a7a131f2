import CoreNode
import CoreObjects

/// The containers that run on simulated nodes, and what a scrape finds of them. Programs use an even share of a core and change
/// their memory only now and then, so a scrape reports no more than what is new.
struct VirtualContainers: Sendable {
  struct Running: Sendable {
    fileprivate let source: UsageSource
    var node: String { source.node }
    var podUID: String { source.podUID }
    var name: String { source.container }
    let namespace: String
    let program: VirtualProgram
    fileprivate let cpuMillicores: Int64
    var startedAt: Instant
    /// Bytes that count as the working set.
    fileprivate(set) var memoryBytes: Int64
    /// Steps of its program that are done.
    var stage = 0
    /// Its probes fail before.
    var healthyAt: Instant
    /// Bytes at which the kernel kills it; nil: the node's.
    fileprivate(set) var memoryLimitBytes: Int64?
    fileprivate var image = -1
    /// What a load makes it use; nil: the program's even share of a core since its start.
    fileprivate var charge: Charge?

    init(_ spec: ContainerSpec, on node: String, _ program: VirtualProgram, startedAt: Instant, healthyAt: Instant) {
      namespace = spec.namespace
      self.program = program
      cpuMillicores = program.cpuMillicores
      self.startedAt = startedAt
      memoryBytes = program.firstMemory
      self.healthyAt = healthyAt
      memoryLimitBytes = spec.memoryLimitBytes
      source = UsageSource(node: node, podUID: spec.podUID, container: spec.name, containerID: spec.containerID)
    }
  }

  /// CPU time that a load has taken so far.
  fileprivate struct Charge: Sendable {
    var nanoseconds: Int64
    var at: Instant
    /// Thousandths of a core since the charge before; nil: they could not be read.
    var millicores: Double?
  }

  /// A pod with containers, or one whose last container has ended.
  private struct Pod: Sendable {
    var uid = ""
    var ids: [String] = []
    var containers: [Running] = []
    var node = -1
    /// Scrapes that have still to name it.
    var unsettled = 0
    var isPending = false
  }

  /// A rate begins at the second of two samples.
  fileprivate static let firstSamples = 2

  /// Pods stay where they are, and are reported in that order.
  private var pods: [Pod] = []
  private var free: [Int] = []
  /// Of each pod by its UID, and of each container's by the container's ID.
  private var podPlaces: [String: Int] = [:]
  private var places: [String: Int] = [:]
  /// Lines that programs of running containers wrote, by the container's ID.
  private(set) var logs: [String: [String]] = [:]
  /// A number for each image, with which its containers are found sooner than with its name.
  private var images: [String: Int] = [:]
  /// Places of the pods that the next scrape has to look at, each once.
  private var pending: [Int] = []
  /// Pods that a scrape has named and that have no container any more.
  private var gone: [String] = []
  private var nodes: [NodeUse]
  private let nodePlaces: [String: Int]

  init(nodes names: [String]) {
    nodes = names.map { NodeUse(name: $0) }
    nodePlaces = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
  }

  var count: Int { places.count }
  /// IDs, sorted.
  var ids: [String] { places.keys.sorted() }

  subscript(id: String) -> Running? {
    guard let place = places[id], let index = pods[place].ids.firstIndex(of: id) else { return nil }
    return pods[place].containers[index]
  }

  func running(ofPod uid: String, at now: Instant) -> [(name: String, id: String, memoryLimitBytes: Int64?)] {
    guard let place = podPlaces[uid] else { return [] }
    let pod = pods[place]
    return zip(pod.ids, pod.containers).filter { $1.startedAt <= now }.map { ($1.name, $0, $1.memoryLimitBytes) }
  }

  mutating func start(_ id: String, of image: String, _ container: Running) {
    var container = container
    container.image = number(of: image)
    let place = podPlaces[container.podUID] ?? makePlace(container.podUID)
    pods[place].ids.append(id)
    pods[place].containers.append(container)
    pods[place].node = nodePlaces[container.node] ?? -1
    places[id] = place
    settle(place, Self.firstSamples)
    count(container, 1, on: pods[place].node)
  }

  private mutating func number(of image: String) -> Int {
    if let known = images[image] { return known }
    images[image] = images.count
    return images.count - 1
  }

  private mutating func makePlace(_ uid: String) -> Int {
    let place = free.popLast() ?? pods.count
    if place == pods.count { pods.append(Pod()) }
    pods[place].uid = uid
    podPlaces[uid] = place
    return place
  }

  /// False if it does not run.
  mutating func end(_ id: String) -> Bool {
    guard let place = places.removeValue(forKey: id), let index = pods[place].ids.firstIndex(of: id) else { return false }
    pods[place].ids.remove(at: index)
    let container = pods[place].containers.remove(at: index)
    if !logs.isEmpty { logs[id] = nil }
    if pods[place].ids.isEmpty {
      let uid = pods[place].uid
      gone.append(uid)
      podPlaces[uid] = nil
      pods[place].unsettled = 0
      free.append(place)
    } else {
      settle(place, 1)
    }
    count(container, -1, on: pods[place].node)
    return true
  }

  mutating func end(ofPod uid: String) {
    guard let place = podPlaces[uid] else { return }
    for id in pods[place].ids { _ = end(id) }
  }

  /// A step of its program is done.
  mutating func proceed(_ id: String, memoryBytes: Int64, line: String?) {
    guard let place = places[id], let index = pods[place].ids.firstIndex(of: id) else { return }
    setMemory(place, index, memoryBytes)
    pods[place].containers[index].stage += 1
    if let line { logs[id, default: []].append(line) }
  }

  /// A load made a running container use this much since the last time, and holds this much memory now. nil: there is no reading of
  /// it.
  /// - Parameters:
  ///   - peakBytes: what it held at the most since then
  ///   - hint: where the pod may be, and then where it is
  /// - Returns: the container's ID and limit, where it held more memory than that
  mutating func charge(
    pod uid: String, _ name: String, millicores: Double?, memoryBytes: Int64?, peakBytes: Int64?, at now: Instant, hint: inout Int
  ) -> (id: String, memoryLimitBytes: Int64)? {
    if !pods.indices.contains(hint) || pods[hint].uid != uid || pods[hint].ids.isEmpty { hint = podPlaces[uid] ?? -1 }
    if hint < 0 { return nil }
    let place = pods[hint].containers.withUnsafeBufferPointer { containers in
      containers.indices.first { containers[$0].source.container == name && containers[$0].startedAt <= now }
    }
    guard let index = place else { return nil }
    if let memoryBytes { setMemory(hint, index, memoryBytes) }
    let news = pods[hint].containers[index].charge(millicores, at: now)
    if news > 0 { settle(hint, news) }
    guard let peak = peakBytes ?? memoryBytes, let limit = pods[hint].containers[index].memoryLimitBytes, peak > limit else {
      return nil
    }
    return (pods[hint].ids[index], limit)
  }

  mutating func heal(_ id: String, by instant: Instant) { change(id) { $0.healthyAt = min($0.healthyAt, instant) } }

  /// - Returns: why it was not done
  mutating func resize(_ spec: ResizeSpec) -> String? {
    for (id, limits) in spec.containers.sorted(by: { $0.key < $1.key }) {
      guard let container = self[id], let limit = limits.memoryBytes, limit < container.memoryBytes else { continue }
      return "container \(container.name) uses \(container.memoryBytes) bytes, more than the limit of \(limit)"
    }
    for (id, limits) in spec.containers { change(id) { $0.memoryLimitBytes = limits.memoryBytes } }
    return nil
  }

  private mutating func change(_ id: String, _ change: (inout Running) -> Void) {
    guard let place = places[id], let index = pods[place].ids.firstIndex(of: id) else { return }
    change(&pods[place].containers[index])
  }

  private mutating func setMemory(_ place: Int, _ index: Int, _ bytes: Int64) {
    let before = pods[place].containers[index].memoryBytes
    if before == bytes { return }
    pods[place].containers[index].memoryBytes = bytes
    settle(place, 1)
    withNode(pods[place].node) { $0.memoryBytes += bytes - before }
  }

  /// Memory of all containers of some images, in one pass.
  mutating func setMemory(ofImages bytes: [String: Int64]) {
    var wanted = [Int64?](repeating: nil, count: images.count)
    for (image, number) in images { wanted[number] = bytes[image] }
    for place in pods.indices {
      for index in pods[place].containers.indices {
        if let bytes = wanted[pods[place].containers[index].image] { setMemory(place, index, bytes) }
      }
    }
  }

  /// The pods of a node have to be reported whole again.
  mutating func unsettle(node: String) {
    guard let node = nodePlaces[node] else { return }
    for place in pods.indices where pods[place].node == node && !pods[place].ids.isEmpty { settle(place, Self.firstSamples) }
    withNode(node) { _ in }
  }

  private mutating func settle(_ place: Int, _ scrapes: Int) {
    pods[place].unsettled = max(pods[place].unsettled, scrapes)
    if pods[place].isPending { return }
    pods[place].isPending = true
    pending.append(place)
  }

  private mutating func count(_ container: Running, _ sign: Int64, on node: Int) {
    withNode(node) {
      $0.memoryBytes += sign * container.memoryBytes
      $0.cpuMillicores += sign * container.cpuMillicores
    }
  }

  private mutating func withNode(_ place: Int, _ change: (inout NodeUse) -> Void) {
    if place < 0 { return }
    change(&nodes[place])
    nodes[place].unsettled = Self.firstSamples
  }

  // MARK: Scrapes

  /// What is new since the scrape before.
  mutating func changes(at now: Instant) -> UsageChanges {
    var changes = UsageChanges(at: now, nodes: nodes.map(\.name), samples: [], gone: gone.sorted())
    changes.samples.reserveCapacity(pending.count + nodes.count)
    gone = []
    var left: [Int] = []
    // Mostly nearly all of them.
    let all = pending.count > pods.count / 4 ? pods.indices.filter { pods[$0].isPending } : pending.sorted()
    for place in all {
      if pods[place].unsettled > 0, report(place, now, &changes.samples) { pods[place].unsettled -= 1 }
      pods[place].isPending = pods[place].unsettled > 0
      if pods[place].isPending { left.append(place) }
    }
    pending = left
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
    for place in pods.indices {
      guard let node = pods[place].containers.first?.node, !isLost(node) else { continue }
      if isMissed(pods[place].uid) {
        settle(place, Self.firstSamples)
      } else if report(place, now, &samples), pods[place].unsettled > 0 {
        pods[place].unsettled -= 1
      }
    }
    for index in nodes.indices {
      nodes[index].goOn(to: now)
      nodes[index].unsettled = Self.firstSamples
      samples.append(nodes[index].sample(at: now))
    }
    return samples
  }

  /// Whether there was something to report: a container that is still starting is not measured.
  private func report(_ place: Int, _ now: Instant, _ samples: inout [UsageSample]) -> Bool {
    let before = samples.count
    pods[place].containers.withUnsafeBufferPointer { containers in
      for index in containers.indices where containers[index].startedAt <= now {
        let bytes = containers[index].memoryBytes
        samples.append(
          UsageSample(
            containers[index].source, at: now, startedAt: containers[index].startedAt,
            cpuNanoseconds: VirtualContainers.cpuNanoseconds(
              containers[index].charge, containers[index].cpuMillicores, since: containers[index].startedAt, at: now),
            memoryUsage: bytes, inactiveFile: 0, activeFile: bytes / 2, anonymous: bytes / 2))
      }
    }
    return samples.count > before
  }

  private static func cpuNanoseconds(_ charge: Charge?, _ program: Int64, since start: Instant, at now: Instant) -> Int64 {
    guard let charge else { return program * 1_000_000 * ((now - start).nanoseconds / 1_000_000_000) }
    guard let millicores = charge.millicores else { return -1 }
    return charge.nanoseconds + Int64(millicores * Double((now - charge.at).nanoseconds / 1000))
  }
}

extension VirtualContainers.Running {
  /// Goes on with what a load makes it use.
  /// - Returns: how many scrapes have to name it: one that goes on as before none, one that can be read again as many as a rate wants
  fileprivate mutating func charge(_ millicores: Double?, at now: Instant) -> Int {
    var next = charge ?? VirtualContainers.Charge(nanoseconds: 0, at: startedAt)
    let isBack = charge != nil && next.millicores == nil && millicores != nil
    let isNew = next.millicores != millicores || charge == nil
    if let millicores, now > next.at {
      next.nanoseconds += Int64(millicores * Double((now - next.at).nanoseconds / 1000))
    }
    next.at = max(now, next.at)
    next.millicores = millicores
    charge = next
    return isBack ? VirtualContainers.firstSamples : isNew ? 1 : 0
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
