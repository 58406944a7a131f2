package import CoreNode
import CoreObjects
package import EdgeImages
import EdgeLinux
import Glibc

/// A container on the disk: its root, of the image's layers, and the description that crun reads. It alone takes off what it has
/// mounted.
package final class ContainerBundle: Sendable {
  package let spec: ContainerSpec
  package let image: PreparedImage
  /// Those of volumes, by their identifiers.
  private let volumeImages: [String: PreparedImage]
  let sandbox: PodSandbox
  /// The namespace whose processes it sees, as a file; nil: one of its own, or the machine's.
  let processes: String?
  /// How many times faster than the wall's clock cluster time runs.
  let speed: Double
  package let cgroup: Cgroup
  package let directory: String
  /// What may be large: its root, and what it changes in it.
  package let disk: String
  /// The root, and subPaths of volumes.
  private let mounts: Mounts
  let user: ContainerUser
  let capabilities: [String]

  var rootfs: String { disk + "/rootfs" }
  private let kind: LayeredRoot
  /// Of the root, before the container wrote anything, where what it writes is not apart.
  private let copiedBytes: Int64
  var terminationLog: String { directory + "/termination-log" }
  var pidFile: String { directory + "/pid" }
  var errorLog: String { directory + "/crun.log" }

  /// - Parameter target: whose processes it sees; nil: as the pod has it
  package init(
    _ spec: ContainerSpec, image: PreparedImage, volumeImages: [String: PreparedImage] = [:], sandbox: PodSandbox,
    target: RunningContainer? = nil, root kind: LayeredRoot, speed: Double
  ) throws(ContainerError) {
    self.spec = spec
    self.image = image
    self.volumeImages = volumeImages
    self.sandbox = sandbox
    processes = target?.processes ?? sandbox.processes?.path
    self.speed = speed
    self.kind = kind
    let directory = sandbox.directory + "/containers/" + spec.containerID
    self.directory = directory
    let disk = sandbox.disk + "/" + spec.containerID
    self.disk = disk
    cgroup = sandbox.cgroup.child(String(spec.containerID.prefix(12)))
    let mounts = Mounts()
    self.mounts = mounts
    do {
      try Files.makeDirectories(directory, mode: 0o711)
      try Files.makeDirectories(disk, mode: 0o711)
      try kind.make(in: disk, layers: image.layerDirectories, mounts: mounts)
      copiedBytes = kind == .copy ? Files.usedBytes(disk + "/rootfs") : 0
      user = try ContainerUser(spec.security, image: image.user, fsGroup: sandbox.spec.fsGroup, root: disk + "/rootfs")
      capabilities = try Capabilities(spec.security).names
      try Files.write(terminationLog, [])
      // The container's user may not be root.
      try Files.setMode(terminationLog, 0o666)
      try Files.write(directory + "/config.json", try configuration().encoded())
    } catch { throw error as? ContainerError ?? .creation("\(error)") }
  }

  /// One that an earlier daemon has made.
  /// - Throws: `ContainerError`
  package init(
    adopting record: BundleRecord, image: PreparedImage, sandbox: PodSandbox, target: RunningContainer? = nil,
    root kind: LayeredRoot, speed: Double
  ) throws(ContainerError) {
    (spec, self.image, self.sandbox, self.speed, self.kind) = (record.spec, image, sandbox, speed, kind)
    volumeImages = [:]
    processes = target?.processes ?? sandbox.processes?.path
    directory = sandbox.directory + "/containers/" + spec.containerID
    disk = sandbox.disk + "/" + spec.containerID
    cgroup = sandbox.cgroup.child(String(spec.containerID.prefix(12)))
    mounts = Mounts(adopting: record.mounts)
    copiedBytes = record.copiedBytes
    do {
      user = try ContainerUser(spec.security, image: image.user, fsGroup: sandbox.spec.fsGroup, root: disk + "/rootfs")
      capabilities = try Capabilities(spec.security).names
    } catch { throw error as? ContainerError ?? .creation("\(error)") }
  }

  package var record: BundleRecord { BundleRecord(spec: spec, mounts: mounts.all, copiedBytes: copiedBytes) }

  /// What the container has written over its image.
  package func changedBytes() -> Int64 { changes().bytes }

  package func changes() -> (bytes: Int64, inodes: Int64) {
    switch kind {
    case .overlay: return Files.use(disk + "/upper")
    case .copy:
      let use = Files.use(rootfs)
      return (max(0, use.bytes - copiedBytes), use.inodes)
    }
  }

  /// Unmounts the root and the subPaths; what the container changed goes with `remove`.
  package func releaseRoot() { mounts.release() }

  /// Frees what its root takes on the disk; what is known of the container stays.
  package func removeRoot() {
    releaseRoot()
    for part in ["upper", "rootfs"] { try? Files.remove(disk + "/" + part) }
  }

  package func remove() {
    releaseRoot()
    try? Files.remove(disk)
    try? Files.remove(directory)
  }

  /// The termination message: at most 4,096 bytes of the file, or the log's end where that is asked for and the file is empty.
  package func terminationMessage(exitCode: Int, log: String) -> String {
    let bytes = (try? Files.read(terminationLog, limit: 1 << 20)) ?? []
    if bytes.isEmpty, spec.terminationMessageFromLog, exitCode != 0 { return ContainerLog.tail(log, limit: 2048) }
    return String(decoding: bytes.prefix(4096), as: UTF8.self)
  }

  private func configuration() throws -> JSON {
    var process = try process(arguments: arguments(), terminal: spec.terminal)
    process["noNewPrivileges"] = .bool(!spec.security.allowPrivilegeEscalation && !spec.security.privileged)
    let tree: JSON = [
      "ociVersion": "1.0.2", "process": process,
      "root": ["path": .string(rootfs), "readonly": .bool(spec.security.readOnlyRoot)],
      "hostname": .string(sandbox.spec.hostname), "mounts": .array(try mountList()), "linux": try linux(),
      "annotations": SeccompRules.annotations(for: spec.security, capabilities: capabilities),
    ]
    return tree.withoutNulls
  }

  /// docker's and Kubernetes' rule: `command` replaces the image's entrypoint and its arguments.
  private func arguments() throws(ContainerError) -> [String] {
    let arguments = spec.arguments ?? (spec.command == nil ? image.command : [])
    let all = (spec.command ?? image.entrypoint) + arguments
    if all.isEmpty { throw .configuration("no command specified: neither the container nor its image has one") }
    return all
  }

  private func mountList() throws -> [JSON] {
    var all = standardMounts()
    for (number, mount) in spec.mounts.sorted(by: { $0.path.utf8.count < $1.path.utf8.count }).enumerated() {
      guard let volume = try imageVolume(mount, number) ?? sandbox.volumes[mount.volume] else {
        throw ContainerError.configuration("the pod has no volume \"\(mount.volume)\"")
      }
      var source = volume.path
      if !mount.subPath.isEmpty {
        do { source = try bindSubPath(mount.subPath, of: volume, number: number) } catch {
          throw ContainerError.configuration("failed to prepare subPath for volumeMount \"\(mount.volume)\": \(error)")
        }
      }
      let more = mount.imageID == nil ? [] : ["noexec"]
      all.append(
        ContainerBundle.bind(source, to: mount.path, readOnly: mount.readOnly || volume.isReadOnly, more, mount.propagation))
    }
    return all
  }

  /// The files of an image, of which nobody sees what is written.
  private func imageVolume(_ mount: MountSpec, _ number: Int) throws -> PodVolume? {
    guard let image = mount.imageID.flatMap({ volumeImages[$0] }) else { return nil }
    let place = disk + "/image-\(number)"
    try Files.makeDirectories(place)
    try kind.make(in: place, layers: image.layerDirectories, mounts: mounts)
    return PodVolume(readOnly: place + "/rootfs")
  }

  /// Mounts a subPath where crun finds it: a container that moves the directory meanwhile does not change what is mounted, and
  /// crun, in a mount namespace of its own, cannot mount from a descriptor of ours.
  private func bindSubPath(_ subPath: String, of volume: PodVolume, number: Int) throws -> String {
    let source = try volume.open(subPath: subPath)
    let target = directory + "/subpath-\(number)"
    if Files.kind("/proc/self/fd/\(source.number)") == S_IFDIR {
      try Files.makeDirectories(target)
    } else {
      try Files.write(target, [])
    }
    try mounts.bind(source, at: target)
    return target
  }
}
