package import CoreNode
package import EdgeLinux
import Glibc

/// What the containers of a pod share: directory, cgroup, network, volumes, and the files that say who they are. It alone takes off
/// what it has mounted.
package final class PodSandbox: Sendable {
  package let spec: SandboxSpec
  package let address: String
  package let cgroup: Cgroup
  /// A file that is the pod's network namespace.
  let networkPath: String
  /// Small files, which are in memory.
  let directory: String
  /// What may be large: volumes, and what its containers change.
  let disk: String
  package let volumes: [String: PodVolume]
  let namespaces: PodNamespaces
  /// What all containers have at /dev/shm.
  let sharedMemory: String
  /// Where the containers share one namespace of processes.
  let processes: SharedProcesses?
  /// Volumes in memory, shared memory.
  private let mounts: Mounts

  /// Makes it. After a failure `remove` takes away what had been made.
  /// - Throws: `SandboxError`.
  package init(
    _ spec: SandboxSpec, address: String, networkPath: String, directory: String, disk: String, persistent: String,
    cgroup: Cgroup, processLimit: Int? = nil
  ) throws(SandboxError) {
    self.spec = spec
    self.address = address
    self.networkPath = networkPath
    self.directory = directory
    self.disk = disk
    self.cgroup = cgroup
    let mounts = Mounts()
    self.mounts = mounts
    do {
      try Files.makeDirectories(directory + "/volumes")
      try Files.write(directory + "/hosts", PodSandbox.hosts(spec, address), mode: 0o644)
      try Files.write(directory + "/hostname", spec.hostname + "\n", mode: 0o644)
      try Files.write(directory + "/resolv.conf", PodSandbox.resolver(spec), mode: 0o644)
      try cgroup.create(
        memoryLimitBytes: spec.memoryLimitBytes, cpuLimitMillicores: spec.cpuLimitMillicores,
        cpuRequestMillicores: spec.cpuRequestMillicores, processLimit: processLimit)
      namespaces = try PodNamespaces(hostName: spec.hostname)
      sharedMemory = spec.hostIPC ? "/dev/shm" : directory + "/shm"
      if !spec.hostIPC {
        try Files.makeDirectories(sharedMemory)
        try mounts.tmpfs(at: sharedMemory, options: "mode=1777,size=64m")
      }
      processes = spec.processes == .ofPod ? try SharedProcesses(in: cgroup) : nil
    } catch { throw SandboxError(reason: "FailedCreatePodSandBox", description: "\(error)") }
    var volumes: [String: PodVolume] = [:]
    for volume in spec.volumes {
      do {
        volumes[volume.name] = try PodVolume(
          volume, in: directory + "/volumes", disk: disk + "/volumes", persistent: persistent, spec, mounts: mounts)
      } catch {
        throw SandboxError(reason: "FailedMount", description: "MountVolume.SetUp failed for volume \"\(volume.name)\": \(error)")
      }
    }
    self.volumes = volumes
  }

  /// One that an earlier daemon has made.
  package init(
    adopting record: SandboxRecord, _ names: SandboxRecord.Names, networkPath: String, directory: String, disk: String,
    persistent: String, cgroup: Cgroup
  ) throws(SystemError) {
    (spec, address) = (record.spec, record.address)
    (self.networkPath, self.directory, self.disk, self.cgroup) = (networkPath, directory, disk, cgroup)
    namespaces = try PodNamespaces(names)
    sharedMemory = spec.hostIPC ? "/dev/shm" : directory + "/shm"
    mounts = Mounts(adopting: record.mounts)
    processes = record.firstProcess.map { SharedProcesses(first: $0) }
    volumes = Dictionary(
      uniqueKeysWithValues: record.spec.volumes.map {
        ($0.name, PodVolume(adopting: $0, in: directory + "/volumes", disk: disk + "/volumes", persistent: persistent))
      })
  }

  package var record: SandboxRecord {
    SandboxRecord(spec: spec.withoutContents, address: address, mounts: mounts.all, firstProcess: processes?.process)
  }

  /// Files that are its namespaces while this process lives.
  package var names: SandboxRecord.Names { .init(hostName: namespaces.hostName.path, ipc: namespaces.ipc.path) }

  private static func hosts(_ spec: SandboxSpec, _ address: String) -> String {
    // Upstream's own tests of a cluster look for this line.
    var lines = spec.hostNetwork ? [] : ["# Kubernetes-managed hosts file."]
    lines += ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    lines.append(address + (spec.domain.isEmpty ? "" : "\t" + spec.domain) + "\t" + spec.hostname)
    for alias in spec.hostAliases { lines.append(([alias.address] + alias.names).joined(separator: "\t")) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func resolver(_ spec: SandboxSpec) -> String {
    var lines: [String] = []
    if !spec.dns.searches.isEmpty { lines.append("search " + spec.dns.searches.joined(separator: " ")) }
    for server in spec.dns.servers { lines.append("nameserver " + server) }
    if !spec.dns.options.isEmpty { lines.append("options " + spec.dns.options.joined(separator: " ")) }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Replaces the files of a volume.
  package func write(_ files: [VolumeFile], volume: String) throws {
    guard let place = volumes[volume] else { throw VolumeError("the pod has no volume \(volume)") }
    try VolumeFiles(directory: place.path).write(files, group: spec.fsGroup)
  }

  /// Kills what is left in the cgroup and deletes everything that `init` made.
  package static func remove(_ sandbox: PodSandbox?, directories: [String], cgroup: Cgroup) async throws {
    try await cgroup.remove()
    await sandbox?.processes?.end()
    sandbox?.mounts.release()
    for directory in directories { try clear(directory) }
  }

  /// Deletes a directory with all in it, and takes off what is mounted there: roots of containers that nobody knows any more, what
  /// containers have mounted in volumes.
  private static func clear(_ directory: String) throws(SystemError) {
    var last = ""
    while true {
      do throws(SystemError) { return try Files.remove(directory) } catch {
        guard error.code == EXDEV || error.code == EBUSY, error.path.hasPrefix(directory + "/"), error.path != last else {
          throw error
        }
        last = error.path
        try Mount.remove(error.path)
      }
    }
  }
}

/// Why a pod's surroundings could not be made: an event's reason and message.
package struct SandboxError: Error, Equatable, CustomStringConvertible {
  package var reason: String
  package var description: String
}
