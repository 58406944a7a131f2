import Glibc

/// Whole-file and directory operations, each naming its path when it fails.
package enum Files {
  package static func exists(_ path: String) -> Bool { linkStatus(path) != nil }

  /// The whole content; beyond `limit` bytes it is EFBIG.
  package static func read(_ path: String, from offset: Int = 0, limit: Int = 16 << 20) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    if offset > 0 { try file.seek(to: offset) }
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

  /// Writes so that a reader sees the old or the new content, also after a crash of this process; `isDurable`: after a loss of
  /// power, too.
  package static func replace(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, isDurable: Bool = false
  ) throws(SystemError) {
    let file = try Descriptor.open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    try write(file, path, bytes)
    if isDurable { try system("sync", path) { fsync(file.number) } }
    try rename(path + ".new", to: path)
  }

  private static func write(_ file: Descriptor, _ path: String, _ bytes: [UInt8]) throws(SystemError) {
    do throws(SystemError) { try file.writeAll(bytes) } catch { throw SystemError("write", path, code: error.code) }
  }

  /// Copies a file's content into a new file.
  package static func copy(_ source: String, to path: String) throws(SystemError) {
    let from = try Descriptor.open(source, O_RDONLY)
    let to = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    try to.copyContent(of: from)
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

  package static func isDirectory(_ path: String) -> Bool { kind(path) == S_IFDIR }

  /// Makes one directory, which must not be there, with exactly this mode.
  package static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
    try system("mkdir", path) { mkdir(path, mode) }
    try setMode(path, mode)
  }

  /// Makes a directory whose name begins with `prefix`.
  package static func makeTemporaryDirectory(_ prefix: String) throws(SystemError) -> String {
    var template = Array((prefix + "XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", prefix) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The names in a directory, sorted; none where there is no such directory.
  package static func list(_ path: String) throws(SystemError) -> [String] {
    do throws(SystemError) { return try Descriptor.directory(path).names().sorted() } catch {
      if error.code == ENOENT { return [] }
      throw error
    }
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
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).removeAll(path: path)
    try removeDirectory(path)
  }

  /// Deletes an empty directory.
  package static func removeDirectory(_ path: String) throws(SystemError) { try system("rmdir", path) { rmdir(path) } }

  package static func rename(_ path: String, to next: String) throws(SystemError) {
    try system("rename", next) { Glibc.rename(path, next) }
  }

  package static func makeLink(_ path: String, to target: String) throws(SystemError) {
    try system("symlink", path) { symlink(target, path) }
  }

  /// A second name for a file.
  package static func makeHardLink(_ path: String, to file: String) throws(SystemError) {
    try system("link", path) { link(file, path) }
  }

  package static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    try system("chmod", path) { chmod(path, mode) }
  }

  /// The group stays.
  package static func setOwner(_ path: String, _ user: UInt32) throws(SystemError) {
    try system("chown", path) { chown(path, user, gid_t.max) }
  }
}
