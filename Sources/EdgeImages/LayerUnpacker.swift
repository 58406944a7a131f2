import CArchive
import Glibc

/// What one layer, or one archive, may hold at most.
package struct UnpackLimits: Sendable {
  package var entries = 1_000_000
  package var bytes: Int64 = 16 << 30
  package var pathBytes = 4096
  package init() {}
}

/// Makes a directory, fit to be an overlay's lowerdir, of a layer's tar.
///
/// Every path is walked from the root directory's descriptor, component by component, without following links, so that
/// nothing that an archive says can reach outside. Whiteouts become what overlayfs wants (Documentation/filesystems/
/// overlayfs.rst): `.wh.NAME` a character device 0/0, `.wh..wh..opq` the attribute trusted.overlay.opaque.
struct LayerUnpacker {
  private let root: Int32
  private let what: String
  private let limits: UnpackLimits
  private let isRoot = geteuid() == 0
  private var entries = 0
  private(set) var bytes: Int64 = 0

  /// - Parameter directory: exists and is empty.
  static func unpack(_ reader: ArchiveReader, into directory: String, what: String, limits: UnpackLimits) throws(ImageError)
    -> Int64
  {
    let root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw .kernel(directory) }
    defer { close(root) }
    var unpacker = LayerUnpacker(root: root, what: what, limits: limits)
    while let entry = try reader.next() { try unpacker.place(entry, reader) }
    // The name that the directory gets next must not reach the disk before its contents.
    if syncfs(root) != 0 { throw .kernel(directory) }
    return unpacker.bytes
  }

  private init(root: Int32, what: String, limits: UnpackLimits) {
    self.root = root
    self.what = what
    self.limits = limits
  }

  private func bad(_ reason: String) -> ImageError { .badArchive(what: what, reason: reason) }

  /// The path's parts, from the root; empty for the root itself.
  static func parts(_ path: String, what: String, limits: UnpackLimits) throws(ImageError) -> [String] {
    func bad(_ reason: String) -> ImageError { .badArchive(what: what, reason: reason) }
    if path.utf8.count > limits.pathBytes { throw bad("a path is longer than \(limits.pathBytes) bytes") }
    if path.hasPrefix("/") { throw bad("\"\(path)\" is an absolute path") }
    let parts = path.split(separator: "/").filter { $0 != "." }
    if parts.contains("..") { throw bad("\"\(path)\" leads out of the image") }
    if let long = parts.first(where: { $0.utf8.count > 255 }) {
      throw bad("the name \"\(long.prefix(40))…\" is longer than 255 bytes")
    }
    return parts.map(String.init)
  }

  private mutating func place(_ entry: ArchiveReader.Entry, _ reader: ArchiveReader) throws(ImageError) {
    entries += 1
    if entries > limits.entries { throw bad("it holds more than \(limits.entries) entries") }
    let path = entry.path
    let parts = try LayerUnpacker.parts(path, what: what, limits: limits)
    guard let name = parts.last else {
      fchmod(root, entry.permissions)
      if isRoot { fchown(root, entry.owner, entry.group) }
      return
    }
    let parent = try openDirectory(parts.dropLast(), path: path, making: true)
    defer { close(parent) }
    if name.hasPrefix(".wh.") { return try placeWhiteout(name, in: parent, path: path) }
    try clear(name, in: parent, forDirectory: entry.hardLink == nil && entry.type == S_IFDIR)
    if let target = entry.hardLink { return try placeHardLink(to: target, name, in: parent, path: path) }
    switch entry.type {
    case S_IFREG: try placeFile(entry, reader, name, in: parent, path: path)
    case S_IFDIR:
      if mkdirat(parent, name, 0o700) != 0, errno != EEXIST { throw .kernel(path) }
    case S_IFLNK:
      if symlinkat(entry.symbolicLink, parent, name) != 0 { throw .kernel(path) }
    case S_IFIFO:
      if mkfifoat(parent, name, 0o600) != 0 { throw .kernel(path) }
    // A container gets its devices from its runtime, and a character device 0/0 would hide a lower file.
    default: return
    }
    try dress(entry, name, in: parent, path: path)
  }

  /// Opens a directory below the root; the caller closes it.
  private func openDirectory(_ parts: ArraySlice<String>, path: String, making: Bool) throws(ImageError) -> Int32 {
    var current = dup(root)
    for part in parts {
      if making, mkdirat(current, part, 0o755) != 0, errno != EEXIST {
        let error = ImageError.kernel(path)
        close(current)
        throw error
      }
      let next = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let reason = errno
      close(current)
      guard next >= 0 else {
        if reason == ELOOP || reason == ENOTDIR {
          throw bad("\"\(path)\" goes through \"\(part)\", which is no directory but a link or a file")
        }
        if reason == ENOENT { throw bad("\"\(path)\" goes through \"\(part)\", which is not in the layer") }
        throw .storage(path: path, reason: String(cString: strerror(reason)))
      }
      current = next
    }
    return current
  }

  /// Makes room: a later entry of the same name replaces an earlier one; a directory stays.
  private func clear(_ name: String, in parent: Int32, forDirectory: Bool) throws(ImageError) {
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    let type = status.st_mode & S_IFMT
    if forDirectory, type == S_IFDIR { return }
    HostFiles.removeEntry(parent, name)
    // The whiteout of a lower layer's directory, which this layer's own replaces as a whole.
    if forDirectory, type == S_IFCHR {
      if mkdirat(parent, name, 0o700) != 0 { throw .kernel(name) }
      try makeOpaque(name, in: parent)
    }
  }

  private func placeWhiteout(_ name: String, in parent: Int32, path: String) throws(ImageError) {
    if name == ".wh..wh..opq" { return try setOpaque(parent, path) }
    // Other names of this form are aufs' own bookkeeping.
    if name.hasPrefix(".wh..wh.") { return }
    let hidden = String(name.dropFirst(4))
    if hidden.isEmpty || hidden == "." || hidden == ".." { throw bad("\"\(path)\" hides no file") }
    var status = stat()
    if fstatat(parent, hidden, &status, AT_SYMLINK_NOFOLLOW) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { try makeOpaque(hidden, in: parent) }
      return
    }
    if mknodat(parent, hidden, S_IFCHR, 0) != 0 {
      throw .storage(path: path, reason: "cannot hide a lower file: \(kernelReason())")
    }
  }

  private func makeOpaque(_ name: String, in parent: Int32) throws(ImageError) {
    let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { throw .kernel(name) }
    defer { close(directory) }
    try setOpaque(directory, name)
  }

  private func setOpaque(_ directory: Int32, _ path: String) throws(ImageError) {
    if fsetxattr(directory, "trusted.overlay.opaque", "y", 1, 0) != 0 { throw .kernel(path) }
  }

  private func placeHardLink(to target: String, _ name: String, in parent: Int32, path: String) throws(ImageError) {
    let parts = try LayerUnpacker.parts(target, what: what, limits: limits)
    guard let last = parts.last else { throw bad("\"\(path)\" is a hard link to the root") }
    let source = try openDirectory(parts.dropLast(), path: target, making: false)
    defer { close(source) }
    var status = stat()
    guard fstatat(source, last, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      throw bad("\"\(path)\" is a hard link to \"\(target)\", which is no file of the layer")
    }
    if linkat(source, last, parent, name, 0) != 0 { throw .kernel(path) }
  }

  private mutating func placeFile(
    _ entry: ArchiveReader.Entry, _ reader: ArchiveReader, _ name: String, in parent: Int32, path: String
  ) throws(ImageError) {
    if entry.size > limits.bytes - bytes { throw bad("it holds more than \(limits.bytes) bytes") }
    let file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .kernel(path) }
    defer { close(file) }
    bytes += try reader.copy(to: file, path: path, used: bytes, limit: limits.bytes)
  }

  /// Owner first: changing it clears the setuid bit. Links have no mode of their own.
  private func dress(_ entry: ArchiveReader.Entry, _ name: String, in parent: Int32, path: String) throws(ImageError) {
    if isRoot, fchownat(parent, name, entry.owner, entry.group, AT_SYMLINK_NOFOLLOW) != 0 { throw .kernel(path) }
    if entry.type == S_IFLNK { return }
    if fchmodat(parent, name, entry.permissions, 0) != 0 { throw .kernel(path) }
    // Nobody's mount options or labels: of the privileged attributes only file capabilities are taken over.
    let attributes = entry.attributes(limit: 32).filter {
      $0.name.hasPrefix("user.") || ($0.name == "security.capability" && isRoot)
    }
    if entry.type == S_IFREG, !attributes.isEmpty {
      let file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
      guard file >= 0 else { throw .kernel(path) }
      defer { close(file) }
      for (key, value) in attributes where fsetxattr(file, key, value, value.count, 0) != 0 && errno != ENOTSUP {
        throw .kernel(path)
      }
    }
    var times = [timespec(tv_sec: entry.modifiedSeconds, tv_nsec: 0), timespec(tv_sec: entry.modifiedSeconds, tv_nsec: 0)]
    utimensat(parent, name, &times, AT_SYMLINK_NOFOLLOW)
  }
}
