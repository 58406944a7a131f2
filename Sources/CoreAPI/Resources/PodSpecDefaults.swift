import CoreObjects

/// Defaults that depend on other fields. Source: pkg/apis/core/v1/defaults.go, v1.36.
enum PodSpecDefaults {
  /// For pods and templates (SetDefaults_PodSpec).
  static func template(_ spec: inout PodSpec) {
    for index in spec.containers.indices { pullPolicy(&spec.containers[index].tree) }
    for index in spec.initContainers.indices { pullPolicy(&spec.initContainers[index].tree) }
    if !spec.ephemeralContainers.isEmpty {
      for index in spec.ephemeralContainers.indices { pullPolicy(&spec.ephemeralContainers[index].tree) }
    }
    for index in spec.volumes.indices { volume(&spec.volumes[index]) }
    if let account = spec.serviceAccountName {
      spec.serviceAccount = account
    } else if let account = spec.serviceAccount {
      spec.serviceAccountName = account
    }
  }

  /// For pods alone (SetDefaults_Pod): a template does not show these.
  static func pod(_ spec: inout PodSpec) {
    template(&spec)
    if spec.enableServiceLinks == nil { spec.enableServiceLinks = true }
    if let seconds = spec.terminationGracePeriodSeconds, seconds < 0 { spec.terminationGracePeriodSeconds = 1 }
    for index in spec.containers.indices { requests(&spec.containers[index].resources) }
    for index in spec.initContainers.indices { requests(&spec.initContainers[index].resources) }
    podRequests(&spec)
    guard spec.hostNetwork == true else { return }
    for index in spec.containers.indices { hostPorts(&spec.containers[index]) }
    for index in spec.initContainers.indices { hostPorts(&spec.initContainers[index]) }
  }

  /// A tag that moves is always pulled.
  private static func pullPolicy(_ container: inout JSON) {
    guard container[.imagePullPolicy].isNull, let image = container[.image].string else { return }
    container.put(.imagePullPolicy, .string(policy(image)))
  }

  private static func policy(_ image: String) -> String { isLatest(image) ? "Always" : "IfNotPresent" }

  /// An image without tag and digest, or with the tag latest.
  private static func isLatest(_ image: String) -> Bool {
    if image.contains("@") { return false }
    let last = image.split(separator: "/").last ?? ""
    guard let colon = last.lastIndex(of: ":") else { return true }
    return last[last.index(after: colon)...] == "latest"
  }

  private static func volume(_ volume: inout Volume) {
    if !volume.image.isAbsent, volume.image.pullPolicy == nil, let reference = volume.image.reference {
      volume.image.pullPolicy = policy(reference)
    }
    let hasSource = volume.tree.members.contains { $0.key != .name && !$0.value.isNull }
    if !hasSource, volume.tree.isObject { volume.tree.put(.emptyDir, .object([])) }
  }

  private static func requests(_ resources: inout ResourceRequirements) {
    for (name, limit) in resources.limits.sorted where resources.requests[name] == nil { resources.requests[name] = limit }
  }

  /// Requests of the whole pod follow its limits: what the containers ask for together where each asks, else the limit.
  private static func podRequests(_ spec: inout PodSpec) {
    guard !spec.resources.isAbsent else { return }
    for (name, limit) in spec.resources.limits.sorted where spec.resources.requests[name] == nil {
      let asked = spec.containers.compactMap { $0.resources.requests[name].flatMap { Quantity($0) } }
      let sum = asked.reduce(into: nil as Quantity?) { sum, next in sum = sum.map { $0 + next } ?? next }
      spec.resources.requests[name] = sum.map { "\($0)" } ?? limit
    }
  }

  private static func hostPorts(_ container: inout Container) {
    for index in container.ports.indices where container.ports[index].hostPort == nil {
      container.ports[index].hostPort = container.ports[index].containerPort
    }
  }
}
