package import Glibc

extension Files {
  /// Links followed; nil where there is nothing.
  package static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// Of a link itself.
  package static func linkStatus(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  /// 0 where there is no such file.
  package static func size(_ path: String) -> Int { status(path).map { Int($0.st_size) } ?? 0 }

  /// What a directory and all in it take on the disk. Links are not followed, nor errors told: files come and go meanwhile.
  package static func usedBytes(_ path: String) -> Int64 { use(path).bytes }

  /// The same, and how many files, directories and so on it holds.
  package static func use(_ path: String) -> (bytes: Int64, inodes: Int64) {
    (try? Descriptor.directory(path)).map(use) ?? (0, 0)
  }

  private static func use(_ directory: Descriptor) -> (bytes: Int64, inodes: Int64) {
    var all: (bytes: Int64, inodes: Int64) = (0, 0)
    for name in (try? directory.names()) ?? [] {
      guard let status = directory.status(name) else { continue }
      all.bytes += Int64(status.st_blocks) * 512
      all.inodes += 1
      if status.st_mode & S_IFMT == S_IFDIR, let inner = try? directory.openDirectory(name) {
        let inner = use(inner)
        all = (all.bytes + inner.bytes, all.inodes + inner.inodes)
      }
    }
    return all
  }

  /// S_IFDIR, S_IFREG, …; nil where there is nothing.
  package static func kind(_ path: String) -> UInt32? { status(path).map { $0.st_mode & S_IFMT } }

  package static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }
  package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// The first program of that name in PATH, or in `path`, that may be run.
  package static func program(_ name: String, path: String? = nil) -> String? {
    let path = path ?? Environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first(where: isExecutable)
  }

  /// Without links, "." and ".."; nil where there is nothing.
  package static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The last bytes of a file.
  package static func tail(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    try read(path, from: max(0, size(path) - limit), limit: limit + (1 << 20))
  }

  package static func readLink(_ path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try system("readlink", path) {
      buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Gives a directory and all in it to a group, which may read all of it and write where `isWritable`; directories pass the group
  /// on. Never follows a link. (kubernetes/pkg/volume/volume_linux.go, v1.36)
  package static func giveToGroup(_ path: String, _ group: UInt32, isWritable: Bool) throws(SystemError) {
    try giveToGroup(try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), group, isWritable ? 0o660 : 0o440)
  }

  /// Whether a directory itself is as `giveToGroup` leaves one that is writable.
  package static func isGiven(_ path: String, to group: UInt32) -> Bool {
    status(path).map { $0.st_gid == group && $0.st_mode & 0o2770 == 0o2770 } ?? false
  }

  private static func giveToGroup(_ directory: Descriptor, _ group: UInt32, _ access: UInt32) throws(SystemError) {
    let mode = try directory.status().st_mode
    try directory.setOwner(UInt32.max, group)
    try directory.setMode(mode & 0o7777 | access | 0o2110)
    for name in try directory.names() {
      if directory.isDirectory(name) {
        try giveToGroup(try directory.openDirectory(name), group, access)
      } else {
        let mode = directory.status(name)?.st_mode ?? 0
        try directory.setOwner(of: name, UInt32.max, group)
        // Through a descriptor: by its name, a link that took the file's place would be followed.
        guard mode & S_IFMT == S_IFREG, let file = try? directory.open(name, O_RDONLY | O_NONBLOCK) else { continue }
        try? file.setMode(mode & 0o7777 | access)
      }
    }
  }
}

/// The variables that this process was started with.
package enum Environment {
  package static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// "NAME=value", for a child.
  package static var all: [String] {
    var all: [String] = []
    var next = environ
    while let pair = next.pointee {
      all.append(String(cString: pair))
      next += 1
    }
    return all
  }
}
