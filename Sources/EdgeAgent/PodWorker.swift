import CoreNode
import CoreObjects
import EdgeImages
import EdgeLinux
import EdgeRuntime
import Synchronization

/// One pod on a node. Its commands come one at a time; the ends of its containers come in between.
actor PodWorker {
  private enum Container {
    case running(RunningContainer)
    /// Its directory is there until it is removed.
    case exited(RunningContainer, ContainerExit)
  }

  nonisolated let uid: String
  nonisolated let node: String
  let agent: NodeAgent
  private(set) var sandbox: PodSandbox?
  /// What is told of it where it was there before its agent.
  nonisolated let kept = Mutex(KeptPod(address: "", containers: []))
  /// What a shim holds for it.
  var held = Held()
  var hasReportedStorage = false
  private(set) var attachment: ClusterNetwork.Attachment?
  private var containers: [String: Container] = [:]
  /// Containers that have their stop signal.
  private var asked: Set<String> = []
  private var watchers: [String: Task<Void, Never>] = [:]

  init(uid: String, node: String, agent: NodeAgent) {
    self.uid = uid
    self.node = node
    self.agent = agent
  }

  /// Where the pod's programs listen; nil while there is no sandbox.
  var network: NetworkNamespace? { sandbox == nil ? nil : attachment?.namespace ?? (try? agent.place(of: node)) }
  var isEmpty: Bool { sandbox == nil && containers.isEmpty }

  var directory: String { agent.configuration.memoryDirectory + "/" + uid }
  private var disk: String { agent.configuration.runDirectory + "/" + uid }
  private var cgroup: Cgroup { agent.cgroup(ofNode: node).child("pod" + uid) }
  var logDirectory: String { agent.configuration.logDirectory + "/" + uid }
  var bundles: [ContainerBundle] {
    containers.values.map { container in
      switch container {
      case .running(let running): running.bundle
      case .exited(let ended, _): ended.bundle
      }
    }
  }

  func report(_ event: NodeEvent) { agent.observe(NodeObservation(node: node, event: event)) }

  func startSandbox(_ spec: SandboxSpec) async {
    if let sandbox { return report(.sandboxStarted(podUID: uid, address: sandbox.address)) }
    do {
      guard ["", "crun"].contains(spec.handler) else { throw AgentError.noHandler(spec.handler) }
      try PathName.check(uid)
      for volume in spec.volumes {
        try PathName.check(volume.name)
        if case .persistent(let name, _) = volume.source { try PathName.check(name) }
      }
      let address: String
      let networkPath: String
      if spec.hostNetwork {
        address = agent.network.addresses.node(try agent.node(node).index)
        networkPath = try agent.place(of: node).path
      } else {
        let made = try agent.network.attach(node: try agent.node(node).index)
        attachment = made
        (address, networkPath) = (made.address, made.namespace.path)
      }
      let made = try PodSandbox(
        spec, address: address, networkPath: networkPath, directory: directory, disk: disk,
        persistent: agent.configuration.volumeDirectory, cgroup: cgroup, processLimit: agent.configuration.podProcessLimit)
      sandbox = made
      try await keepSandbox()
      report(.sandboxStarted(podUID: uid, address: address))
    } catch {
      await release()
      let failure = error as? SandboxError
      report(.sandboxFailed(podUID: uid, reason: failure?.reason ?? "FailedCreatePodSandBox", message: "\(error)"))
    }
  }

  /// Goes on with what an agent before this one has left.
  /// - Returns: whether there is anything of it
  func adopt(_ record: Record) async -> Bool {
    held = record.held
    do {
      let index = try agent.node(node).index
      guard let shim = agent.shims.current else { return false }
      let paths = record.held.numbers.map(shim.file)
      var networkPath = try agent.place(of: node).path
      if let host = record.host {
        let made = agent.network.adopt(try NetworkNamespace(paths[2]), node: index, host: host)
        attachment = made
        networkPath = made.namespace.path
      }
      let sandbox = try PodSandbox(
        adopting: record.sandbox, .init(hostName: paths[0], ipc: paths[1]), networkPath: networkPath, directory: directory,
        disk: disk, persistent: agent.configuration.volumeDirectory, cgroup: cgroup)
      self.sandbox = sandbox
      for bundle in PodWorker.bundles(in: directory) { await adopt(bundle, in: sandbox) }
      kept.withLock { $0 = KeptPod(address: sandbox.address, containers: containers.keys.sorted()) }
      return true
    } catch { return false }
  }

  private func adopt(_ record: BundleRecord, in sandbox: PodSandbox) async {
    let spec = record.spec
    guard let (_, image) = try? agent.images.present(node: node, image: spec.imageID),
      let bundle = try? ContainerBundle(
        adopting: record, image: image, sandbox: sandbox, target: spec.target.flatMap(running), root: agent.layeredRoot,
        speed: agent.configuration.speed)
    else { return }
    let log = agent.logFile(podUID: uid, container: spec.name, attempt: spec.attempt)
    guard let shim = agent.shims.current,
      let container = try? await RunningContainer.adopt(bundle, crun: agent.crun, logPath: log, shim: shim)
    else { return bundle.remove() }
    containers[spec.containerID] = .running(container)
    agent.running.add(.init(node: node, address: sandbox.address, container: container))
  }

  /// Tells from now on how adopted containers end.
  func watchAdopted() {
    for case .running(let container) in containers.values where watchers[container.id] == nil {
      watchers[container.id] = Task(executorPreference: agent.cleaners) { await self.watch(container) }
    }
  }

  func start(_ spec: ContainerSpec) async {
    switch containers[spec.containerID] {
    case .running(let container):
      return report(.containerStarted(podUID: uid, containerID: spec.containerID, at: container.startedAt))
    case .exited(_, let exit): return report(.containerExited(podUID: uid, containerID: spec.containerID, exit))
    case nil: break
    }
    do {
      let container = try await launch(spec)
      containers[spec.containerID] = .running(container)
      agent.running.add(.init(node: node, address: sandbox?.address ?? "", container: container))
      // Its power was cut while it was about to start.
      if agent.table.isStopped(node) { container.send(SignalName.kill) }
      report(.containerStarted(podUID: uid, containerID: spec.containerID, at: container.startedAt))
      watchers[spec.containerID] = Task(executorPreference: agent.cleaners) { await self.watch(container) }
    } catch {
      let reason = (error as? ContainerError)?.reason ?? .creation
      report(.containerFailed(podUID: uid, containerID: spec.containerID, reason: reason, message: "\(error)"))
    }
  }

  private func image(_ id: String) throws -> PreparedImage {
    guard let (_, image) = try agent.images.present(node: node, image: id) else {
      throw ContainerError.creation("the image \(id) is not on the node")
    }
    return image
  }

  func running(_ id: String) -> RunningContainer? {
    if case .running(let container) = containers[id] { container } else { nil }
  }

  private func launch(_ spec: ContainerSpec) async throws -> RunningContainer {
    guard let sandbox else { throw ContainerError.creation("the pod has no sandbox") }
    try PathName.check(spec.containerID, spec.name)
    let image = try image(spec.imageID)
    var volumeImages: [String: PreparedImage] = [:]
    for id in spec.mounts.compactMap(\.imageID) { volumeImages[id] = try self.image(id) }
    let target = spec.target.flatMap(running)
    if spec.target != nil, target == nil { throw ContainerError.creation("the target container does not run") }
    let log = agent.logFile(podUID: uid, container: spec.name, attempt: spec.attempt)
    try Files.makeDirectories(logDirectory + "/" + spec.name)
    let bundle = try ContainerBundle(
      spec, image: image, volumeImages: volumeImages, sandbox: sandbox, target: target, root: agent.layeredRoot,
      speed: agent.configuration.speed)
    await agent.configuration.isNetworkReady()
    do {
      try keep(bundle)
      return try await run(bundle, logPath: log)
    } catch {
      try? await bundle.cgroup.remove()
      bundle.remove()
      throw error
    }
  }

  /// Starts a container, again where its shim ends over it.
  private func run(_ bundle: ContainerBundle, logPath: String) async throws -> RunningContainer {
    var shim = try await agent.shims.shim()
    while true {
      do { return try await RunningContainer.start(bundle, crun: agent.crun, logPath: logPath, shim: shim) } catch ShimError.gone
      {
        shim = try await agent.shims.shim(after: shim)
        await RunningContainer.clear(bundle, crun: agent.crun)
      }
    }
  }

  func untilContainersEnded() async { for watcher in watchers.values { await watcher.value } }

  private func watch(_ container: RunningContainer) async {
    let end = await container.end()
    agent.running.remove(container.id)
    // Nobody was there to see how it ended.
    let code = agent.table.isStopped(node) ? 255 : end.code
    var exit = ContainerExit(code: code, at: end.at ?? agent.configuration.now(), startedAt: container.startedAt)
    if end.outOfMemory { exit.cause = .outOfMemory }
    exit.message = end.message
    if end.at == nil {
      exit.cause = .unseen
      if exit.message.isEmpty { exit.message = "the shim of the containers had ended before it" }
    }
    containers[container.id] = .exited(container, exit)
    watchers[container.id] = nil
    asked.remove(container.id)
    report(.containerExited(podUID: uid, containerID: container.id, exit))
  }

  /// Returns once the signal is sent: the pod's other containers stop at the same time.
  func stop(_ id: String, graceSeconds: Int) {
    switch containers[id] {
    case .running(let container):
      if graceSeconds <= 0 { return container.send(SignalName.kill) }
      // A second time it has only less time left.
      if asked.insert(id).inserted { container.send(SignalName.number(container.bundle.image.stopSignal)) }
      let grace = agent.configuration.wall(graceSeconds)
      Task.detached { [watcher = watchers[id]] in
        await SerialTasks.wait(for: watcher, atMost: grace)
        container.send(SignalName.kill)
      }
    case .exited(_, let exit): report(.containerExited(podUID: uid, containerID: id, exit))
    case nil:
      // It ended with an earlier run of this program.
      let now = agent.configuration.now()
      report(.containerExited(podUID: uid, containerID: id, ContainerExit(code: 137, at: now, startedAt: now)))
    }
  }

  func remove(_ id: String) {
    guard case .exited(let container, _) = containers[id] else { return }
    container.forget()
    container.bundle.remove()
    containers[id] = nil
  }

  /// What containers that have ended left on the disk; their logs stay.
  func releaseEnded() { for case .exited(let container, _) in containers.values { container.bundle.removeRoot() } }

  func write(_ files: [VolumeFile], volume: String) {
    // A pod that is going, or a volume of another shape: the next sandbox is made with the right files.
    try? sandbox?.write(files, volume: volume)
  }

  func removeSandbox() async {
    await end()
    report(.sandboxRemoved(podUID: uid))
  }

  /// Kills what is left of the pod, and takes away all of it.
  func end() async {
    for case .running(let container) in containers.values { container.send(SignalName.kill) }
    for watcher in watchers.values { await watcher.value }
    for case .exited(let container, _) in containers.values { container.forget() }
    containers = [:]
    await release()
  }

  private func release() async {
    if (try? PathName.check(uid)) != nil {
      try? await PodSandbox.remove(sandbox, directories: [directory, disk], cgroup: cgroup)
      try? Files.remove(logDirectory)
    }
    sandbox = nil
    agent.shims.release(held)
    held = Held()
    if let attachment { agent.network.detach(attachment) }
    attachment = nil
  }
}
