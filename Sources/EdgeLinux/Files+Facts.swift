import Glibc

extension Files {
  /// 0 where there is no such file.
  package static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// The last bytes of a file.
  package static func tail(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    let start = max(0, size(path) - limit)
    try system("seek", path) { lseek(file.number, start, SEEK_SET) }
    return try read(file, path: path, limit: limit + (1 << 20))
  }
}

extension Files {
  /// S_IFDIR, S_IFREG, …; nil where there is nothing.
  package static func kind(_ path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  package static func readLink(_ path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try system("readlink", path) {
      buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Gives a directory and all in it to a group, which may do what the owner may; directories pass the group on. Never follows
  /// a link. (kubernetes/pkg/volume/volume_linux.go, v1.36)
  package static func giveToGroup(_ path: String, _ group: UInt32) throws(SystemError) {
    try giveToGroup(try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path, group)
  }

  private static func giveToGroup(_ directory: Descriptor, _ path: String, _ group: UInt32) throws(SystemError) {
    var status = stat()
    try system("stat", path) { fstat(directory.number, &status) }
    try system("chown", path) { fchown(directory.number, UInt32.max, group) }
    try system("chmod", path) { fchmod(directory.number, status.st_mode & 0o7777 | 0o2770) }
    let copy = try system("dup", path) { fcntl(directory.number, F_DUPFD_CLOEXEC, 3) }
    for name in entries(copy) {
      let child = path + "/" + name
      try system("stat", child) { fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) }
      if status.st_mode & S_IFMT == S_IFDIR {
        let number = try system("open", child) {
          openat(directory.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        try giveToGroup(Descriptor(owning: number), child, group)
      } else {
        try system("chown", child) { fchownat(directory.number, name, UInt32.max, group, AT_SYMLINK_NOFOLLOW) }
        guard status.st_mode & S_IFMT == S_IFREG else { continue }
        // Through a descriptor: fchmodat would follow a link that took the file's place.
        let number = openat(directory.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { continue }
        let file = Descriptor(owning: number)
        fchmod(file.number, status.st_mode & 0o7777 | (status.st_mode & 0o600 == 0o600 ? 0o660 : 0o440))
      }
    }
  }
}
