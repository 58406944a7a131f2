import CLinux

/// What the calling thread alone sees.
package enum ThreadNamespace {
  case mount
  case network
  /// Of the processes that the thread starts.
  case process

  private var kind: Int32 {
    switch self {
    case .mount: Int32(LINUX_NAMESPACE_MOUNT)
    case .network: Int32(LINUX_NAMESPACE_NETWORK)
    case .process: Int32(LINUX_NAMESPACE_PROCESS)
    }
  }

  /// Moves the calling thread into a new one.
  package func enterNew() throws(SystemError) { try system("unshare", "\(self) namespace") { linux_unshare(kind) } }

  package func enter(_ namespace: Descriptor) throws(SystemError) {
    try system("setns", "\(self) namespace") { linux_setns(namespace.number, kind) }
  }
}
