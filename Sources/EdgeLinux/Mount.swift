import CLinux
import Glibc

package enum Mount {
  /// Whether the unified hierarchy of control groups is mounted there.
  package static func isCgroup2(_ path: String) -> Bool { linux_file_system(path) == Int(LINUX_CGROUP2_MAGIC) }

  package static func tmpfs(at target: String, options: String) throws(SystemError) {
    try system("mount", target) {
      linux_mount("tmpfs", target, "tmpfs", UInt(LINUX_MOUNT_NO_SUID | LINUX_MOUNT_NO_DEVICES), options)
    }
  }

  /// An overlay of `layers` (lowest first) with changes in `upper`. The option's limit of one page is kept by mounting from
  /// descriptors of the layers, whose names are short whatever the paths.
  package static func overlay(at target: String, layers: [String], upper: String, work: String) throws(SystemError) {
    var opened: [Descriptor] = []
    for path in layers.reversed() { opened.append(try Descriptor.directory(path)) }
    let lower = opened.map { "/proc/self/fd/\($0.number)" }.joined(separator: ":")
    let changes = [try Descriptor.directory(upper), try Descriptor.directory(work)]
    let options =
      "lowerdir=\(lower),upperdir=/proc/self/fd/\(changes[0].number),workdir=/proc/self/fd/\(changes[1].number),index=off"
    try system("mount", target) { linux_mount("overlay", target, "overlay", 0, options) }
    withExtendedLifetime((opened, changes)) {}
  }

  /// Whether the file system of a directory can hold what is changed in an overlay: mounts one where nobody else sees it, and leaves
  /// nothing.
  package static func tryOverlay(in directory: String) throws(SystemError) {
    let place = try Files.makeTemporaryDirectory(directory + "/.overlay-")
    defer { try? Files.remove(place) }
    try PosixThread.result { () throws(SystemError) in
      try MountNamespace.enterPrivate()
      for name in ["lower", "upper", "work", "root"] { try Files.makeDirectories(place + "/" + name) }
      try overlay(at: place + "/root", layers: [place + "/lower"], upper: place + "/upper", work: place + "/work")
      try remove(place + "/root")
    }
  }

  /// Shows an open directory or file (a descriptor of O_PATH) at `target`, which must be of the same kind.
  package static func bind(_ source: Descriptor, at target: String) throws(SystemError) {
    try system("mount", target) {
      linux_mount("/proc/self/fd/\(source.number)", target, nil, UInt(LINUX_MOUNT_BIND | LINUX_MOUNT_RECURSIVE), nil)
    }
  }

  /// Unmounts, also while something in it is open. Where nothing is mounted, nothing happens.
  package static func remove(_ target: String) throws(SystemError) {
    if linux_unmount(target, Int32(LINUX_UNMOUNT_DETACH | LINUX_UNMOUNT_NO_FOLLOW)) == 0 { return }
    if errno != EINVAL && errno != ENOENT { throw SystemError("umount", target, code: errno) }
  }
}
