import CLinux
import Glibc

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

  package var hasEnded: Bool {
    guard let descriptor else { return true }
    var status = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    return poll(&status, 1, 0) > 0
  }

  /// Never to a stranger that took the number over.
  package func send(_ signal: Int32) { if let descriptor { _ = linux_pidfd_send(descriptor.number, signal) } }
}
