import CLinux

/// What the calling thread alone sees.
package enum ThreadNamespace {
  case mount
  case network

  private var kind: Int32 { Int32(self == .mount ? LINUX_NAMESPACE_MOUNT : LINUX_NAMESPACE_NETWORK) }

  /// Moves the calling thread into a new one.
  package func enterNew() throws(SystemError) { try system("unshare", "\(self) namespace") { linux_unshare(kind) } }

  package func enter(_ namespace: Descriptor) throws(SystemError) {
    try system("setns", "\(self) namespace") { linux_setns(namespace.number, kind) }
  }
}
