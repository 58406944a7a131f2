import EdgeLinux
import Glibc

/// What one layer, or one archive, may hold at most.
package struct UnpackLimits: Sendable {
  package var entries = 1_000_000
  package var bytes: Int64 = 16 << 30
  package var pathBytes = 4096
}

/// Makes a directory, fit to be an overlay's lowerdir, of a layer's tar.
///
/// Every path is walked from the root directory's descriptor, component by component, without following links, so that
/// nothing that an archive says can reach outside. Whiteouts become what overlayfs wants (Documentation/filesystems/
/// overlayfs.rst): `.wh.NAME` a character device 0/0, `.wh..wh..opq` the attribute trusted.overlay.opaque. Where the file system
/// has neither, the archive's own marks stay, which whoever copies the layer knows.
struct LayerUnpacker {
  private static let opaque = ".wh..wh..opq"
  private let root: Descriptor
  private let what: String
  private let limits: UnpackLimits
  private let isRoot = Machine.isRoot
  private var entries = 0
  private(set) var bytes: Int64 = 0

  /// - Parameter directory: exists and is empty.
  static func unpack(_ reader: ArchiveReader, into directory: String, what: String, limits: UnpackLimits) throws(ImageError)
    -> Int64
  {
    let root = try stored(try Descriptor.directory(directory))
    var unpacker = LayerUnpacker(root: root, what: what, limits: limits)
    while let entry = try reader.next() { try unpacker.place(entry, reader) }
    // The name that the directory gets next must not reach the disk before its contents.
    try stored(directory, try root.syncFileSystem())
    return unpacker.bytes
  }

