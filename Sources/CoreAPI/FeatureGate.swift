/// Features of Kubernetes that are off in v1.36 and can be switched on here. All others are as v1.36 has them by default.
package enum FeatureGate: String, Sendable, CaseIterable {
  /// minReplicas of an autoscaler may be 0 where a metric of type Object or External tells when to come back. On by default in v1.37.
  case hpaScaleToZero = "HPAScaleToZero"

  /// "HPAScaleToZero=true,…", as Kubernetes' components take it.
  /// - Throws: what is wrong with it, in words.
  package static func read(_ text: String) throws(FeatureGateError) -> Set<FeatureGate> {
    var gates: Set<FeatureGate> = []
    for word in text.split(separator: ",") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let isOn = ["true": true, "false": false][parts[1]] else {
        throw FeatureGateError(description: "'\(word)' is not NAME=true or NAME=false")
      }
      let gate = try named(parts[0])
      if isOn { gates.insert(gate) } else { gates.remove(gate) }
    }
    return gates
  }

  package static func named(_ name: String) throws(FeatureGateError) -> FeatureGate {
    if let gate = FeatureGate(rawValue: name) { return gate }
    throw FeatureGateError(
      description: "there is no switch for '\(name)' here: \(allCases.map(\.rawValue).joined(separator: ", ")) is the only one")
  }
}

package struct FeatureGateError: Error, CustomStringConvertible {
  package let description: String
}
