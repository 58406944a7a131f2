import CLinux
import Glibc

/// What the calling thread alone sees.
package enum ThreadNamespace {
  case mount
  case network
  /// Of the processes that the thread starts.
  case process
  case hostName
  /// Shared memory, semaphores and message queues.
  case ipc

  private var kind: Int32 {
    switch self {
    case .mount: Int32(LINUX_NAMESPACE_MOUNT)
    case .network: Int32(LINUX_NAMESPACE_NETWORK)
    case .process: Int32(LINUX_NAMESPACE_PROCESS)
    case .hostName: Int32(LINUX_NAMESPACE_HOST_NAME)
    case .ipc: Int32(LINUX_NAMESPACE_IPC)
    }
  }

  /// Moves the calling thread into a new one.
  package func enterNew() throws(SystemError) { try system("unshare", "\(self) namespace") { linux_unshare(kind) } }

  /// The one that the calling thread is in.
  package func open() throws(SystemError) -> Descriptor {
    let name =
      switch self {
      case .mount: "mnt"
      case .network: "net"
      case .process: "pid"
      case .hostName: "uts"
      case .ipc: "ipc"
      }
    return try Descriptor.open("/proc/thread-self/ns/" + name, O_RDONLY)
  }

  package func enter(_ namespace: Descriptor) throws(SystemError) {
    try system("setns", "\(self) namespace") { linux_setns(namespace.number, kind) }
  }
}
