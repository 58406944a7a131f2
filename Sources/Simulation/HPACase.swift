package import CoreObjects

/// One autoscaling run of an hpa-cases file: an autoscaler, its target, and the load over time.
package struct HPACase: Sendable {
  struct Model: Sendable {
    /// shared, perpod or ticked
    var type: String
    /// Mi or millicores
    var base: Double
    /// Seconds between two settings of a pod's share (ticked).
    var every: Int
    var points: [(t: Double, value: Double)]
    var isLinear: Bool

    /// The load at a second since the autoscaler's creation.
    func level(_ t: Double) -> Double {
      guard let first = points.first, t >= first.t else { return points.first?.value ?? 0 }
      for (a, b) in zip(points, points.dropFirst()) where t < b.t {
        return isLinear ? a.value + (b.value - a.value) * (t - a.t) / (b.t - a.t) : a.value
      }
      return points.last!.value
    }
  }
  package let name: String
  let kind: String
  let replicas: Int
  let spec: JSON
  let startup: Int
  package let length: Int
  let models: [String: Model]
  /// Of the pods by name, each whose index leaves 1 when divided by this never has a sample.
  let unmeasured: Int?
  /// Mi of a second container "sidecar" in each pod, with the requests of the first one.
  let sidecarMemory: Double?

  package struct Problem: Error, CustomStringConvertible {
    package var description: String
  }

  package init(_ tree: JSON) throws(Problem) {
    guard let name = tree[Key("name")].string else { throw Problem(description: "a scenario has no name") }
    self.name = name
    kind = tree[.kind].string ?? "Deployment"
    guard ["Deployment", "StatefulSet", "ReplicaSet"].contains(kind) else {
      throw Problem(description: "scenario \(name): kind \(kind) is none of Deployment, StatefulSet, ReplicaSet")
    }
    replicas = tree[.replicas].int ?? 1
    startup = tree[Key("startup")].int ?? 0
    unmeasured = tree[Key("unmeasured")].int.flatMap { $0 > 0 ? $0 : nil }
    sidecarMemory = tree[Key("sidecarMemory")].double
    guard let length = tree[Key("length")].int, (1...1_000_000).contains(length) else {
      throw Problem(description: "scenario \(name): length wants a number of seconds from 1 to 1000000")
    }
    self.length = length
    spec = tree[Key("hpa")]
    guard spec[.maxReplicas].int != nil else { throw Problem(description: "scenario \(name): hpa has no maxReplicas") }
    var models: [String: Model] = [:]
    for member in tree[Key("model")].members {
      let model = member.value
      let points = model[Key("points")].elements.map { (t: $0[0].double ?? 0, value: $0[1].double ?? 0) }
      guard !points.isEmpty else { throw Problem(description: "scenario \(name): the model of \(member.key) has no points") }
      models[member.key.name] = Model(
        type: model[.type].string ?? "shared", base: model[Key("base")].double ?? 0, every: max(1, model[Key("every")].int ?? 1),
        points: points, isLinear: model[Key("shape")].string == "linear")
    }
    self.models = models
  }
}
