import CoreNode
import EdgeLinux
import EdgeRuntime

extension PodWorker {
  /// Reports the first limit that the pod's files have passed. Source: localStorageEviction, pkg/kubelet/eviction, v1.36.
  func checkStorage() {
    guard let sandbox, !hasReportedStorage, let message = StorageUse(self, sandbox).excess else { return }
    hasReportedStorage = true
    report(.storageExceeded(podUID: uid, message: message))
  }

  /// What the pod has on the disk, bytes.
  private struct StorageUse {
    private var limits: StorageLimits
    private var volumes: [(name: String, used: Int64, limit: Int64?)] = []
    private var containers: [String: Int64] = [:]

    init(_ worker: isolated PodWorker, _ sandbox: PodSandbox) {
      limits = sandbox.spec.storage
      for volume in sandbox.spec.volumes {
        guard case .emptyDir(memory: false, let limit) = volume.source, let place = sandbox.volumes[volume.name] else { continue }
        if limit != nil || limits.pod != nil { volumes.append((volume.name, Files.usedBytes(place.path), limit)) }
      }
      if limits.pod == nil { return }
      for bundle in worker.bundles { containers[bundle.spec.name, default: 0] += bundle.changedBytes() }
      for name in containers.keys { containers[name]! += Files.usedBytes(worker.logDirectory + "/" + name) }
    }

    var excess: String? {
      for volume in volumes {
        guard let limit = volume.limit, volume.used > limit else { continue }
        return "The emptyDir volume \"\(volume.name)\" holds \(volume.used) bytes, more than its sizeLimit of \(limit)"
      }
      let all = volumes.reduce(0) { $0 + $1.used } + containers.values.reduce(0, +)
      if let limit = limits.pod, all > limit {
        return "The pod uses \(all) bytes of ephemeral storage, more than its limit of \(limit)"
      }
      for (name, limit) in limits.containers.sorted(by: { $0.key < $1.key }) {
        guard let used = containers[name], used > limit else { continue }
        return "The container \(name) uses \(used) bytes of ephemeral storage, more than its limit of \(limit)"
      }
      return nil
    }
  }
}
