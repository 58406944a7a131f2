package import CoreObjects

extension Scheduler {
  /// Why a node does not take a pod that was bound to it: the reason in its status, and a message. A node asks the same questions as
  /// the scheduler, though fewer. Source: canAdmitPod, pkg/kubelet/lifecycle/predicate.go, v1.36.
  /// - Parameter besides: pods of the node that were placed there too and do not count yet
  package func rejection(of stored: StoredObject, besides: [StoredObject], in store: Store) -> (reason: String, message: String)?
  {
    let pod = stored.view(Pod.self)
    guard let node = pod.spec.nodeName.flatMap({ store.get(.nodes, $0) }) else { return nil }
    if let system = pod.metadata.labels[NodeAdmission.systemLabel], system != NodeAdmission.system {
      return ("PodOSSelectorNodeLabelDoesNotMatch", "its label \(NodeAdmission.systemLabel) is \(system), the node's is not")
    }
    if let system = pod.spec.os.name, system != NodeAdmission.system {
      return ("PodOSNotSupported", "the node runs \(NodeAdmission.system), not \(system)")
    }
    var usage = cluster.usage(of: node.key.name)
    for other in besides + [stored] {
      let other = other.view(Pod.self)
      usage.add(PodRequest(other.countedAsResized), ClusterUsage.hostPorts(of: other), -1)
    }
    return NodeAdmission.refusal(of: pod, shapes.shape(node, place: 0), usage)
  }
}

private enum NodeAdmission {
  static let system = "linux"
  static let systemLabel = "kubernetes.io/os"

  /// Of several reasons upstream names the first.
  static func refusal(of pod: Pod, _ node: NodeShape, _ usage: ClusterUsage.NodeUsage) -> (reason: String, message: String)? {
    var request = PodRequest(pod)
    // What no device of the node offers is left to those who do. Source: removeMissingExtendedResources, predicate.go, v1.36.
    request.others.removeAll { isExtended($0.name) && node.node.status.allocatable[$0.name] == nil }
    if let shortage = NodeFilter.shortages(request, node, usage).first {
      return (
        "OutOf" + shortage.resource,
        "node \(node.name) has too little \(shortage.resource): requested: \(shortage.wanted), used: \(shortage.used), "
          + "capacity: \(shortage.all)"
      )
    }
    if !NodeAffinityMatch.matches(pod, node.node, node.name) {
      return ("NodeAffinity", "node \(node.name) is not one that the pod's node selector or affinity allows")
    }
    let taken = usage.rarities?.hostPorts.keys
    if let taken, let port = ClusterUsage.hostPorts(of: pod).first(where: { port in taken.contains { $0.conflicts(with: port) } })
    {
      return ("NodePorts", "port \(port.port)/\(port.transport) of node \(node.name) is taken")
    }
    if let taint = node.taints.first(where: { $0.effect == "NoExecute" && !NodeFilter.tolerates(pod, $0) }) {
      return ("TaintToleration", "the pod does not tolerate the taint \(taint.key ?? "") of node \(node.name)")
    }
    return nil
  }

  private static func isExtended(_ resource: String) -> Bool {
    resource.contains("/") && !resource.hasPrefix("kubernetes.io/") && !resource.contains(".kubernetes.io/")
  }
}