  private init(root: Descriptor, what: String, limits: UnpackLimits) {
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
      try? root.setMode(entry.permissions)
      if isRoot { try? root.setOwner(entry.owner, entry.group) }
      return
    }
    let parent = try openDirectory(parts.dropLast(), path: path, making: true)
    if name.hasPrefix(".wh.") { return try placeWhiteout(name, in: parent, path: path) }
    try clear(name, in: parent, path: path, forDirectory: entry.hardLink == nil && entry.type == S_IFDIR)
    if let target = entry.hardLink { return try placeHardLink(to: target, name, in: parent, path: path) }
    switch entry.type {
    case S_IFREG: try placeFile(entry, reader, name, in: parent, path: path)
    case S_IFDIR: try stored(path, try parent.makeDirectory(name, mode: 0o700))
    case S_IFLNK: try stored(path, try parent.makeLink(name, to: entry.symbolicLink))
    case S_IFIFO: try stored(path, try parent.makePipe(name, mode: 0o600))
    // A container gets its devices from its runtime, and a character device 0/0 would hide a lower file.
    default: return
    }
    try dress(entry, name, in: parent, path: path)
  }

  /// Opens a directory below the root.
  private func openDirectory(_ parts: ArraySlice<String>, path: String, making: Bool) throws(ImageError) -> Descriptor {
    var current = root
    for part in parts {
      if making { try stored(path, try current.makeDirectory(part, mode: 0o755)) }
      do throws(SystemError) { current = try current.openDirectory(part) } catch {
        switch error.code {
        case ELOOP, ENOTDIR: throw bad("\"\(path)\" goes through \"\(part)\", which is no directory but a link or a file")
        case ENOENT: throw bad("\"\(path)\" goes through \"\(part)\", which is not in the layer")
        default: throw .storage(path: path, reason: error.reason)
        }
      }
    }
    return current
  }

  /// Makes room: a later entry of the same name replaces an earlier one; a directory stays.
  private func clear(_ name: String, in parent: Descriptor, path: String, forDirectory: Bool) throws(ImageError) {
    guard let type = parent.status(name).map({ $0.st_mode & S_IFMT }), !forDirectory || type != S_IFDIR else { return }
    try stored(try parent.remove(name, path: path))
    // The whiteout of a lower layer's directory, which this layer's own replaces as a whole.
    if forDirectory, type == S_IFCHR {
      try stored(path, try parent.makeDirectory(name, mode: 0o700))
      try makeOpaque(name, in: parent)
    }
  }

  private func placeWhiteout(_ name: String, in parent: Descriptor, path: String) throws(ImageError) {
    if name == LayerUnpacker.opaque { return try setOpaque(parent, path) }
    // Other names of this form are aufs' own bookkeeping.
    if name.hasPrefix(".wh..wh.") { return }
    let hidden = String(name.dropFirst(4))
    if hidden.isEmpty || hidden == "." || hidden == ".." { throw bad("\"\(path)\" hides no file") }
    if parent.status(hidden) != nil {
      if parent.isDirectory(hidden) { try makeOpaque(hidden, in: parent) }
      return
    }
    do throws(SystemError) { try parent.makeWhiteout(hidden) } catch { try mark(name, in: parent, path, instead: error) }
  }

  private func makeOpaque(_ name: String, in parent: Descriptor) throws(ImageError) {
    try setOpaque(try stored(try parent.openDirectory(name)), name)
  }

  private func setOpaque(_ directory: Descriptor, _ path: String) throws(ImageError) {
    do throws(SystemError) { try directory.setAttribute("trusted.overlay.opaque", Array("y".utf8)) } catch {
      try mark(LayerUnpacker.opaque, in: directory, path, instead: error)
    }
  }

  private func mark(_ name: String, in parent: Descriptor, _ path: String, instead error: SystemError) throws(ImageError) {
    guard [EPERM, ENOTSUP].contains(error.code) else {
      throw .storage(path: path, reason: "cannot hide a lower file: \(error.reason)")
    }
    _ = try stored(path, try parent.open(name, O_WRONLY | O_CREAT))
  }

  private func placeHardLink(to target: String, _ name: String, in parent: Descriptor, path: String) throws(ImageError) {
    let parts = try LayerUnpacker.parts(target, what: what, limits: limits)
    guard let last = parts.last else { throw bad("\"\(path)\" is a hard link to the root") }
    let source = try openDirectory(parts.dropLast(), path: target, making: false)
    guard source.status(last) != nil, !source.isDirectory(last) else {
      throw bad("\"\(path)\" is a hard link to \"\(target)\", which is no file of the layer")
    }
    try stored(path, try source.link(last, to: name, in: parent))
  }

  private mutating func placeFile(
    _ entry: ArchiveReader.Entry, _ reader: ArchiveReader, _ name: String, in parent: Descriptor, path: String
  ) throws(ImageError) {
    if entry.size > limits.bytes - bytes { throw bad("it holds more than \(limits.bytes) bytes") }
    let file = try stored(path, try parent.open(name, O_WRONLY | O_CREAT | O_EXCL))
    bytes += try reader.copy(to: file, path: path, used: bytes, limit: limits.bytes)
  }

  /// Owner first: changing it clears the setuid bit. Links have no mode of their own.
  private func dress(_ entry: ArchiveReader.Entry, _ name: String, in parent: Descriptor, path: String) throws(ImageError) {
    if isRoot { try stored(path, try parent.setOwner(of: name, entry.owner, entry.group)) }
    if entry.type == S_IFLNK { return }
    try stored(path, try parent.setMode(of: name, entry.permissions))
    // Nobody's mount options or labels: of the privileged attributes only file capabilities are taken over.
    let attributes = entry.attributes(limit: 32).filter {
      $0.name.hasPrefix("user.") || ($0.name == "security.capability" && isRoot)
    }
    if entry.type == S_IFREG, !attributes.isEmpty {
      let file = try stored(path, try parent.open(name, O_RDONLY))
      for (key, value) in attributes {
        do throws(SystemError) { try file.setAttribute(key, value) } catch {
          if error.code != ENOTSUP { throw .storage(path: path, reason: error.reason) }
        }
      }
    }
    parent.setModified(of: name, seconds: entry.modifiedSeconds)
  }
}
