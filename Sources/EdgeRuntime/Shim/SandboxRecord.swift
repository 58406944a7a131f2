package import CoreNode

/// A pod's surroundings as one daemon writes them down for the next.
package struct SandboxRecord: Codable, Sendable {
  package var spec: SandboxSpec
  package var address: String
  /// Where something of it is mounted, in the order of mounting.
  var mounts: [String]
  /// Of the process namespace that its containers share, where they share one.
  var firstProcess: Int32?

  /// The namespaces that its containers share besides their network, as files of who keeps them.
  package struct Names: Codable, Sendable {
    package var hostName: String
    package var ipc: String

    package init(hostName: String, ipc: String) { (self.hostName, self.ipc) = (hostName, ipc) }
  }
}

/// A container on the disk, in the same way.
package struct BundleRecord: Codable, Sendable {
  package var spec: ContainerSpec
  var mounts: [String]
  var copiedBytes: Int64
}

extension SandboxSpec {
  /// Without what its files say: they are written anew, and nobody needs to find secrets here.
  var withoutContents: SandboxSpec {
    var copy = self
    for index in copy.volumes.indices {
      if case .files = copy.volumes[index].source { copy.volumes[index].source = .files([]) }
    }
    return copy
  }
}
