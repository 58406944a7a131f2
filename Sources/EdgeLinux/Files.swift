import CLinux
import Glibc

/// Whole-file and directory operations, each naming its path when it fails.
package enum Files {
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The whole content; beyond `limit` bytes it is EFBIG.
  package static func read(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    return try read(file, path: path, limit: limit)
  }

  package static func read(_ file: Descriptor, path: String, limit: Int) throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      guard let bytes = try file.readNow(min(65_536, limit + 1)), !bytes.isEmpty else { return all }
      all += bytes
      if all.count > limit { throw SystemError("read", path, code: EFBIG) }
    }
  }

  package static func readText(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> String {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// Writes in place: for files of /proc and /sys, and new files.
  package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    try write(file, path, bytes)
  }

  package static func write(_ path: String, _ text: String, mode: UInt32 = 0o600) throws(SystemError) {
    try write(path, Array(text.utf8), mode: mode)
  }

  /// Writes a value to a file of /proc or /sys, which must exist.
  package static func set(_ path: String, _ value: String) throws(SystemError) {
    let file = try Descriptor.open(path, O_WRONLY)
    try write(file, path, Array(value.utf8))
  }

  /// Writes so that a reader sees the old or the new content, also after a crash of this process.
  package static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
    try write(path + ".new", bytes, mode: mode)
    try system("rename", path) { rename(path + ".new", path) }
  }

  private static func write(_ file: Descriptor, _ path: String, _ bytes: [UInt8]) throws(SystemError) {
    var start = 0
    while start < bytes.count {
      do { start += try file.writeNow(bytes, from: start) ?? 0 } catch { throw SystemError("write", path, code: error.code) }
    }
  }

  /// Makes the directory and those above it; one that is there is no error.
  package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    if mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) { return }
    let code = errno
    guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemError("mkdir", path, code: code)
    }
    try makeDirectories(String(path[..<slash]), mode: mode)
    if mkdir(path, mode) != 0 && errno != EEXIST { throw SystemError("mkdir", path, code: errno) }
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a directory, sorted; none where there is no such directory.
  package static func list(_ path: String) throws(SystemError) -> [String] {
    let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if number < 0 {
      if errno == ENOENT { return [] }
      throw SystemError("open", path, code: errno)
    }
    return entries(number).sorted()
  }

  /// Takes over the descriptor.
  static func entries(_ number: Int32) -> [String] {
    guard let directory = fdopendir(number) else {
      close(number)
      return []
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Deletes a file or a directory with all in it; never follows a link and never enters what is mounted there (EXDEV): that
  /// belongs to somebody else, such as the volume behind a subPath. What is not there is no error.
  package static func remove(_ path: String) throws(SystemError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      if errno == ENOENT { return }
      throw SystemError("stat", path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      try system("unlink", path) { unlink(path) }
      return
    }
    let top = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try empty(top, path: path)
    try system("rmdir", path) { rmdir(path) }
  }

  private static func empty(_ directory: Descriptor, path: String) throws(SystemError) {
    let copy = try system("dup", path) { fcntl(directory.number, F_DUPFD_CLOEXEC, 3) }
    for name in entries(copy) {
      let child = path + "/" + name
      var status = stat()
      try system("stat", child) { fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) }
      if status.st_mode & S_IFMT == S_IFDIR {
        let number = try system("open", child) {
          linux_open_same_mount(directory.number, name, O_RDONLY | O_DIRECTORY)
        }
        try empty(Descriptor(owning: number), path: child)
        try system("rmdir", child) { unlinkat(directory.number, name, AT_REMOVEDIR) }
      } else {
        try system("unlink", child) { unlinkat(directory.number, name, 0) }
      }
    }
  }
}
