import CoreNode
import CoreObjects

/// The next step of a program that runs in a simulated container.
enum VirtualPrograms {
  static func proceed(_ id: String, in cluster: inout VirtualCluster) -> [(VirtualEvent, Instant)] {
    guard let container = cluster.nodes.containers[id] else { return [] }
    var process = VirtualProcess(
      podUID: container.podUID, namespace: container.namespace, stage: container.stage, memoryBytes: container.memoryBytes)
    let step: VirtualStep
    switch container.program {
    case .idle: return []
    case .exits(let seconds, let code):
      step = container.stage == 0 ? .again(after: .seconds(seconds)) : .exit(code: code, after: .zero)
    case .script(let script): step = script.proceed(&process, in: &cluster)
    }
    switch step {
    case .again(let pause):
      cluster.nodes.containers.proceed(id, memoryBytes: process.memoryBytes, line: process.line)
      return [(.program(containerID: id), cluster.now + pause)]
    case .exit(let code, let pause):
      let exit = ContainerExit(code: code, at: cluster.now + pause, startedAt: container.startedAt)
      let event = NodeEvent.containerExited(podUID: container.podUID, containerID: id, exit)
      return [(.observation(NodeObservation(node: container.node, event: event)), cluster.now + pause)]
    }
  }
}
