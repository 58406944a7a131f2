package import CoreNode
package import EdgeLinux
import Glibc

/// A volume of a pod as a directory (or a file) of this machine.
package struct PodVolume: Sendable {
  package let path: String
  let isReadOnly: Bool

  init(readOnly path: String) { (self.path, isReadOnly) = (path, true) }

  /// Makes the volume.
  /// - Parameters:
  ///   - mounts: of the volumes' owner; a volume in memory is mounted.
  ///   - directory: where the pod's own volumes are.
  ///   - disk: where those are that may be large.
  ///   - persistent: where provisioned volumes are.
  /// - Throws: `VolumeError`, `SystemError`.
  package init(_ spec: VolumeSpec, in directory: String, disk: String, persistent: String, _ pod: SandboxSpec, mounts: Mounts)
    throws
  {
    let own = directory + "/" + spec.name
    switch spec.source {
    case .emptyDir(let memory, let sizeLimitBytes):
      let own = memory ? own : disk + "/" + spec.name
      try PodVolume.makeOpen(own)
      if memory { try mounts.tmpfs(at: own, options: "mode=0777" + (sizeLimitBytes.map { ",size=\($0)" } ?? "")) }
      (path, isReadOnly) = (own, false)
    case .files(let files):
      try VolumeFiles(directory: own).write(files, group: pod.fsGroup)
      (path, isReadOnly) = (own, true)
      return
    case .persistent(let name, let readOnly):
      path = persistent + "/" + name
      guard Files.isDirectory(path) else { throw VolumeError("the volume \(name) has no directory at \(path)") }
      isReadOnly = readOnly
    case .hostPath(let hostPath, let type):
      try PodVolume.check(hostPath, type: type)
      (path, isReadOnly) = (hostPath, false)
      return
    }
    guard let group = pod.fsGroup.map({ UInt32(clamping: $0) }), !isReadOnly else { return }
    if pod.keepsOwnership, Files.isGiven(path, to: group) { return }
    try Files.giveToGroup(path, group, isWritable: true)
  }

  /// One that was made by an earlier daemon.
  init(adopting spec: VolumeSpec, in directory: String, disk: String, persistent: String) {
    switch spec.source {
    case .emptyDir(let memory, _): (path, isReadOnly) = ((memory ? directory : disk) + "/" + spec.name, false)
    case .files: (path, isReadOnly) = (directory + "/" + spec.name, true)
    case .persistent(let name, let readOnly): (path, isReadOnly) = (persistent + "/" + name, readOnly)
    case .hostPath(let hostPath, _): (path, isReadOnly) = (hostPath, false)
    }
  }

  private static func makeOpen(_ path: String) throws(SystemError) {
    try Files.makeDirectories(path)
    try Files.setMode(path, 0o777)
  }

  /// hostPath's `type` (kubernetes/pkg/volume/hostpath, v1.36).
  private static func check(_ path: String, type: String) throws {
    switch type {
    case "DirectoryOrCreate": if !Files.exists(path) { try Files.makeDirectories(path) }
    case "FileOrCreate": if !Files.exists(path) { try Files.write(path, [], mode: 0o644) }
    default: break
    }
    let kind = Files.kind(path)
    let wanted: mode_t? =
      switch type {
      case "Directory", "DirectoryOrCreate": S_IFDIR
      case "File", "FileOrCreate": S_IFREG
      case "Socket": S_IFSOCK
      case "CharDevice": S_IFCHR
      case "BlockDevice": S_IFBLK
      default: nil
      }
    guard let wanted else {
      // Any type: made as a directory where there is nothing, as container runtimes do for a bind mount's source.
      if kind == nil { try Files.makeDirectories(path) }
      return
    }
    if kind != wanted { throw VolumeError("hostPath type check failed: \(path) is not of type \(type)") }
  }

  /// A directory or file of the volume, made (as a directory with the volume's own mode) where there is none. Links are followed
  /// within the volume only. (kubernetes/pkg/volume/util/subpath, v1.36)
  /// - Returns: a descriptor whose /proc path is what to mount; it must stay open until that is done.
  func open(subPath: String) throws -> Descriptor {
    let root = try Descriptor.directory(path)
    var place = ""
    for part in subPath.split(separator: "/") where part != "." {
      if part == ".." { throw VolumeError("subPath \"\(subPath)\" leads out of the volume") }
      let parent = try root.place(within: place)
      place += place.isEmpty ? String(part) : "/" + part
      do throws(SystemError) { _ = try root.place(within: place) } catch {
        guard error.code == ENOENT else { continue }
        let mode = try root.status().st_mode & 0o2777
        try parent.makeDirectory(String(part), mode: mode)
        // The mode that was asked for is cut by our umask.
        try parent.openDirectory(String(part)).setMode(mode)
      }
    }
    return try root.place(within: place)
  }
}
