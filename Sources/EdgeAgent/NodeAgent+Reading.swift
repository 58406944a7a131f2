package import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  /// Everything that is measured on a node, now.
  /// - Parameter measuresFiles: also what pods have written, for which their directories are walked
  package func reading(_ node: String, measuresFiles: Bool) async -> NodeReading? {
    guard let machine = machineUsage().first(where: { $0.node == node }) else { return nil }
    let running = Dictionary(grouping: running.all.filter { $0.node == node }) { $0.container.bundle.spec.podUID }
    var pods: [NodeReading.Pod] = []
    for uid in running.keys.sorted() {
      guard let worker = worker(of: uid) else { continue }
      let containers = running[uid]?.map(\.container) ?? []
      let task = Task(executorPreference: workers) { await worker.reading(containers, measuresFiles: measuresFiles) }
      if let pod = await task.value { pods.append(pod) }
    }
    let size = table[node]?.size
    var reading = NodeReading(
      name: node, usage: machine, cores: size.map { Int(($0.cpuMillicores + 999) / 1000) } ?? Machine.cores,
      memoryBytes: size?.memoryBytes ?? Machine.memoryBytes,
      disk: Machine.disk(configuration.dataDirectory), pods: pods)
    reading.interfaces = (try? place(of: node).interfaces) ?? []
    let limit = Machine.threadLimit
    reading.threads = Reserve(available: max(0, limit - Machine.threads), capacity: limit)
    let memory = Machine.memory
    reading.swap = Reserve(available: memory["SwapFree"] ?? 0, capacity: memory["SwapTotal"] ?? 0)
    reading.system = system(of: node)
    return reading
  }

  /// All pods of a node together, and the program that is its kubelet and its runtime, and those of all others.
  private func system(of node: String) -> [NodeReading.Container] {
    var groups: [NodeReading.Container] = []
    let place = cgroup(ofNode: node)
    let source = UsageSource(node: node, podUID: "", container: "", containerID: "")
    if let usage = sample(of: place, source, startedAt: started) {
      var pods = NodeReading.Container(name: "pods", image: "", path: place.path, usage: usage)
      addLimits(of: place, to: &pods)
      groups.append(pods)
    }
    if let own = Machine.ownUse {
      let usage = UsageSample(
        source, at: configuration.now(), startedAt: started, cpuNanoseconds: scaled(own.cpuNanoseconds),
        memoryUsage: own.memoryBytes,
        inactiveFile: 0, activeFile: 0, anonymous: own.anonymousBytes)
      var kubelet = NodeReading.Container(name: "kubelet", image: "", path: "", usage: usage)
      (kubelet.pageFaults, kubelet.majorPageFaults) = (own.pageFaults, own.majorPageFaults)
      groups.append(kubelet)
    }
    return groups
  }

  /// What runs on a node, by container.
  package func runningSpecs(on node: String) -> [ContainerSpec] {
    running.all.filter { $0.node == node }.map(\.container.bundle.spec)
  }

  /// nil for a group that is gone.
  func sample(of cgroup: Cgroup, _ source: UsageSource, startedAt: Instant) -> UsageSample? {
    guard let usage = cgroup.usage() else { return nil }
    return UsageSample(
      source, at: configuration.now(), startedAt: startedAt, cpuNanoseconds: scaled(usage.cpuNanoseconds),
      memoryUsage: usage.memory, inactiveFile: usage.inactiveFile, activeFile: usage.activeFile, anonymous: usage.anonymous)
  }

  fileprivate func addLimits(of cgroup: Cgroup, to reading: inout NodeReading.Container) {
    let limits = cgroup.limits()
    reading.swapBytes = cgroup.swapBytes
    reading.processes = cgroup.threadCount
    (reading.pageFaults, reading.majorPageFaults) = cgroup.pageFaults
    (reading.memoryLimitBytes, reading.cpuLimitMillicores) = (limits.memoryBytes, limits.cpuMillicores)
    reading.cpuShares = limits.cpuShares
    (reading.periods, reading.throttledPeriods) = (limits.periods, limits.throttledPeriods)
    reading.throttledNanoseconds = scaled(limits.throttledNanoseconds)
  }
}

extension PodWorker {
  fileprivate func reading(_ running: [RunningContainer], measuresFiles: Bool) -> NodeReading.Pod? {
    guard let sandbox else { return nil }
    let spec = sandbox.spec
    var started = agent.configuration.now()
    let containers = running.compactMap { container -> NodeReading.Container? in
      let made = container.bundle.spec
      let source = UsageSource(node: node, podUID: uid, container: made.name, containerID: made.containerID)
      started = min(started, container.startedAt)
      guard let usage = agent.sample(of: container.bundle.cgroup, source, startedAt: container.startedAt) else { return nil }
      var reading = NodeReading.Container(
        name: made.name, image: made.imageID, path: container.bundle.cgroup.path, usage: usage)
      agent.addLimits(of: container.bundle.cgroup, to: &reading)
      if measuresFiles {
        let (root, log) = (container.bundle.changes(), Files.use(logDirectory + "/" + made.name))
        (reading.rootBytes, reading.rootInodes, reading.logBytes, reading.logInodes) = (
          root.bytes, root.inodes, log.bytes, log.inodes
        )
      }
      return reading
    }
    let source = UsageSource(node: node, podUID: uid, container: "", containerID: "")
    guard let usage = agent.sample(of: sandbox.cgroup, source, startedAt: started) else { return nil }
    var total = NodeReading.Container(name: "", image: "", path: sandbox.cgroup.path, usage: usage)
    agent.addLimits(of: sandbox.cgroup, to: &total)
    var pod = NodeReading.Pod(namespace: spec.namespace, name: spec.name, uid: uid, total: total, containers: containers)
    if !spec.hostNetwork { pod.interfaces = network?.interfaces ?? [] }
    if measuresFiles {
      for volume in spec.volumes {
        switch volume.source {
        case .emptyDir, .persistent, .files:
          guard let place = sandbox.volumes[volume.name] else { continue }
          let use = Files.use(place.path)
          let isScratch = if case .emptyDir(memory: false, _) = volume.source { true } else { false }
          var reading = NodeReading.Volume(name: volume.name, usedBytes: use.bytes, isScratch: isScratch)
          reading.usedInodes = use.inodes
          reading.claim = volume.claim
          if case .emptyDir(memory: true, _) = volume.source { reading.disk = Machine.disk(place.path) }
          pod.volumes.append(reading)
        default: continue
        }
      }
    }
    return pod
  }
}

extension NetworkNamespace {
  fileprivate var interfaces: [NodeReading.Interface] {
    let file = try? inside { () throws(SystemError) in try Files.readText("/proc/thread-self/net/dev") }
    return NodeReading.Interface.read(file ?? "")
  }
}

extension Machine {
  fileprivate static func disk(_ path: String) -> NodeReading.Disk {
    let found = diskUse(path)
    return NodeReading.Disk(
      capacity: found.capacity, available: found.available, used: found.capacity - found.free, inodes: found.inodes,
      inodesFree: found.inodesFree)
  }
}
