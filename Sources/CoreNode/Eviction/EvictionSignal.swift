/// What a node's kubelet watches. Source: pkg/kubelet/eviction/api/types.go, v1.36.
package enum EvictionSignal: String, CaseIterable, Sendable, Comparable {
  case memory = "memory.available"
  case nodeDisk = "nodefs.available"
  case nodeInodes = "nodefs.inodesFree"
  case imageDisk = "imagefs.available"
  case imageInodes = "imagefs.inodesFree"
  case processes = "pid.available"

  /// The condition of the node while there is too little of it.
  var pressure: NodePressure {
    switch self {
    case .memory: .memory
    case .nodeDisk, .nodeInodes, .imageDisk, .imageInodes: .disk
    case .processes: .processes
    }
  }

  /// What is short, as a resource.
  var resource: String {
    switch self {
    case .memory: "memory"
    case .nodeDisk, .imageDisk: "ephemeral-storage"
    case .nodeInodes, .imageInodes: "inodes"
    case .processes: "pids"
    }
  }

  /// In the order in which shortages are relieved: memory first.
  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int { EvictionSignal.allCases.firstIndex(of: self)! }
}

/// A condition of a node that has too little of something.
package enum NodePressure: String, CaseIterable, Sendable {
  case memory = "MemoryPressure"
  case disk = "DiskPressure"
  case processes = "PIDPressure"
}

/// What of something there is, and how much of it is left.
package struct Reserve: Sendable, Equatable {
  package var available: Int64
  package var capacity: Int64

  package init(available: Int64, capacity: Int64) { (self.available, self.capacity) = (available, capacity) }
}

/// What a node has left at one moment.
package struct NodeSignals: Sendable, Equatable {
  package var node: String
  /// Nobody else uses its memory. Disk and process numbers are always the machine's.
  package var hasOwnMemory = false
  package var memory: Reserve
  package var disk: Reserve
  package var inodes: Reserve
  package var processes: Reserve

  package init(node: String, memory: Reserve, disk: Reserve, inodes: Reserve, processes: Reserve) {
    (self.node, self.memory, self.disk, self.inodes, self.processes) = (node, memory, disk, inodes, processes)
  }

  /// Images and what containers write lie on one file system.
  subscript(signal: EvictionSignal) -> Reserve {
    switch signal {
    case .memory: memory
    case .nodeDisk, .imageDisk: disk
    case .nodeInodes, .imageInodes: inodes
    case .processes: processes
    }
  }
}
