import CoreObjects

/// How soon the kernel ends a container's processes where memory is short: the sooner, the higher. Source: pkg/kubelet/qos/policy.go, v1.36.
enum OOMScore {
  private static let guaranteed: Int64 = -997
  private static let bestEffort: Int64 = 1000

  /// - Parameter nodeBytes: the memory of the node
  static func adjustment(of container: Container, isSidecar: Bool, in pod: Pod, nodeBytes: Int64) -> Int {
    if pod.isCritical, pod.spec.priorityClassName == "system-node-critical" { return Int(guaranteed) }
    switch QualityOfService.of(pod) {
    case "Guaranteed": return Int(guaranteed)
    case "BestEffort": return Int(bestEffort)
    default: break
    }
    if nodeBytes <= 0 { return Int(bestEffort - 1) }
    let regular = pod.spec.containers.map(request)
    let own = ContainerResources(pod.spec.resources).memoryRequestBytes
    // What the pod as a whole asks for beyond its containers is shared alike.
    let share = own.map { max(0, $0 - regular.reduce(0, +)) / Int64(max(1, regular.count)) } ?? 0
    // Whoever helps does not go before whom it helps.
    let bytes = isSidecar ? max(request(container), regular.min() ?? 0) : request(container)
    let adjustment = bestEffort - Int64(Double(bestEffort) * Double(bytes + share) / Double(nodeBytes))
    return Int(min(bestEffort - 1, max(bestEffort + guaranteed, adjustment)))
  }

  private static func request(_ container: Container) -> Int64 { ContainerResources(container).memoryRequestBytes ?? 0 }
}
