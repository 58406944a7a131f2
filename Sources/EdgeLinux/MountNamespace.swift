import CLinux
import Glibc

/// The mounts that only Wavetank sees. They end with the last process or thread that lives among them, however it ends: nothing
/// that we mount can be left behind on the host.
package final class MountNamespace: Sendable {
  private let descriptor: Descriptor

  /// Makes a namespace, from a thread of its own. Threads see it once they `enter` it, and so do the processes that they start.
  package init() throws(SystemError) {
    descriptor = try PosixThread.result { () throws(SystemError) in
      try MountNamespace.enterPrivate()
      // What a container with Bidirectional mounts mounts is seen by the others.
      try system("mount", "/") { linux_mount("none", "/", nil, UInt(LINUX_MOUNT_SHARED | LINUX_MOUNT_RECURSIVE), nil) }
      return try ThreadNamespace.mount.open()
    }
  }

  /// That of a process.
  package init(of process: Int32) throws(SystemError) {
    descriptor = try Descriptor.open("/proc/\(process)/ns/mnt", O_RDONLY)
  }

  /// Moves the calling thread into the namespace; its working directory becomes "/".
  package func enter() throws(SystemError) {
    // A thread that shares its root and directory with others may not change namespace.
    try system("unshare", "file system state") { linux_unshare(Int32(LINUX_SHARED_DIRECTORY)) }
    try ThreadNamespace.mount.enter(descriptor)
  }

  /// Moves the calling thread (the whole process, before it starts any other) into a new mount namespace.
  package static func enterPrivate() throws(SystemError) {
    try ThreadNamespace.mount.enterNew()
    // Slave: what the host mounts later is seen here, what is mounted here stays here.
    try system("mount", "/") { linux_mount("none", "/", nil, UInt(LINUX_MOUNT_SLAVE | LINUX_MOUNT_RECURSIVE), nil) }
    // crun 1.8 refuses hosts with v1 controllers and a v2 hierarchy beside them; the v2 one has no controllers there.
    let hybrid = "/sys/fs/cgroup/unified"
    if !Mount.isCgroup2("/sys/fs/cgroup"), Mount.isCgroup2(hybrid) {
      try system("umount", hybrid) { linux_unmount(hybrid, Int32(LINUX_UNMOUNT_DETACH)) }
    }
  }
}
