package import CoreJSON
import CoreTypes

/// What one look at the cluster shows of the practice.
package struct PracticeSnapshot: Sendable, Equatable {
  package struct Pod: Sendable, Equatable {
    package var name: String
    package var isReady: Bool
    /// Bytes; nil while there is no sample of it.
    package var memory: Int64?

    package init(name: String, isReady: Bool, memory: Int64?) {
      self.name = name
      self.isReady = isReady
      self.memory = memory
    }
  }

  /// Seconds of cluster time since the practice began.
  package var second: Int64
  package var replicas = 0
  package var desired = 0
  /// Percent of the requests, averaged over the pods; nil while the autoscaler has none.
  package var utilization: Int?
  package var target = 60
  /// Mebibytes over all pods that the ConfigMap remembers.
  package var size: Int?
  package var pods: [Pod] = []
  package var jobsDone = 0
  package var jobsFailed = 0
  package var claimsBound = 0
  package var decision = ""

  package init(second: Int64) { self.second = second }

  /// - Parameters: the objects as the API gives them; the lists with `items`.
  package init(second: Int64, set: JSON, autoscaler: JSON, configMap: JSON, pods: JSON, usage: JSON, jobs: JSON, claims: JSON) {
    self.init(second: second)
    replicas = set[.spec][.replicas].int ?? 0
    desired = autoscaler[.status][.desiredReplicas].int ?? 0
    let metric = autoscaler[.status][.currentMetrics].elements.first ?? .null
    utilization = metric["resource"]["current"]["averageUtilization"].int
    target = autoscaler[.spec][.metrics].elements.first?["resource"]["target"]["averageUtilization"].int ?? 60
    // Without the cluster's own reasons: what its conditions say.
    decision = autoscaler[.status][.conditions].elements.compactMap { $0[.message].string }.joined(separator: "; ")
    size = configMap[.data]["size"].string.flatMap { Int($0) }
    var memory: [String: Int64] = [:]
    for item in usage[.items].elements {
      let bytes = item[.containers].elements.compactMap { $0["usage"]["memory"].string.flatMap { Quantity($0) }?.value }
      if !bytes.isEmpty { memory[item[.metadata][.name].string ?? ""] = bytes.reduce(0, +) }
    }
    for pod in pods[.items].elements {
      let name = pod[.metadata][.name].string ?? ""
      let conditions = pod[.status][.conditions].elements
      let isReady = conditions.contains { $0[.type].string == "Ready" && $0[.status].string == "True" }
      self.pods.append(Pod(name: name, isReady: isReady && pod[.metadata][.deletionTimestamp].isNull, memory: memory[name]))
    }
    self.pods.sort { $0.name < $1.name }
    for job in jobs[.items].elements {
      let conditions = job[.status][.conditions].elements.filter { $0[.status].string == "True" }
      if conditions.contains(where: { $0[.type].string == "Complete" }) { jobsDone += 1 }
      if conditions.contains(where: { $0[.type].string == "Failed" }) { jobsFailed += 1 }
    }
    claimsBound = claims[.items].elements.count { $0[.status][.phase].string == "Bound" }
  }
}
