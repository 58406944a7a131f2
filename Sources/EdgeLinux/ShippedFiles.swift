import CLinux

/// Files of Debian's packages that became part of this program when it was built.
package enum ShippedFiles {
  /// The seccomp profile that podman gives containers by default, in JSON.
  package static var seccompProfile: [UInt8] {
    var count = 0
    let start = linux_seccomp_profile(&count)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}
