import CLinux
package import Glibc

/// What a directory holds, by names that are never followed where they are links.
extension Descriptor {
  package static func directory(_ path: String) throws(SystemError) -> Descriptor { try open(path, O_RDONLY | O_DIRECTORY) }

  package func open(_ name: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("open", name) { openat(number, name, flags | O_NOFOLLOW | O_CLOEXEC, mode) })
  }

  package func openDirectory(_ name: String) throws(SystemError) -> Descriptor { try open(name, O_RDONLY | O_DIRECTORY) }

  /// Opens a path as if this directory were "/": links and ".." never lead out of it.
  package func open(within path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("open", path) { linux_open_in_root(number, path, flags, 0) })
  }

  /// Names a file without opening it, as `open(within:_:)` finds it.
  package func place(within path: String) throws(SystemError) -> Descriptor {
    try open(within: path.isEmpty ? "." : path, Int32(LINUX_OPEN_PATH))
  }

  /// Unsorted.
  package func names() throws(SystemError) -> [String] {
    // The stream closes its descriptor; ours stays open.
    let own = try system("open") { openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard let directory = fdopendir(own) else {
      close(own)
      throw SystemError("opendir")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  package func status() throws(SystemError) -> stat {
    var status = stat()
    try system("stat") { fstat(number, &status) }
    return status
  }

  /// Of a link itself; nil where there is nothing of the name.
  package func status(_ name: String) -> stat? {
    var status = stat()
    return fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  package func isDirectory(_ name: String) -> Bool { status(name).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Makes a directory; one that is there is no error.
  package func makeDirectory(_ name: String, mode: UInt32) throws(SystemError) {
    if mkdirat(number, name, mode) != 0, errno != EEXIST { throw SystemError("mkdir", name) }
  }

  package func makeLink(_ name: String, to target: String) throws(SystemError) {
    try system("symlink", name) { symlinkat(target, number, name) }
  }

  /// Where a link leads.
  package func readLink(_ name: String) throws(SystemError) -> String {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = try system("readlink", name) {
      target.withUnsafeMutableBytes { readlinkat(number, name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return String(decoding: target.prefix(length), as: UTF8.self)
  }

  /// Writes all that another file holds.
  package func copyContent(of source: Descriptor) throws(SystemError) {
    while try system("copy", "", { sendfile(number, source.number, nil, 1 << 30) }) > 0 {}
  }

  package func makePipe(_ name: String, mode: UInt32) throws(SystemError) {
    try system("mkfifo", name) { mkfifoat(number, name, mode) }
  }

  /// The device 0/0, by which overlayfs hides what a lower layer has of the name.
  package func makeWhiteout(_ name: String) throws(SystemError) {
    try system("mknod", name) { mknodat(number, name, S_IFCHR, 0) }
  }

  /// Gives a file another name, in `directory`.
  package func link(_ name: String, to other: String, in directory: Descriptor) throws(SystemError) {
    try system("link", other) { linkat(number, name, directory.number, other, 0) }
  }

  /// Of the directory or file itself. Only root gives files away.
  package func setOwner(_ owner: UInt32, _ group: UInt32) throws(SystemError) {
    try system("chown") { fchown(number, owner, group) }
  }

  package func setOwner(of name: String, _ owner: UInt32, _ group: UInt32) throws(SystemError) {
    try system("chown", name) { fchownat(number, name, owner, group, AT_SYMLINK_NOFOLLOW) }
  }

  package func setMode(_ mode: UInt32) throws(SystemError) { try system("chmod") { fchmod(number, mode) } }

  /// Follows a link: not for entries that somebody else could replace.
  package func setMode(of name: String, _ mode: UInt32) throws(SystemError) {
    try system("chmod", name) { fchmodat(number, name, mode, 0) }
  }

  package func setModified(of name: String, seconds: Int) {
    var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
    utimensat(number, name, &times, AT_SYMLINK_NOFOLLOW)
  }

  /// Sets an extended attribute of the directory or file itself.
  package func setAttribute(_ name: String, _ value: [UInt8]) throws(SystemError) {
    try system("setxattr", name) { fsetxattr(number, name, value, value.count, 0) }
  }

  /// An extended attribute of the directory or file itself; nil without it.
  package func attribute(_ name: String) -> [UInt8]? {
    let size = fgetxattr(number, name, nil, 0)
    guard size >= 0 else { return nil }
    var value = [UInt8](repeating: 0, count: size)
    return fgetxattr(number, name, &value, size) == size ? value : nil
  }

  package var attributeNames: [String] {
    let size = flistxattr(number, nil, 0)
    guard size > 0 else { return [] }
    var names = [CChar](repeating: 0, count: size)
    guard flistxattr(number, &names, size) == size else { return [] }
    return names.split(separator: 0).map { String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
  }

  /// Returns once the whole file system is on the disk.
  package func syncFileSystem() throws(SystemError) { try system("sync") { linux_sync_file_system(number) } }

  /// Deletes an entry, a directory with all in it; never enters what is mounted there (EXDEV). `path` is for the error.
  package func remove(_ name: String, path: String) throws(SystemError) {
    guard isDirectory(name) else {
      try system("unlink", path) { unlinkat(number, name, 0) }
      return
    }
    let child = Descriptor(
      owning: try system("open", path) { linux_open_same_mount(number, name, O_RDONLY | O_DIRECTORY) })
    try child.removeAll(path: path)
    try system("rmdir", path) { unlinkat(number, name, AT_REMOVEDIR) }
  }

  func removeAll(path: String) throws(SystemError) {
    for name in try names() { try remove(name, path: path + "/" + name) }
  }
}
