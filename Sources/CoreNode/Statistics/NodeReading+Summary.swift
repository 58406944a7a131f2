package import CoreObjects

/// /stats/summary. Source of the shape: staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go, v1.36.
extension NodeReading {
  /// - Parameter rate: billionths of a core that a container of a pod uses now, or the node (""); nil where that is not known
  package func summary(rate: (_ podUID: String, _ container: String) -> Int64?) -> JSON {
    var node: JSON = ["nodeName": .string(name), "startTime": .string(usage.startedAt.rfc3339)]
    node.put("cpu", NodeReading.cpu(usage, rate("", "")))
    if !system.isEmpty {
      let entries = system.map { group -> JSON in
        [
          "name": .string(group.name), "startTime": .string(group.usage.startedAt.rfc3339),
          "cpu": NodeReading.cpu(group.usage, nil), "memory": NodeReading.memory(group, limit: group.memoryLimitBytes),
        ]
      }
      node.put("systemContainers", .array(entries))
    }
    node.put("memory", NodeReading.memory(usage, limit: memoryBytes))
    node.put("network", NodeReading.network(interfaces, usage.at))
    node.put("fs", space(usage.at, used: disk.used, inodes: disk.inodes - disk.inodesFree))
    node.put("runtime", ["imageFs": space(usage.at, used: nil, inodes: nil)])
    if threads.capacity > 0 {
      node.put(
        "rlimit",
        [
          "time": .string(usage.at.rfc3339), "maxpid": .int(threads.capacity),
          "curproc": .int(threads.capacity - threads.available),
        ])
    }
    node.put("swap", NodeReading.swap(usage.at, used: swap.capacity - swap.available, available: swap.available))
    return ["node": node, "pods": .array(pods.map { summary($0, rate) })]
  }

  private func summary(_ pod: Pod, _ rate: (String, String) -> Int64?) -> JSON {
    let at = pod.total.usage.at
    var tree: JSON = [
      "podRef": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
      "startTime": .string(pod.total.usage.startedAt.rfc3339),
    ]
    let rates = pod.containers.map { rate(pod.uid, $0.name) }
    tree.put(
      "containers",
      .array(
        zip(pod.containers, rates).map { container, rate in
          var entry: JSON = [
            "name": .string(container.name), "startTime": .string(container.usage.startedAt.rfc3339),
            "cpu": NodeReading.cpu(container.usage, rate),
            "memory": NodeReading.memory(container, limit: container.memoryLimitBytes),
          ]
          if let used = container.rootBytes { entry.put("rootfs", space(at, used: used, inodes: container.rootInodes)) }
          if let used = container.logBytes { entry.put("logs", space(at, used: used, inodes: container.logInodes)) }
          entry.put("swap", NodeReading.swap(at, used: container.swapBytes, available: nil))
          return entry
        }))
    tree.put("cpu", NodeReading.cpu(pod.total.usage, rates.contains(nil) ? nil : rates.reduce(0) { $0 + ($1 ?? 0) }))
    tree.put("memory", NodeReading.memory(pod.total, limit: pod.total.memoryLimitBytes))
    tree.put("network", NodeReading.network(pod.interfaces, at))
    tree.put("process_stats", ["process_count": .int(pod.total.processes)])
    tree.put("swap", NodeReading.swap(at, used: pod.total.swapBytes, available: nil))
    if !pod.volumes.isEmpty {
      tree.put(
        "volume",
        .array(
          pod.volumes.map { volume in
            var entry = space(at, used: volume.usedBytes, inodes: volume.usedInodes, volume.disk)
            entry.put(.name, .string(volume.name))
            if let claim = volume.claim { entry.put("pvcRef", ["name": .string(claim), "namespace": .string(pod.namespace)]) }
            return entry
          }))
    }
    if pod.containers.contains(where: { $0.rootBytes != nil }) {
      tree.put("ephemeral-storage", space(at, used: pod.writtenBytes, inodes: pod.writtenInodes))
    }
    return tree
  }

  private static func cpu(_ sample: UsageSample, _ rate: Int64?) -> JSON {
    var tree: JSON = ["time": .string(sample.at.rfc3339)]
    if let rate { tree.put("usageNanoCores", .int(rate)) }
    tree.put("usageCoreNanoSeconds", .int(sample.cpuNanoseconds))
    return tree
  }

  private static func memory(_ group: Container, limit: Int64?) -> JSON {
    var tree = memory(group.usage, limit: limit)
    tree.put("pageFaults", .int(group.pageFaults))
    tree.put("majorPageFaults", .int(group.majorPageFaults))
    return tree
  }

  private static func swap(_ at: Instant, used: Int64, available: Int64?) -> JSON {
    var tree: JSON = ["time": .string(at.rfc3339)]
    if let available { tree.put("swapAvailableBytes", .int(available)) }
    tree.put("swapUsageBytes", .int(used))
    return tree
  }

  private static func memory(_ sample: UsageSample, limit: Int64?) -> JSON {
    var tree: JSON = ["time": .string(sample.at.rfc3339)]
    if let limit { tree.put("availableBytes", .int(max(0, limit - sample.workingSet))) }
    tree.put("usageBytes", .int(sample.memoryUsage))
    tree.put("workingSetBytes", .int(sample.workingSet))
    tree.put("rssBytes", .int(sample.anonymous))
    return tree
  }

  private static func network(_ interfaces: [Interface], _ at: Instant) -> JSON {
    if interfaces.isEmpty { return .null }
    let entries = interfaces.map { one in
      [
        "name": .string(one.name), "rxBytes": .int(one.received.bytes), "rxErrors": .int(one.received.errors),
        "txBytes": .int(one.sent.bytes), "txErrors": .int(one.sent.errors),
      ] as JSON
    }
    var tree: JSON = ["time": .string(at.rfc3339)]
    tree.members += entries[0].members
    tree.put("interfaces", .array(entries))
    return tree
  }

  private func space(_ at: Instant, used: Int64?, inodes: Int64?, _ own: Disk? = nil) -> JSON {
    let disk = own ?? disk
    var tree: JSON = [
      "time": .string(at.rfc3339), "availableBytes": .int(disk.available), "capacityBytes": .int(disk.capacity),
    ]
    if let used { tree.put("usedBytes", .int(used)) }
    tree.put("inodesFree", .int(disk.inodesFree))
    tree.put("inodes", .int(disk.inodes))
    if let inodes { tree.put("inodesUsed", .int(inodes)) }
    return tree
  }
}
