package import CoreObjects

/// What is measured on a node at one moment.
package struct NodeReading: Sendable {
  /// Counted since an interface was made, as the kernel names them.
  package struct Interface: Sendable, Equatable {
    package struct Count: Sendable, Equatable {
      package var bytes: Int64, packets: Int64, errors: Int64, dropped: Int64
    }
    package var name: String
    package var received: Count
    package var sent: Count
  }
  package struct Disk: Sendable, Equatable {
    package var capacity: Int64, available: Int64, used: Int64
    package var inodes: Int64, inodesFree: Int64
    package init(capacity: Int64, available: Int64, used: Int64, inodes: Int64, inodesFree: Int64) {
      (self.capacity, self.available, self.used) = (capacity, available, used)
      (self.inodes, self.inodesFree) = (inodes, inodesFree)
    }
  }
  /// A control group with what its container was given.
  package struct Container: Sendable {
    package var name: String
    package var image: String
    /// Of its control group.
    package var path: String
    package var usage: UsageSample
    package var swapBytes: Int64 = 0
    package var processes: Int64 = 0
    /// Pages that were not there when they were used, and those of them that had to be read from a disk.
    package var pageFaults: Int64 = 0
    package var majorPageFaults: Int64 = 0
    package var memoryLimitBytes: Int64?
    package var cpuLimitMillicores: Int64?
    package var cpuShares: Int64 = 2
    /// Of the CPU limit: how often it was looked at, how often it held the group back, and for how long.
    package var periods: Int64 = 0
    package var throttledPeriods: Int64 = 0
    package var throttledNanoseconds: Int64 = 0
    /// What it has written over its image, and its log; nil where that was not asked for.
    package var rootBytes: Int64?
    package var logBytes: Int64?
    package var rootInodes: Int64 = 0
    package var logInodes: Int64 = 0
    package init(name: String, image: String, path: String, usage: UsageSample) {
      (self.name, self.image, self.path, self.usage) = (name, image, path, usage)
    }
  }
  package struct Volume: Sendable {
    package var name: String
    package var usedBytes: Int64
    /// It goes with the pod, and lies on the node's disk.
    package var isScratch: Bool
    package var usedInodes: Int64 = 0
    /// The claim that it is of.
    package var claim: String?
    /// Of a file system of its own, such as memory; nil: the node's disk.
    package var disk: Disk?
    package init(name: String, usedBytes: Int64, isScratch: Bool) {
      (self.name, self.usedBytes, self.isScratch) = (name, usedBytes, isScratch)
    }
  }
  package struct Pod: Sendable {
    package var namespace: String
    package var name: String
    package var uid: String
    /// The pod's own group: also of containers that have ended.
    package var total: Container
    package var containers: [Container]
    /// None of a pod in its node's network.
    package var interfaces: [Interface] = []
    package var volumes: [Volume] = []
    package init(namespace: String, name: String, uid: String, total: Container, containers: [Container]) {
      (self.namespace, self.name, self.uid, self.total, self.containers) = (namespace, name, uid, total, containers)
    }
  }

  package var name: String
  /// Of the machine.
  package var usage: UsageSample
  package var cores: Int
  package var memoryBytes: Int64
  package var interfaces: [Interface] = []
  package var disk: Disk
  /// Of the machine: what is swapped out, and what more could be.
  package var swap = Reserve(available: 0, capacity: 0)
  /// Threads of the machine.
  package var threads = Reserve(available: 0, capacity: 0)
  /// What runs the pods, and all of them together.
  package var system: [Container] = []
  /// By namespace and name.
  package var pods: [Pod]

  package init(name: String, usage: UsageSample, cores: Int, memoryBytes: Int64, disk: Disk, pods: [Pod]) {
    (self.name, self.usage, self.cores, self.memoryBytes, self.disk) = (name, usage, cores, memoryBytes, disk)
    self.pods = pods.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
  }
}

extension NodeReading.Container {
  var writtenBytes: Int64 { (rootBytes ?? 0) + (logBytes ?? 0) }
}

extension NodeReading.Pod {
  /// What lies on the node's disk because of it. What persistent volumes hold outlives it.
  var writtenBytes: Int64 {
    containers.reduce(0) { $0 + $1.writtenBytes } + volumes.reduce(0) { $0 + ($1.isScratch ? $1.usedBytes : 0) }
  }

  var writtenInodes: Int64 {
    containers.reduce(0) { $0 + $1.rootInodes + $1.logInodes } + volumes.reduce(0) { $0 + ($1.isScratch ? $1.usedInodes : 0) }
  }
}

extension NodeReading.Interface {
  /// From /proc/net/dev, without the loopback.
  package static func read(_ file: String) -> [NodeReading.Interface] {
    file.split(separator: "\n").compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let name = line[..<colon].drop { $0 == " " }
      let figures = line[line.index(after: colon)...].split(separator: " ").map { Int64($0) ?? 0 }
      guard figures.count >= 16, name != "lo" else { return nil }
      func count(_ first: Int) -> Count {
        Count(bytes: figures[first], packets: figures[first + 1], errors: figures[first + 2], dropped: figures[first + 3])
      }
      return NodeReading.Interface(name: String(name), received: count(0), sent: count(8))
    }
  }
}
