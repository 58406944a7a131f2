package import CoreNode
import CoreObjects
package import EdgeImages
import EdgeLinux
package import EdgeRuntime
import Synchronization

/// The nodes of a cluster: carries out what the core commands and tells it what happens. All nodes share this machine and one
/// network.
package final class NodeAgent: Sendable {
  package let configuration: AgentConfiguration
  let images: ImageStore
  private let tell: @Sendable (NodeObservation) -> Void
  let table: NodeTable
  let crun: Crun
  let crunVersion: String
  let cgroup: Cgroup
  let layeredRoot: LayeredRoot
  /// Why images are copied for each container; nil where they need not be.
  package let copyingReason: String?
  let running = RunningContainers()
  let started: Instant
  /// How many commands were started in containers: names their files.
  let execs = Atomic(0)
  /// Threads in the mount namespace where the containers' roots are: whatever touches these must run here.
  var workers: WorkerThreads { ground.workers }
  var cleaners: WorkerThreads { ground.cleaners }
  package var network: ClusterNetwork { ground.network }
  var shims: ShimKeeper { ground.shims }
  let ground: AgentGround
  private let pods = Mutex<[String: Pod]>([:])

  private struct Pod {
    var worker: PodWorker
    var tasks: SerialTasks
    /// What it writes has limits.
    var isMeasured = false
    /// Commands that have not been carried out yet.
    var waiting = 0
    /// It was there before this agent, which has not told of it yet.
    var isNews = false
  }

  /// Goes on with what a killed run left behind where its shim lives; otherwise takes it away and sets up the network.
  /// - Parameter observe: called from any thread; must not block.
  /// - Throws: `AgentError`.
  package init(
    _ configuration: AgentConfiguration, images: ImageStore, observe: @escaping @Sendable (NodeObservation) -> Void
  ) async throws(AgentError) {
    guard Machine.isRoot else { throw .notRoot }
    guard let version = await Crun.version() else { throw .noRuntime }
    guard configuration.nodes.allSatisfy({ $0.index < ClusterNetwork.nodeLimit }) else {
      throw .tooManyNodes(configuration.nodes.count)
    }
    try PathName.check(configuration.clusterID)
    self.configuration = configuration
    self.images = images
    tell = observe
    table = NodeTable(configuration.nodes)
    crunVersion = version
    started = configuration.now()
    crun = Crun(state: configuration.memoryDirectory + "/crun")
    cgroup = configuration.cgroup
    do {
      ChildProcess.adoptOrphans()
      let kept = await AgentGround.kept(configuration)
      if kept == nil { try await NodeAgent.removeLeftovers(configuration) }
      for directory in [configuration.runDirectory, configuration.logDirectory, configuration.volumeDirectory] {
        try Files.makeDirectories(directory, mode: 0o711)
      }
      copyingReason = NodeAgent.overlayProblem(configuration.runDirectory)
      layeredRoot = copyingReason == nil ? .overlay : .copy
      if let kept { ground = kept } else { ground = try await AgentGround.new(configuration) }
      for node in configuration.nodes { try makeGroup(of: node) }
    } catch { throw .setup("\(error)") }
    if ground.isKept { await adoptPods() }
    ground.shims.keep(lost: { [running] in running.all.count }, renewed: { [weak self] in await self?.shimCame() })
  }

  /// What there is to say of the shim of the containers.
  package var shimLine: String? { shims.line }

  /// Another one than before: it holds what the last one held, and the next agent is told so.
  private func shimCame() async {
    do { try await ground.write(configuration) } catch {
      Standard.error("containers will not outlive this process if it is killed: \(error)")
    }
    for worker in pods.withLock({ $0.values.map(\.worker) }) {
      await Task(executorPreference: workers) { await worker.keepAgain() }.value
    }
    Orphans.collect()
  }

  /// Pods of which containers went on while nobody was there.
  package var keptPods: Int {
    let alive = Set(running.all.filter(\.container.isAlive).map(\.container.podUID))
    return pods.withLock { pods in pods.count { $0.value.isNews && alive.contains($0.key) } }
  }

  private func adoptPods() async {
    let work = Task(executorPreference: workers) { [self] in
      for uid in ((try? Files.list(configuration.memoryDirectory)) ?? []).sorted() {
        let directory = configuration.memoryDirectory + "/" + uid
        guard Files.isDirectory(directory + "/volumes") else { continue }
        guard let record = try? PodWorker.record(of: directory), record.held.shim == shims.current?.identity,
          table[record.node] != nil
        else {
          await clear(directory, uid)
          continue
        }
        let worker = PodWorker(uid: uid, node: record.node, agent: self)
        if await worker.adopt(record) {
          let isMeasured = record.sandbox.spec.isMeasured
          pods.withLock {
            $0[uid] = Pod(worker: worker, tasks: SerialTasks(on: workers), isMeasured: isMeasured, isNews: true)
          }
        } else {
          await worker.end()
        }
      }
    }
    await work.value
  }

  /// Takes away a pod that was only being made, or whose node has gone.
  private func clear(_ directory: String, _ uid: String) async {
    let node = (try? PodWorker.record(of: directory))?.node
    for name in node.map({ [$0] }) ?? table.all.map(\.name) {
      let directories = [directory, configuration.runDirectory + "/" + uid]
      try? await PodSandbox.remove(nil, directories: directories, cgroup: cgroup(ofNode: name).child("pod" + uid))
    }
  }

  private static func overlayProblem(_ directory: String) -> String? {
    do throws(SystemError) { try Mount.tryOverlay(in: directory) } catch { return error.reason }
    return nil
  }

  /// Takes away what a killed run left behind: its containers' processes and control groups, and what is written about them.
  package static func removeLeftovers(_ configuration: AgentConfiguration) async throws {
    try await configuration.cgroup.remove()
    try Files.remove(configuration.runDirectory)
    try Files.remove(configuration.logDirectory)
  }

  /// Tells of every node that it is up, and what images it has.
  package func announce() { for node in table.all { announce(node.name) } }

  func announce(_ name: String) {
    guard let node = table[name] else { return }
    let news = pods.withLock { pods in
      let news = pods.values.filter { $0.isNews && $0.worker.node == name }.map(\.worker)
      for worker in news { pods[worker.uid]?.isNews = false }
      return news
    }
    var facts = facts(of: node)
    for worker in news { facts.kept[worker.uid] = worker.kept.withLock { $0 } }
    observe(NodeObservation(node: name, event: .nodeReady(facts)))
    for worker in news { work { await worker.watchAdopted() } }
    reportImages(name)
  }

  /// From any thread; never blocks.
  func observe(_ observation: NodeObservation) {
    if !table.holds(observation) { tell(observation) }
  }

  /// The images of a node may have changed.
  package func reportImages(_ node: String) {
    observe(NodeObservation(node: node, event: .images(images.list(node: node))))
  }

  /// Begins to carry out a command; never blocks.
  package func perform(_ command: NodeCommand) {
    if table.holds(command) { return }
    let node = command.node
    switch command.action {
    case .startSandbox(let spec):
      add(spec.podUID, node) { await $0.startSandbox(spec) }
      if spec.isMeasured { pods.withLock { $0[spec.podUID]?.isMeasured = true } }
    case .startContainer(let spec): add(spec.podUID, node) { await $0.start(spec) }
    case .stopContainer(let uid, let id, let grace): add(uid, node) { await $0.stop(id, graceSeconds: grace) }
    case .resize(let spec): add(spec.podUID, node) { await $0.resize(spec) }
    case .removeContainer(let uid, let id): add(uid, node) { await $0.remove(id) }
    case .writeVolume(let uid, let volume, let files): add(uid, node) { await $0.write(files, volume: volume) }
    case .removeSandbox(let uid): add(uid, node, on: cleaners) { await $0.removeSandbox() }
    case .ensureImage(let uid, let container, let wanted):
      work { await self.ensureImage(wanted, node: node, podUID: uid, container: container) }
    case .probe(let spec): work { await self.probe(spec, node: node) }
    case .runHook(let uid, let id, let hook, let timeout):
      work { await self.runHook(node: node, podUID: uid, containerID: id, hook: hook, timeoutSeconds: timeout) }
    case .createVolume(let name, _): work { self.createVolume(name, node: node) }
    case .deleteVolume(let name): work { self.deleteVolume(name, node: node) }
    }
  }

  private func add(
    _ uid: String, _ node: String, on workers: WorkerThreads? = nil, _ body: @escaping @Sendable (PodWorker) async -> Void
  ) {
    pods.withLock { pods in
      var pod = pods[uid] ?? Pod(worker: PodWorker(uid: uid, node: node, agent: self), tasks: SerialTasks(on: self.workers))
      pod.waiting += 1
      pods[uid] = pod
      pod.tasks.add(on: workers) { [worker = pod.worker] in
        await body(worker)
        self.finished(uid, isEmpty: await worker.isEmpty)
      }
    }
  }

  func worker(of uid: String) -> PodWorker? { pods.withLock { $0[uid]?.worker } }

  /// Forgets a pod of which nothing is left and for which nothing waits.
  private func finished(_ uid: String, isEmpty: Bool) {
    pods.withLock { pods in
      guard let waiting = pods[uid]?.waiting else { return }
      if waiting == 1, isEmpty { pods[uid] = nil } else { pods[uid]?.waiting = waiting - 1 }
    }
  }

  /// Looks at what pods with limits have written, and for what containers have left behind since the last one ended.
  package func checkStorage() {
    Orphans.collect()
    let measured = pods.withLock { $0.values.filter(\.isMeasured).map(\.worker) }
    for worker in measured { work { await worker.checkStorage() } }
  }

  private func work(_ body: @escaping @Sendable () async -> Void) {
    Task(executorPreference: workers) { await body() }
  }

  func workers(on node: String) -> [PodWorker] { pods.withLock { $0.values.map(\.worker).filter { $0.node == node } } }

  func endPods(of node: String) async {
    let all = pods.withLock { $0.values.filter { $0.worker.node == node } }
    for pod in all { pod.tasks.add { await pod.worker.removeSandbox() } }
    for pod in all { await pod.tasks.finish() }
    pods.withLock { pods in for pod in all { pods[pod.worker.uid] = nil } }
  }

  /// Ends every pod, as removeSandbox does, and takes away what the nodes made: control groups, mounts, interfaces, directories.
  /// Volumes stay.
  package func shutdown() async {
    let all = pods.withLock { pods in
      let all = Array(pods.values)
      pods = [:]
      return all
    }
    await shims.close()
    let watch = Task.detached { [shims] in await shims.watch() }
    for pod in all { pod.tasks.add { await pod.worker.removeSandbox() } }
    for pod in all { await pod.tasks.finish() }
    watch.cancel()
    Orphans.collect()
    try? await cgroup.remove()
    try? Files.remove(configuration.runDirectory)
    try? Files.remove(configuration.logDirectory)
  }
}
