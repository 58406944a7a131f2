package import CoreNode
import CoreObjects

/// What `wavetank net` asks.
package enum FaultRequest: Sendable, Equatable {
  case show
  case make(NetworkFault, seconds: Double?)
  /// nil: all.
  case heal(Int?)

  var tree: JSON {
    switch self {
    case .show: return ["verb": "faults"]
    case .heal(let number): return ["verb": "heal", "number": number.map { .int(Int64($0)) } ?? .null]
    case .make(let fault, let seconds):
      let ends = fault.ends.map { [.string("\($0.key.resource.name)/\($0.key.name)"), .string($0.key.namespace)] as JSON }
      let (kind, numbers): (String, [Int]) =
        switch fault.effect {
        case .cut: ("cut", [])
        case .loss(let perMillion): ("loss", [perMillion])
        case .delay(let milliseconds, let jitter): ("delay", [milliseconds, jitter])
        }
      return [
        "verb": "fault", "effect": .string(kind), "numbers": .array(numbers.map { .int(Int64($0)) }), "ends": .array(ends),
        "seconds": seconds.map { .double($0) } ?? .null,
      ]
    }
  }

  init?(_ tree: JSON) {
    switch tree[Key("verb")].string {
    case "faults": self = .show
    case "heal": self = .heal(tree["number"].int)
    case "fault":
      let texts = tree["ends"].elements
      let ends = texts.compactMap { FaultEnd($0[0].string ?? "", namespace: $0[1].string ?? "") }
      let numbers = tree["numbers"].elements.compactMap(\.int)
      guard ends.count == texts.count, 1...2 ~= ends.count else { return nil }
      let effect: NetworkFault.Effect
      switch (tree["effect"].string, numbers.count) {
      case ("cut", 0): effect = .cut
      case ("loss", 1): effect = .loss(perMillion: numbers[0])
      case ("delay", 2): effect = .delay(milliseconds: numbers[0], jitter: numbers[1])
      default: return nil
      }
      self = .make(NetworkFault(effect, ends), seconds: tree["seconds"].double)
    default: return nil
    }
  }
}
