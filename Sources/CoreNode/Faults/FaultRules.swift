package import CoreObjects

/// All faults as nftables' rules, made anew with each change: there are few. Packets of what goes on are hit, too. A pod and its node go
/// on reaching each other, so that its probes tell what its programs do.
package struct FaultRules: KernelRules {
  package static let table = "ip wavetank_faults"
  /// Where delayed packets wait: class n of the bridge's queue is fault n.
  package static let queue = 1

  private var faults: [Int: PlacedFault] = [:]
  private let near: NearPairs

  /// - Parameter nodes: how many networks of nodes there are
  package init(nodes: Int, _ addresses: ClusterAddresses = ClusterAddresses()) {
    near = NearPairs(nodes: nodes, addresses: addresses)
  }

  package var base: String { "" }
  package var table: String { FaultRules.table }

  package mutating func replace(_ words: [PlacedFault]) -> RuleUpdate {
    for word in words { faults[word.number] = word.isNothing ? nil : word }
    let start = "add table \(FaultRules.table)\ndelete table \(FaultRules.table)\n"
    return RuleUpdate(script: start + (faults.isEmpty ? "" : content))
  }

  private var content: String {
    var lines = ["set near { \(near.text) }"]
    var rules = ["ip saddr . ip daddr @near return"]
    for (number, fault) in faults.sorted(by: { $0.key < $1.key }) {
      for (end, addresses) in fault.addresses.enumerated() {
        let elements = addresses.isEmpty ? "" : " elements = { \(Set(addresses).sorted().joined(separator: ", ")) };"
        lines.append("set end_\(number)_\(end) { type ipv4_addr;\(elements) }")
      }
      let one = "@end_\(number)_0"
      let other = fault.addresses.count > 1 ? "@end_\(number)_1" : "!= " + one
      rules += [("saddr", "daddr"), ("daddr", "saddr")].map { "ip \($0) \(one) ip \($1) \(other) \(fault.verdict)" }
    }
    lines.append("chain judge { \(rules.joined(separator: "; ")); }")
    for hook in ["forward", "input", "output"] {
      lines.append("chain \(hook) { type filter hook \(hook) priority -10; jump judge; }")
    }
    return "table \(FaultRules.table) {\n" + lines.joined(separator: "\n") + "\n}\n"
  }
}

extension PlacedFault {
  fileprivate var verdict: String {
    switch effect {
    case .cut, nil: "drop"
    case .loss(let perMillion): "numgen random mod 1000000 <= \(perMillion - 1) drop"
    case .delay: "meta priority set \(FaultRules.queue << 16 | number)"
    }
  }
}
