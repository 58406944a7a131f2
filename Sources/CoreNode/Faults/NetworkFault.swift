package import CoreObjects

/// What is made to go wrong between two ends, or between one end and everybody else.
package struct NetworkFault: Sendable, Equatable, CustomStringConvertible {
  package enum Effect: Sendable, Equatable {
    /// Nothing arrives.
    case cut
    /// Of packets in each direction, of a million.
    case loss(perMillion: Int)
    /// Of packets in each direction, give or take the jitter.
    case delay(milliseconds: Int, jitter: Int)
  }

  package let effect: Effect
  /// One or two.
  package let ends: [FaultEnd]

  package init(_ effect: Effect, _ ends: [FaultEnd]) { (self.effect, self.ends) = (effect, ends) }

  package var description: String {
    let what =
      switch effect {
      case .cut: "cut"
      case .loss(let perMillion): "loss \(Double(perMillion) / 10_000)%".replacing(".0%", with: "%")
      case .delay(let milliseconds, let jitter): "delay \(milliseconds)ms" + (jitter > 0 ? " ± \(jitter)ms" : "")
      }
    return what + (ends.count == 1 ? " between \(ends[0]) and all others" : " between \(ends[0]) and \(ends[1])")
  }
}

/// A fault with the addresses that it hits now, in the order of its ends.
package struct PlacedFault: KernelWord, Equatable {
  package let number: Int
  /// None: it is healed.
  package let effect: NetworkFault.Effect?
  package let addresses: [[String]]

  package init(number: Int, _ effect: NetworkFault.Effect? = nil, _ addresses: [[String]] = []) {
    (self.number, self.effect, self.addresses) = (number, effect, addresses)
  }

  package var key: ObjectKey { ObjectKey(ResourceID("wavetank", "faults"), "\(number)") }
  package var isNothing: Bool { effect == nil }
}
