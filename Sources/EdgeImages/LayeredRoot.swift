package import EdgeLinux
import Glibc

/// How the layers of an image become the root of a container.
package enum LayeredRoot: Sendable, Equatable {
  /// What the container changes is apart, in "upper".
  case overlay
  /// Where the file system of the data cannot hold an overlay's changes, as in a container's own root.
  case copy

  /// - Parameter layers: lowest first
  package func make(in directory: String, layers: [String], mounts: Mounts) throws(SystemError) {
    switch self {
    case .overlay:
      for name in ["rootfs", "upper", "work"] + (layers.isEmpty ? ["empty"] : []) {
        try Files.makeDirectories(directory + "/" + name)
      }
      try mounts.overlay(
        at: directory + "/rootfs", layers: layers.isEmpty ? [directory + "/empty"] : layers, upper: directory + "/upper",
        work: directory + "/work")
    case .copy:
      try Files.makeDirectories(directory + "/rootfs")
      let root = try Descriptor.directory(directory + "/rootfs")
      for layer in layers {
        var copy = LayerCopy()
        try copy.merge(try Descriptor.directory(layer), into: root, path: "")
      }
    }
  }
}

/// Brings a layer, as `LayerUnpacker` leaves it, into a directory that holds those below it.
private struct LayerCopy {
  private struct Inode: Hashable {
    let device: UInt
    let number: UInt
  }

  private static let marker = ".wh."
  private static let opaqueMarker = ".wh..wh..opq"
  /// Of those files that have several names.
  private var places: [Inode: (directory: Descriptor, name: String)] = [:]

  mutating func merge(_ layer: Descriptor, into target: Descriptor, path: String) throws(SystemError) {
    let names = try layer.names()
    if names.contains(LayerCopy.opaqueMarker) || layer.attribute("trusted.overlay.opaque") == Array("y".utf8) {
      for name in try target.names() { try target.remove(name, path: path + "/" + name) }
    }
    for name in names where name.hasPrefix(LayerCopy.marker) { try hide(String(name.dropFirst(4)), in: target, path) }
    for name in names where !name.hasPrefix(LayerCopy.marker) {
      guard let status = layer.status(name) else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        if !target.isDirectory(name) { try hide(name, in: target, path) }
        try target.makeDirectory(name, mode: 0o700)
        try merge(try layer.openDirectory(name), into: try target.openDirectory(name), path: path + "/" + name)
      } else {
        try hide(name, in: target, path)
        try copy(name, status, from: layer, to: target)
      }
    }
    try dress(target, like: layer)
  }

  private func hide(_ name: String, in target: Descriptor, _ path: String) throws(SystemError) {
    if target.status(name) != nil { try target.remove(name, path: path + "/" + name) }
  }

  /// What is no directory. Devices 0/0 hide what is below them, and there are no others.
  private mutating func copy(_ name: String, _ status: stat, from layer: Descriptor, to target: Descriptor) throws(SystemError) {
    let inode = Inode(device: UInt(status.st_dev), number: UInt(status.st_ino))
    if let place = places[inode] { return try place.directory.link(place.name, to: name, in: target) }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      let from = try layer.open(name, O_RDONLY)
      let to = try target.open(name, O_WRONLY | O_CREAT | O_EXCL)
      try to.copyContent(of: from)
      try dress(to, like: from)
    case S_IFLNK:
      try target.makeLink(name, to: try layer.readLink(name))
      try target.setOwner(of: name, status.st_uid, status.st_gid)
    case S_IFIFO:
      try target.makePipe(name, mode: 0o600)
      try target.setOwner(of: name, status.st_uid, status.st_gid)
      try target.setMode(of: name, status.st_mode & 0o7777)
    default: return
    }
    target.setModified(of: name, seconds: status.st_mtim.tv_sec)
    if status.st_nlink > 1 { places[inode] = (target, name) }
  }

  /// Owner first: changing it clears the setuid bit and the capabilities.
  private func dress(_ copy: Descriptor, like original: Descriptor) throws(SystemError) {
    let status = try original.status()
    try copy.setOwner(status.st_uid, status.st_gid)
    try copy.setMode(status.st_mode & 0o7777)
    for name in original.attributeNames where name.hasPrefix("user.") || name == "security.capability" {
      if let value = original.attribute(name) { try copy.setAttribute(name, value) }
    }
  }
}
