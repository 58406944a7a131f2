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
  /// Of the pods by name, each whose index leaves 1 when divided by this has no sample.
  let missing: Int?
  /// Mi of a second container "sidecar" in each pod, with the requests of the first one.
  let sidecar: Double?

  package struct Problem: Error, CustomStringConvertible {
    package var description: String
  }

  /// - Throws: where a member is missing, is none of those that `docs/hpa-cases.md` names, or has a value that cannot be played.
  package init(_ tree: JSON) throws(Problem) {
    guard let name = tree[.name].string else { throw Problem(description: "a scenario has no name") }
    self.name = name
    let members = HPACaseMembers(tree, of: "scenario \(name)")
    try members.allow("name", "kind", "replicas", "hpa", "model", "startup", "length", "missing", "sidecar")
    kind = try members.text("kind", oneOf: "Deployment", "StatefulSet", "ReplicaSet")
    replicas = try members.whole("replicas", 0...1_000_000) ?? 1
    startup = try members.whole("startup", 0...1_000_000) ?? 0
    missing = try members.whole("missing", 0...1_000_000)
    sidecar = try members.number("sidecar")
    guard let length = try members.whole("length", 1...1_000_000) else {
      throw Problem(description: "scenario \(name): length is missing")
    }
    self.length = length
    spec = tree[Key("hpa")]
    guard spec[.maxReplicas].int != nil else { throw Problem(description: "scenario \(name): hpa has no maxReplicas") }
    let loads = HPACaseMembers(tree[Key("model")], of: "scenario \(name): model")
    try loads.allow("cpu", "memory")
    var models: [String: Model] = [:]
    for member in loads.tree.members {
      models[member.key.name] = try Model(HPACaseMembers(member.value, of: "scenario \(name): model.\(member.key)"))
    }
    self.models = models
  }
}

extension HPACase.Model {
  fileprivate init(_ members: HPACaseMembers) throws(HPACase.Problem) {
    try members.allow("type", "base", "every", "points", "shape")
    type = try members.text("type", oneOf: "shared", "perpod", "ticked")
    base = try members.number("base") ?? 0
    every = try members.whole("every", 1...1_000_000) ?? 1
    isLinear = try members.text("shape", oneOf: "step", "linear") == "linear"
    points = []
    for point in members.tree[Key("points")].elements {
      guard point.elements.count == 2, let t = point[0].double, let value = point[1].double,
        HPACaseMembers.loads.contains(value)
      else {
        throw members.problem("points wants pairs of numbers, [second, level], with levels from 0 to 4000000")
      }
      points.append((t, value))
    }
    if points.isEmpty { throw members.problem("points is missing") }
  }
}
