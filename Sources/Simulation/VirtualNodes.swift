import CoreJSON
import CoreMetrics
package import CoreNode
import CoreTypes

/// Nodes that run programs instead of containers. Delays are drawn from the seed.
package struct VirtualNodes: Sendable {
  struct Sandbox: Sendable {
    var node: String
    var spec: SandboxSpec
    var address: String
  }
  struct Running: Sendable {
    var node: String
    var spec: ContainerSpec
    var image: String
    var program: VirtualProgram
    var startedAt: Instant
    /// Bytes that count as the working set.
    var memoryBytes: Int64
    var cpuNanoseconds: Int64 = 0
    /// The step that a job's script has reached.
    var stage = 0
  }
  let names: [String]
  private var random: RandomSource
  private(set) var sandboxes: [String: Sandbox] = [:]
  var running: [String: Running] = [:]
  private var images: [String: String] = [:]  // pod UID + container → image
  /// What images do. An image that is not here is not on the nodes.
  package var programs: [String: VirtualProgram] = [:]
  /// Size of the file of each persistent volume, bytes.
  package var files: [String: Int64] = [:]
  private var addresses = 0

  init(names: [String], random: RandomSource) {
    self.names = names
    self.random = random
  }

  package func facts(of name: String) -> NodeFacts {
    let index = names.firstIndex(of: name) ?? 0
    var facts = NodeFacts(
      address: "172.18.0.\(index + 2)", cpuMillicores: 8000, memoryBytes: 16 << 30, ephemeralStorageBytes: 100 << 30, maxPods: 110,
      kernelVersion: "simulated", osImage: "Wavetank (simulated)", architecture: "amd64", runtimeVersion: "simulated://1",
      machineID: "00000000-0000-0000-0000-00000000000\(index)", isControlPlane: index == 0)
    facts.isTainted = index == 0 && names.count > 1
    return facts
  }

  /// Milliseconds between `least` and `most`.
  private mutating func delay(_ least: Int, _ most: Int) -> Duration { .milliseconds(least + random.below(most - least)) }

  /// Carries out a command: what will be observed, and when.
  mutating func perform(_ command: NodeCommand, at now: Instant) -> [(VirtualEvent, Instant)] {
    func observed(_ event: NodeEvent, _ at: Instant) -> (VirtualEvent, Instant) {
      (.observation(NodeObservation(node: command.node, event: event)), at)
    }
    switch command.action {
    case .startSandbox(let spec):
      addresses += 1
      let address = "10.244.\(addresses / 250 + 1).\(addresses % 250 + 2)"
      sandboxes[spec.podUID] = Sandbox(node: command.node, spec: spec, address: address)
      return [observed(.sandboxStarted(podUID: spec.podUID, address: address), now + delay(5, 30))]
    case .ensureImage(let uid, let container, let image, let pull):
      images[uid + "/" + container] = image
      if programs[image] == nil {
        let reason = pull == .never ? "ErrImageNeverPull" : "ErrImagePull"
        let message = "the image \"\(image)\" is not on this simulated node"
        return [observed(.imageFailed(podUID: uid, container: container, reason: reason, message: message), now + delay(5, 20))]
      }
      let facts = ImageFacts(id: "sha256:" + image, names: [image], sizeBytes: 10 << 20)
      return [observed(.imageReady(podUID: uid, container: container, image: facts), now + delay(1, 5))]
    case .startContainer(let spec):
      let image = images[spec.podUID + "/" + spec.name] ?? ""
      let at = now + delay(15, 60)
      let program = programs[image] ?? .idle(memoryBytes: 1 << 20)
      running[spec.containerID] = Running(
        node: command.node, spec: spec, image: image, program: program, startedAt: at, memoryBytes: program.firstMemory)
      return [
        observed(.containerStarted(podUID: spec.podUID, containerID: spec.containerID, at: at), at),
        (.program(containerID: spec.containerID), at + .milliseconds(1)),
      ]
    case .stopContainer(let uid, let id, let grace):
      guard let container = running[id] else { return [] }
      let isPrompt = container.program.stopsOnSignal
      let at = now + (isPrompt ? delay(10, 200) : .seconds(grace))
      let exit = ContainerExit(code: isPrompt ? 143 : 137, at: at, startedAt: container.startedAt)
      return [observed(.containerExited(podUID: uid, containerID: id, exit), at)]
    case .removeSandbox(let uid):
      return [observed(.sandboxRemoved(podUID: uid), now + delay(5, 30))]
    case .probe(let probe):
      let isThere = running[probe.containerID] != nil
      return [
        observed(.probed(podUID: probe.podUID, containerID: probe.containerID, kind: probe.kind, success: isThere, message: ""), now + delay(1, 10))
      ]
    case .runHook(let uid, let id, _, _):
      return [observed(.hookFinished(podUID: uid, containerID: id, success: true, message: ""), now + delay(1, 10))]
    case .createVolume(let name, _): return [observed(.volumeCreated(name: name, path: "/simulated/" + name), now)]
    case .deleteVolume(let name):
      files[name] = nil
      return [observed(.volumeDeleted(name: name), now)]
    case .removeContainer, .writeVolume: return []
    }
  }

  /// Keeps the books when something comes to pass.
  mutating func note(_ observation: NodeObservation) {
    switch observation.event {
    case .containerExited(_, let id, _): running[id] = nil
    case .sandboxRemoved(let uid):
      sandboxes[uid] = nil
      for id in running.filter({ $0.value.spec.podUID == uid }).map(\.key).sorted() { running[id] = nil }
    default: break
    }
  }

  /// The persistent volume mounted in a container, by the name of its PersistentVolume.
  func volume(of container: Running) -> String? {
    guard let sandbox = sandboxes[container.spec.podUID] else { return nil }
    for volume in sandbox.spec.volumes { if case .persistent(let name, _) = volume.source { return name } }
    return nil
  }

  /// One scrape.
  mutating func usage(at now: Instant) -> [UsageSample] {
    var samples: [UsageSample] = []
    var perNode: [String: (cpu: Int64, memory: Int64)] = [:]
    for id in running.keys.sorted() {
      guard var container = running[id], container.startedAt <= now else { continue }
      container.cpuNanoseconds = container.program.cpuMillicores * 1_000_000 * ((now - container.startedAt).nanoseconds / 1_000_000_000)
      running[id] = container
      samples.append(
        UsageSample(
          node: container.node, podUID: container.spec.podUID, container: container.spec.name, containerID: id, at: now,
          startedAt: container.startedAt, cpuNanoseconds: container.cpuNanoseconds, memoryUsage: container.memoryBytes, inactiveFile: 0,
          activeFile: container.memoryBytes / 2, anonymous: container.memoryBytes / 2))
      perNode[container.node, default: (0, 0)].cpu += container.cpuNanoseconds
      perNode[container.node]!.memory += container.memoryBytes
    }
    for name in names {
      let total = perNode[name] ?? (0, 0)
      samples.append(
        UsageSample(
          node: name, podUID: "", container: "", containerID: "", at: now, startedAt: Instant(nanoseconds: 0), cpuNanoseconds: total.cpu,
          memoryUsage: total.memory + 512 << 20, inactiveFile: 0, activeFile: 0, anonymous: 0))
    }
    return samples
  }
}
