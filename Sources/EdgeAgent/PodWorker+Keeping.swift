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
    /// Numbers of the files that the shim holds for it: host name, IPC and, where it has its own, network.
    var held: [Int32]
  }

  private static func file(_ directory: String) -> String { directory + "/sandbox.json" }
  private static func file(ofContainer directory: String) -> String { directory + "/container.json" }

  /// Writes down what the next agent has to know of a sandbox.
  /// - Returns: numbers of what the shim holds from now on
  func keep(_ sandbox: PodSandbox, _ attachment: ClusterNetwork.Attachment?, directory: String) async throws -> [Int32] {
    guard agent.configuration.shimProgram != nil else { return [] }
    let names = sandbox.names
    let held = try await agent.shim.hold([names.hostName, names.ipc] + (attachment.map { [$0.namespace.path] } ?? []))
    let record = Record(node: node, host: attachment?.host, sandbox: sandbox.record, held: held)
    try Files.write(PodWorker.file(directory), ObjectCoding.encode(record), mode: 0o600)
    return held
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
