package import CoreObjects

/// What one look at the cluster shows of the practice.
package struct PracticeSnapshot: Sendable, Equatable {
  package struct Pod: Sendable, Equatable {
    package var name: String
    package var isReady: Bool
    /// Bytes; nil while there is no sample of it.
    package var memory: Int64?
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
  /// Pods that are.
  package var ready: Int { pods.count(where: \.isReady) }
  package var jobsDone = 0
  package var jobsFailed = 0
  package var claimsBound = 0
  package var decision = ""

  /// Whether both show the same replicas, utilization and load.
  func isLike(_ other: PracticeSnapshot) -> Bool {
    replicas == other.replicas && utilization == other.utilization && size == other.size
  }

  // MARK: Objects as the API gives them

  package mutating func readSet(_ set: JSON) { replicas = set[.spec][.replicas].int ?? 0 }

  package mutating func readAutoscaler(_ autoscaler: JSON) {
    desired = autoscaler[.status][.desiredReplicas].int ?? 0
    let metric = autoscaler[.status][.currentMetrics].elements.first ?? .null
    utilization = metric["resource"]["current"]["averageUtilization"].int
    target = autoscaler[.spec][.metrics].elements.first?["resource"]["target"]["averageUtilization"].int ?? 60
    // Without the cluster's own reasons: what its conditions say.
    decision = autoscaler[.status][.conditions].elements.compactMap { $0[.message].string }.joined(separator: "; ")
  }

  package mutating func readConfigMap(_ map: JSON) { size = map[.data]["size"].string.flatMap { Int($0) } }

  /// By name. What was measured of them stays.
  package mutating func readPods(_ objects: [JSON]) {
    let measured = pods
    pods = objects.map { pod in
      let name = pod[.metadata][.name].string ?? ""
      let conditions = pod[.status][.conditions].elements
      let isReady = conditions.contains { $0[.type].string == "Ready" && $0[.status].string == "True" }
      return Pod(
        name: name, isReady: isReady && pod[.metadata][.deletionTimestamp].isNull,
        memory: measured.first { $0.name == name }?.memory)
    }
  }

  package mutating func readUsage(_ metrics: [JSON]) {
    for index in pods.indices {
      let metric = metrics.first { $0[.metadata][.name].string == pods[index].name } ?? .null
      let bytes = metric[.containers].elements.compactMap { $0["usage"]["memory"].string.flatMap { Quantity($0) }?.value }
      pods[index].memory = bytes.isEmpty ? nil : bytes.reduce(0, +)
    }
  }

  package mutating func readJobs(_ jobs: [JSON]) {
    func count(_ type: String) -> Int {
      jobs.count { job in
        job[.status][.conditions].elements.contains { $0[.type].string == type && $0[.status].string == "True" }
      }
    }
    jobsDone = count("Complete")
    jobsFailed = count("Failed")
  }

  package mutating func readClaims(_ claims: [JSON]) { claimsBound = claims.count { $0[.status][.phase].string == "Bound" } }
}
