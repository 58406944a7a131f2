import CoreControllers
import CoreObjects

/// Nodes and pods in one line each.
extension World {
  mutating func addNode(
    _ name: String, zone: String? = nil, cpu: String = "4", memory: String = "4Gi", pods: Int = 110, more: String = ""
  ) throws {
    let zone = zone.map { #","topology.kubernetes.io/zone":"\#($0)""# } ?? ""
    try add(
      .nodes,
      """
      {"apiVersion":"v1","kind":"Node","metadata":{"name":"\(name)","labels":{"kubernetes.io/hostname":"\(name)"\(zone)}},\(more)
       "status":{"allocatable":{"cpu":"\(cpu)","memory":"\(memory)","pods":"\(pods)"}}}
      """)
  }

  /// - Parameters:
  ///   - app: the value of its label `app`
  ///   - spec: more members of its spec, each followed by a comma
  mutating func addPod(
    _ name: String, app: String = "x", namespace: String = "default", cpu: String = "100m", memory: String = "100Mi",
    priority: Int? = nil, labels: String = "", spec: String = "", status: String = "{}"
  ) throws {
    let rank = priority.map { #""priority":\#($0),"# } ?? ""
    try add(
      .pods,
      """
      {"apiVersion":"v1","kind":"Pod",
       "metadata":{"name":"\(name)","namespace":"\(namespace)","labels":{\(labels)"app":"\(app)"}},
       "spec":{\(rank)\(spec)"containers":[{"name":"main","resources":{"requests":{"cpu":"\(cpu)","memory":"\(memory)"}}}]},
       "status":\(status)}
      """)
  }

  /// A pod that runs already.
  mutating func addRunning(
    _ name: String, on node: String, app: String = "x", namespace: String = "default", cpu: String = "100m",
    priority: Int? = nil, labels: String = "", spec: String = "", since: String = "2026-01-01T00:00:00Z"
  ) throws {
    try addPod(
      name, app: app, namespace: namespace, cpu: cpu, priority: priority, labels: labels,
      spec: #""nodeName":"\#(node)","# + spec, status: #"{"phase":"Running","startTime":"\#(since)"}"#)
  }

  func node(of pod: String, namespace: String = "default") -> String? {
    let node = store.get(.pods, namespace: namespace, pod)?.view(Pod.self).spec.nodeName
    return node?.isEmpty == true ? nil : node
  }

  /// "reason: message" of the condition PodScheduled.
  func told(_ pod: String) -> String {
    let condition = get(.pods, pod, as: Pod.self)?.status.conditions.first { $0.type == "PodScheduled" }
    return "\(condition?.reason ?? "-"): \(condition?.message ?? "-")"
  }

  func nominated(_ pod: String) -> String? { get(.pods, pod, as: Pod.self)?.status.nominatedNodeName }
}

/// Rules of pods about pods, as members of a spec.
enum Rules {
  static func term(
    _ app: String, key: String = "kubernetes.io/hostname", more: String = ""
  ) -> String {
    #"{"labelSelector":{"matchLabels":{"app":"\#(app)"}},"topologyKey":"\#(key)"\#(more)}"#
  }
  static func near(_ terms: String...) -> String {
    #""affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(terms.joined(separator: ","))]}},"#
  }
  static func apart(_ terms: String...) -> String {
    #""affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(terms.joined(separator: ","))]}},"#
  }
  static func prefers(_ kind: String, _ term: String, weight: Int = 100) -> String {
    #""affinity":{"\#(kind)":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":\#(weight),"podAffinityTerm":\#(term)}]}},"#
  }
  static func spread(
    _ app: String, key: String, skew: Int = 1, required: Bool = true, more: String = ""
  ) -> String {
    #"{"topologyKey":"\#(key)","maxSkew":\#(skew),"whenUnsatisfiable":"\#(required ? "DoNotSchedule" : "ScheduleAnyway")","labelSelector":{"matchLabels":{"app":"\#(app)"}}\#(more)}"#
  }
  static func spreads(_ constraints: String...) -> String {
    #""topologySpreadConstraints":[\#(constraints.joined(separator: ","))],"#
  }
  static let zone = "topology.kubernetes.io/zone"
  static let host = "kubernetes.io/hostname"
}
