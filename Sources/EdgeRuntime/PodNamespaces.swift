import EdgeLinux
import Glibc

/// What the containers of a pod have in common besides their network: their host name and what System V and POSIX let processes share.
/// Held by open descriptors: they have no names anywhere, so nothing of them can be left behind.
struct PodNamespaces: Sendable {
  let hostName: Descriptor
  let ipc: Descriptor

  init(_ names: SandboxRecord.Names) throws(SystemError) {
    hostName = try Descriptor.open(names.hostName, O_RDONLY)
    ipc = try Descriptor.open(names.ipc, O_RDONLY)
  }

  init(hostName name: String) throws(SystemError) {
    (hostName, ipc) = try PosixThread.result { () throws(SystemError) in
      try ThreadNamespace.hostName.enterNew()
      try ThreadNamespace.ipc.enterNew()
      try Machine.setHostName(name)
      return (try ThreadNamespace.hostName.open(), try ThreadNamespace.ipc.open())
    }
  }
}
