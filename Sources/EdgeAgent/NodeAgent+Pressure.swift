package import CoreNode
import CoreObjects
import EdgeImages
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  /// What nodes have left. Reads some files of the kernel, and those of the control group of each node that has a size.
  package func signals() -> [NodeSignals] {
    let disk = Machine.diskUse(configuration.dataDirectory)
    let (processes, limit) = (Machine.threads, Machine.threadLimit)
    return machineUsage().map { usage in
      let size = table[usage.node]?.size
      let memory = size?.memoryBytes ?? Machine.memoryBytes
      var signals = NodeSignals(
        node: usage.node, memory: Reserve(available: max(0, memory - usage.workingSet), capacity: memory),
        disk: Reserve(available: disk.available, capacity: disk.capacity),
        inodes: Reserve(available: disk.inodesFree, capacity: disk.inodes),
        processes: Reserve(available: max(0, limit - processes), capacity: limit))
      signals.hasOwnMemory = size != nil
      return signals
    }
  }

  /// Takes off the disk what nobody needs: roots of containers that have ended, and images that no container runs from and that a
  /// registry has.
  package func reclaimDisk(of nodes: [String]) async {
    for node in nodes {
      for worker in workers(on: node) { await worker.releaseEnded() }
      let used = Set(runningSpecs(on: node).map(\.imageID))
      let removed = images.removeUnused(node: node, inUse: used)
      if removed { reportImages(node) }
    }
  }
}
