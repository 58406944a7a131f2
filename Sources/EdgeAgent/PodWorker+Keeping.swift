import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime

/// A pod that outlives its agent: what the one writes down, and what the next makes of it.
extension PodWorker {
  struct Record: Codable {
    var node: String
    /// The last number of its address; nil: it uses its node's network.
    var host: UInt8?
    var sandbox: SandboxRecord
    /// The files that the shim holds for it: host name, IPC and, where it has its own, network.
    var held: Held
  }

  private static func file(_ directory: String) -> String { directory + "/sandbox.json" }
  private static func file(ofContainer directory: String) -> String { directory + "/container.json" }

  /// Has the shim hold what the sandbox is made of, and writes down what the next agent has to know of it.
  func keepSandbox() async throws {
    guard agent.configuration.shimProgram != nil else { return }
    // Another shim may have come meanwhile, and somebody else may have been here for it.
    while let sandbox, agent.shims.current.map({ $0.identity != held.shim }) ?? true {
      let names = sandbox.names
      let held = try await agent.shims.hold([names.hostName, names.ipc] + (attachment.map { [$0.namespace.path] } ?? []))
      guard self.sandbox != nil else { return agent.shims.release(held) }
      agent.shims.release(self.held)
      self.held = held
      let record = Record(node: node, host: attachment?.host, sandbox: sandbox.record, held: held)
      try Files.write(PodWorker.file(directory), ObjectCoding.encode(record), mode: 0o600)
    }
  }

  /// The same for a shim that has come in the place of another one.
  func keepAgain() async {
    do { try await keepSandbox() } catch {
      Standard.error("the pod \(uid) will not outlive this process if it is killed: \(error)")
    }
  }

  /// Writes down what the next agent has to know of a container, before it starts.
  nonisolated func keep(_ bundle: ContainerBundle) throws(SystemError) {
    guard agent.configuration.shimProgram != nil else { return }
    try Files.write(PodWorker.file(ofContainer: bundle.directory), ObjectCoding.encode(bundle.record), mode: 0o600)
  }

  /// What an agent before this one has left of a pod.
  static func record(of directory: String) throws -> Record {
    try ObjectCoding.decode(Record.self, from: try Files.read(file(directory)))
  }

  /// The containers that an agent before this one has left in a pod's directory, those first that others look into.
  static func bundles(in directory: String) -> [BundleRecord] {
    let names = ((try? Files.list(directory + "/containers")) ?? []).sorted()
    let records = names.compactMap { name in
      (try? Files.read(file(ofContainer: directory + "/containers/" + name))).flatMap {
        try? ObjectCoding.decode(BundleRecord.self, from: $0)
      }
    }
    return records.filter { $0.spec.target == nil } + records.filter { $0.spec.target != nil }
  }
}
