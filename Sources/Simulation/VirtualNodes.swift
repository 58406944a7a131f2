import CoreEngine
package import CoreNode
package import CoreObjects

/// Nodes that run programs instead of containers. Delays are drawn from the seed.
package struct VirtualNodes: Sendable {
  struct Sandbox: Sendable {
    var node: String
    var spec: SandboxSpec
    var address: String
  }
  /// What stands before an image's name in its identifier.
  private static let imageID = "sha256:"

  private let nodes: [VirtualNode]
  private var random: RandomSource
  private(set) var sandboxes: [String: Sandbox] = [:]
  var containers: VirtualContainers
  /// What images do. An image that is not here is not on the nodes.
  package var programs: [String: VirtualProgram] = [:]
  /// What an image does that `programs` does not know; nil: it is not on the nodes.
  package var anyProgram: VirtualProgram?
  /// Size of the file of each persistent volume, bytes.
  package var files: [String: Int64] = [:]
  private var addresses = 0
  /// How long containers of a pod fail their probes after their start, by the pod's UID.
  package var startUps: [String: Duration] = [:]
  /// UIDs of pods that the next scrapes miss.
  package var unmeasured: Set<String> = []
  /// What goes wrong; nil: nothing does.
  package var faults: NodeFaults?
  /// Nodes that cannot be reached, with what waits for them and what they saw meanwhile.
  private var lost: [String: (commands: [NodeCommand], observations: [NodeObservation])] = [:]

  init(_ nodes: [VirtualNode], random: RandomSource) {
    self.nodes = nodes
    self.random = random
    containers = VirtualContainers(nodes: nodes.map(\.name))
  }

  var names: [String] { nodes.map(\.name) }

  package func facts(of name: String) -> NodeFacts {
    let index = nodes.firstIndex { $0.name == name } ?? 0
    let node = nodes[index]
    var facts = NodeFacts(
      address: "172.18.\(index / 250).\(index % 250 + 2)", cpuMillicores: node.cpuMillicores, memoryBytes: node.memoryBytes,
      ephemeralStorageBytes: 100 << 30, maxPods: node.maxPods,
      kernelVersion: "simulated", osImage: "Wavetank (simulated)", architecture: "amd64", runtimeVersion: "simulated://1",
      machineID: "00000000-0000-0000-0000-00000000000\(index)", isControlPlane: node.isControlPlane)
    facts.isTainted = node.isControlPlane && nodes.count > 1
    return facts
  }

  private func facts(ofImage name: String) -> ImageFacts {
    ImageFacts(id: VirtualNodes.imageID + name, names: [name], sizeBytes: 10 << 20)
  }

  /// The images that are on every node.
  var images: [ImageFacts] { programs.keys.sorted().map(facts(ofImage:)) }

  /// Milliseconds between `least` and `most`.
  private mutating func delay(_ least: Int, _ most: Int) -> Duration { .milliseconds(least + random.below(most - least)) }

  /// Carries out a command: what will be observed, and when.
  mutating func perform(_ command: NodeCommand, at now: Instant) -> [(VirtualEvent, Instant)] {
    if lost[command.node] != nil {
      lost[command.node]!.commands.append(command)
      return []
    }
    func observed(_ event: NodeEvent, _ at: Instant) -> (VirtualEvent, Instant) {
      (.observation(NodeObservation(node: command.node, event: event)), at)
    }
    switch command.action {
    case .startSandbox(let spec):
      addresses += 1
      let address = "10.244.\(addresses / 250 + 1).\(addresses % 250 + 2)"
      sandboxes[spec.podUID] = Sandbox(node: command.node, spec: spec, address: address)
      return [observed(.sandboxStarted(podUID: spec.podUID, address: address), now + delay(5, 30))]
    case .ensureImage(let uid, let container, let request):
      let image = request.image
      if programs[image] == nil, anyProgram == nil {
        let reason = request.pull == .never ? ImageFailure.neverPull : .pull
        let message = "the image \"\(image)\" is not on this simulated node"
        return [observed(.imageFailed(podUID: uid, container: container, reason: reason, message: message), now + delay(5, 20))]
      }
      return [observed(.imageReady(podUID: uid, container: container, image: facts(ofImage: image)), now + delay(1, 5))]
    case .startContainer(let spec): return start(spec, on: command.node, now)
    case .stopContainer(let uid, let id, let grace):
      guard let container = containers[id] else { return [] }
      let isPrompt = container.program.stopsOnSignal
      let at = now + (isPrompt ? delay(10, 200) : .seconds(grace))
      let exit = ContainerExit(code: isPrompt ? 143 : 137, at: at, startedAt: container.startedAt)
      return [observed(.containerExited(podUID: uid, containerID: id, exit), at)]
    case .removeSandbox(let uid):
      return [observed(.sandboxRemoved(podUID: uid), now + delay(5, 30))]
    case .probe(let probe):
      let isThere = containers[probe.containerID].map { $0.healthyAt <= now } ?? false
      return [
        observed(
          .probed(
            podUID: probe.podUID, containerID: probe.containerID, kind: probe.kind, success: isThere,
            message: isThere ? "" : "not up yet"),
          now + delay(1, 10))
      ]
    case .runHook(let uid, let id, _, _):
      return [observed(.hookFinished(podUID: uid, containerID: id, success: true, message: ""), now + delay(1, 10))]
    case .createVolume(let name, _): return [observed(.volumeCreated(name: name, path: "/simulated/" + name), now)]
    case .deleteVolume(let name):
      files[name] = nil
      return [observed(.volumeDeleted(name: name), now)]
    case .resize(let spec):
      let failure = containers.resize(spec)
      let event = NodeEvent.resized(podUID: spec.podUID, containerIDs: spec.containers.keys.sorted(), failure: failure)
      return [observed(event, now + delay(5, 30))]
    case .removeContainer, .writeVolume: return []
    }
  }

  private mutating func start(_ spec: ContainerSpec, on node: String, _ now: Instant) -> [(VirtualEvent, Instant)] {
    func observed(_ event: NodeEvent, _ at: Instant) -> (VirtualEvent, Instant) {
      (.observation(NodeObservation(node: node, event: event)), at)
    }
    let image = String(spec.imageID.dropFirst(VirtualNodes.imageID.count))
    var at = now + delay(15, 60)
    var program = programs[image] ?? anyProgram ?? .idle(memoryBytes: VirtualProgram.base)
    var healthyAt = at + (startUps[spec.podUID] ?? .zero)
    switch faults?.draw() ?? .none {
    case .none: break
    case .refused:
      let message = "the container could not be started"
      return [
        observed(
          .containerFailed(podUID: spec.podUID, containerID: spec.containerID, reason: .run, message: message), at)
      ]
    case .late(let duration): at = at + duration
    case .crash(let seconds, let code): program = .exits(afterSeconds: seconds, code: code)
    case .sick(let duration): healthyAt = healthyAt + duration
    }
    containers.start(
      spec.containerID, of: image, .init(spec, on: node, program, startedAt: at, healthyAt: healthyAt))
    return [
      observed(.containerStarted(podUID: spec.podUID, containerID: spec.containerID, at: at), at),
      (.program(containerID: spec.containerID), at + .milliseconds(1)),
    ]
  }

  /// Keeps the books when something comes to pass; false where it is not reported, for it did not happen or its node is lost.
  mutating func record(_ observation: NodeObservation) -> Bool {
    if lost[observation.node] != nil {
      lost[observation.node]!.observations.append(observation)
      return false
    }
    switch observation.event {
    case .containerExited(_, let id, _): return containers.end(id)
    case .sandboxRemoved(let uid):
      sandboxes[uid] = nil
      startUps[uid] = nil
      containers.end(ofPod: uid)
    default: break
    }
    return true
  }

  /// Cuts a node off: it goes on with what it does, but receives and reports nothing.
  package mutating func lose(_ node: String) { if lost[node] == nil { lost[node] = ([], []) } }
  /// Containers that run or are about to.
  package var count: Int { containers.count }
  package var lostNodes: [String] { lost.keys.sorted() }

  mutating func regain(_ node: String) -> ([NodeCommand], [NodeObservation]) {
    containers.unsettle(node: node)
    return lost.removeValue(forKey: node).map { ($0.commands, $0.observations) } ?? ([], [])
  }

  /// What is seen of the containers of a node that was rebooted.
  func exits(on node: String, at now: Instant) -> [NodeObservation] {
    containers.ids.compactMap { id in
      guard let container = containers[id], container.node == node, container.startedAt <= now else { return nil }
      let exit = ContainerExit(code: 255, at: now, startedAt: container.startedAt)
      return NodeObservation(node: node, event: .containerExited(podUID: container.podUID, containerID: id, exit))
    }
  }

  /// What the idle program of an image holds in memory from now on, wherever it runs.
  package mutating func load(_ image: String, memoryBytes: Int64) { load([image: memoryBytes]) }

  /// A load made a running container use this many thousandths of a core in the mean since the last time, and holds this much memory
  /// now. nil: nobody can read it.
  /// - Parameters:
  ///   - peakBytes: what it held at the most since then
  ///   - hint: where the pod may be, and then where it is
  /// - Returns: the container's ID and limit, where it held more memory than that
  package mutating func charge(
    pod uid: String, _ container: String, millicores: Double?, memoryBytes: Int64?, peakBytes: Int64?, at now: Instant,
    hint: inout Int
  ) -> (id: String, memoryLimitBytes: Int64)? {
    containers.charge(
      pod: uid, container, millicores: millicores, memoryBytes: memoryBytes, peakBytes: peakBytes, at: now, hint: &hint)
  }

  /// The running containers of a pod, by name: their identifiers and memory limits.
  package func running(ofPod uid: String, at now: Instant) -> [(name: String, id: String, memoryLimitBytes: Int64?)] {
    containers.running(ofPod: uid, at: now)
  }

  /// The same for many images in one pass.
  package mutating func load(_ memoryBytes: [String: Int64]) {
    for (image, bytes) in memoryBytes { programs[image] = .idle(memoryBytes: bytes) }
    containers.setMemory(ofImages: memoryBytes)
  }

  /// Nothing goes wrong any more, and what was sick gets well.
  package mutating func heal(at now: Instant) {
    faults = nil
    for id in containers.ids { containers.heal(id, by: now) }
  }

  /// A new start of everything: no container, no sandbox.
  mutating func clear() {
    sandboxes = [:]
    containers = VirtualContainers(nodes: names)
    lost = [:]
  }

  /// The persistent volume of a pod, by the name of its PersistentVolume.
  package func volume(ofPod uid: String) -> String? {
    for volume in sandboxes[uid]?.spec.volumes ?? [] { if case .persistent(let name, _) = volume.source { return name } }
    return nil
  }

  /// Lines that the program of a running container wrote.
  package func log(ofContainer id: String) -> [String] { containers.logs[id] ?? [] }

  /// One scrape.
  mutating func scrape(at now: Instant) -> Input {
    if faults == nil, lost.isEmpty, unmeasured.isEmpty { return .usageChanges(containers.changes(at: now)) }
    let (faults, lost, unmeasured) = (faults, lost, unmeasured)
    return .usage(
      containers.all(
        at: now, isLost: { lost[$0] != nil }, isMissed: { unmeasured.contains($0) || faults?.misses($0, now) ?? false }))
  }
}
