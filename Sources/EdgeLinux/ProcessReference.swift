import CLinux

/// A process that another one waits for.
package struct ProcessReference: Sendable {
  package let pid: Int32
  /// nil: it has gone.
  private let descriptor: Descriptor?

  package init(_ pid: Int32) {
    self.pid = pid
    let number = linux_pidfd_open(pid)
    descriptor = number < 0 ? nil : Descriptor(owning: number)
  }

  /// Never to a stranger that took the number over.
  package func send(_ signal: Int32) { if let descriptor { _ = linux_pidfd_send(descriptor.number, signal) } }
}
