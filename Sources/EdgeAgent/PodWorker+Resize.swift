import CoreNode
import EdgeRuntime

extension PodWorker {
  /// Changes the control groups of the pod and of its containers that run, all or, as far as can be known before, none.
  func resize(_ spec: ResizeSpec) {
    let failure: String?
    do {
      try change(spec)
      failure = nil
    } catch { failure = "\(error)" }
    report(.resized(podUID: uid, containerIDs: spec.containers.keys.sorted(), failure: failure))
  }

  private func change(_ spec: ResizeSpec) throws {
    guard let sandbox else { throw ContainerError.creation("the pod has no sandbox") }
    let containers = spec.containers.compactMap { id, limits in running(id).map { ($0, limits) } }
    // The kernel would kill processes for it (v2), or refuse it (v1).
    for (group, limits, name) in containers.map({ ($0.bundle.cgroup, $1, "container " + $0.bundle.spec.name) }) + [
      (sandbox.cgroup, spec.pod, "the pod")
    ] {
      guard let limit = limits.memoryBytes, let used = group.usage()?.memory, used > limit else { continue }
      throw ContainerError.creation("\(name) uses \(used) bytes of memory, more than the limit of \(limit)")
    }
    // A group may not have more of the processors than the one that it is in.
    var open = spec.pod
    open.cpuMillicores = nil
    open.memoryBytes = nil
    try sandbox.cgroup.set(open)
    for (container, limits) in containers { try container.bundle.cgroup.set(limits) }
    try sandbox.cgroup.set(spec.pod)
  }
}

extension Cgroup {
  fileprivate func set(_ limits: ComputeLimits) throws {
    try set(
      memoryBytes: limits.memoryBytes, cpuMillicores: limits.cpuMillicores, cpuRequestMillicores: limits.cpuRequestMillicores)
  }
}
