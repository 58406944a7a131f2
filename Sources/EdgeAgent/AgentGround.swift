import CoreObjects
import EdgeLinux
import EdgeRuntime

/// What all pods of an agent stand on: made anew, or left by an agent that was killed.
struct AgentGround: Sendable {
  /// Threads in the mount namespace where the containers' roots are.
  let workers: WorkerThreads
  /// The same for what takes away: few, so that pods that come need not wait for those that go.
  let cleaners: WorkerThreads
  let shims: ShimKeeper
  let network: ClusterNetwork
  /// Pods may be there already.
  let isKept: Bool

  /// As one agent writes it down for the next: numbers of files that the shim holds.
  private struct Record: Codable {
    /// Which one does.
    var shim: String
    var router: Int32
    /// By their indices.
    var nodes: [String: Int32]
    var addresses: String
  }

  private static func recordFile(_ configuration: AgentConfiguration) -> String { configuration.runDirectory + "/network.json" }

  /// That of an agent that was killed while its shim lives; nil where there is none or it is of no use: time may run at another speed,
  /// which its containers have been told.
  static func kept(_ configuration: AgentConfiguration) async -> AgentGround? {
    guard configuration.shimProgram != nil,
      let shim = await Shim.running(in: configuration.runDirectory, configuration.clock)
    else { return nil }
    if shim.speed != configuration.speed {
      Standard.error(
        "the containers of the cluster that was killed were told that time runs at \(shim.speed)x: they are started anew")
      return nil
    }
    guard let bytes = try? Files.read(recordFile(configuration)), let record = try? ObjectCoding.decode(Record.self, from: bytes),
      record.shim == shim.identity, record.addresses == "\(configuration.addresses)"
    else { return nil }
    do {
      let places = record.nodes.map { (Int($0.key) ?? 0, shim.file($0.value)) }
      let network = try ClusterNetwork(
        adopting: shim.file(record.router), places: Dictionary(uniqueKeysWithValues: places), configuration.addresses)
      let mounts = try MountNamespace(of: shim.process)
      let workers = workers(in: mounts)
      let ground = AgentGround(
        workers: workers, cleaners: cleaners(in: mounts), shims: ShimKeeper(shim, configuration, workers), network: network,
        isKept: true)
      let indices = Set(configuration.nodes.map(\.index))
      for node in network.nodes where !indices.contains(node) { network.remove(node: node) }
      for node in indices.subtracting(network.nodes).sorted() { try network.add(node: node) }
      try await ground.write(configuration)
      return ground
    } catch { return nil }
  }

  static func new(_ configuration: AgentConfiguration) async throws -> AgentGround {
    let mounts = try MountNamespace()
    let workers = workers(in: mounts)
    let memory = configuration.memoryDirectory
    try Files.makeDirectories(memory, mode: 0o711)
    try await Task(executorPreference: workers) { try Mount.tmpfs(at: memory, options: "mode=0711") }.value
    let shim: Shim
    if let program = configuration.shimProgram {
      shim = try await ShimKeeper.start(program, configuration, workers)
    } else {
      shim = Shim(configuration.clock, workers: workers)
    }
    let network = try await ClusterNetwork(nodes: configuration.nodes.map(\.index), configuration.addresses)
    let ground = AgentGround(
      workers: workers, cleaners: cleaners(in: mounts), shims: ShimKeeper(shim, configuration, workers), network: network,
      isKept: false)
    try await ground.write(configuration)
    return ground
  }

  private static func cleaners(in mounts: MountNamespace) -> WorkerThreads { workers(in: mounts, threads: 3, niceness: 5) }

  private static func workers(in mounts: MountNamespace, threads: Int = 8, niceness: Int32 = 0) -> WorkerThreads {
    WorkerThreads(threads: threads, niceness: niceness) {
      do { try mounts.enter() } catch { fatalError("a worker could not enter the mount namespace: \(error)") }
    }
  }

  /// For the next agent, whenever nodes have come or gone, or another shim has come.
  func write(_ configuration: AgentConfiguration) async throws {
    guard configuration.shimProgram != nil else { return }
    let before = try? ObjectCoding.decode(Record.self, from: try Files.read(AgentGround.recordFile(configuration)))
    let nodes = network.nodes
    let places = nodes.compactMap { network.place(ofNode: $0) }
    let held = try await shims.hold([network.namespace.path] + places.map(\.path))
    let record = Record(
      shim: held.shim, router: held.numbers[0],
      nodes: Dictionary(uniqueKeysWithValues: zip(nodes.map(String.init), held.numbers.dropFirst())),
      addresses: "\(configuration.addresses)")
    try Files.write(AgentGround.recordFile(configuration), ObjectCoding.encode(record), mode: 0o600)
    if let before { shims.release(Held(shim: before.shim, numbers: [before.router] + before.nodes.values)) }
  }
}
