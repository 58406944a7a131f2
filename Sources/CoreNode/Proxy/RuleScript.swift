/// An element of a map or a set.
struct RuleElement: Hashable, Sendable {
  let container: String
  let key: String
  let value: String?

  init(_ container: String, _ key: String, _ value: String? = nil) {
    (self.container, self.key, self.value) = (container, key, value)
  }

  var text: String { value.map { "\(key) : \($0)" } ?? key }
}

/// Rules that draw one of a number of backends, and translate to it.
struct RuleChain: Hashable, Sendable {
  let backends: Int
  /// The first number.
  let base: Int
  let affinitySeconds: Int?

  var name: String {
    (affinitySeconds == nil ? "pick" : "stick") + "_\(backends)" + (base == 0 ? "" : "_from_\(base)")
      + (affinitySeconds.map { "_for_\($0)" } ?? "")
  }

  var text: String {
    let draw = "meta mark set numgen random mod \(backends) offset \(base)"
    guard let affinitySeconds else { return "chain \(name) { \(draw); goto translate; }" }
    let call = "ip daddr . meta l4proto . th dport"
    let client = "ip saddr . \(call)"
    let remember = "update @affinity { \(client) timeout \(affinitySeconds)s : meta mark }"
    // A rule ends where a lookup finds nothing: whoever is not known, or whose backend has gone, is given another.
    return """
      chain \(name) {
        meta mark set \(client) map @affinity \(remember) dnat ip to \(call) . meta mark map @endpoints
        delete @affinity { \(client) : meta mark }
        \(draw)
        meta mark set \(call) . meta mark map @slots
        \(remember)
        goto translate
      }
      """
  }
}

/// Changes of a table, as one transaction.
struct RuleScript {
  let table: String
  /// To be made, with what is in them.
  var sets: [String] = []
  var chains: [String] = []
  var deleted: [RuleElement] = []
  var added: [RuleElement] = []
  /// What is of no use any more: "chain" or "set".
  var removed: [(kind: String, name: String)] = []

  mutating func replace(_ old: [RuleElement], with new: [RuleElement]) {
    let (before, after) = (Set(old), Set(new))
    deleted += old.filter { !after.contains($0) }
    added += new.filter { !before.contains($0) }
  }

  /// Empty where there is nothing to do.
  var text: String {
    var script = self
    script.cancel()
    let made = sets + chains
    var lines = made.isEmpty ? [] : ["table \(table) {"] + made + ["}"]
    lines += script.lines("delete", script.deleted.map { ($0.container, $0.key) })
    lines += script.lines("add", script.added.map { ($0.container, $0.text) })
    lines += removed.map { "delete \($0.kind) \(table) \($0.name)" }
    return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
  }

  /// What is deleted and added again, or added and deleted, stays as it is.
  private mutating func cancel() {
    var both: [RuleElement: Int] = [:]
    for element in Set(deleted).intersection(added) { both[element] = 0 }
    if both.isEmpty { return }
    for element in added where both[element] != nil { both[element]! += 1 }
    for element in deleted where both[element] != nil { both[element]! -= 1 }
    added = added.filter { both[$0] == nil } + both.filter { $0.value > 0 }.map(\.key)
    deleted = deleted.filter { both[$0] == nil } + both.filter { $0.value < 0 }.map(\.key)
  }

  /// One statement for all elements of a container: reading many statements takes nft much longer.
  private func lines(_ verb: String, _ elements: [(container: String, text: String)]) -> [String] {
    Dictionary(grouping: elements, by: \.container).sorted { $0.key < $1.key }.map { container, elements in
      "\(verb) element \(table) \(container) { \(elements.map(\.text).joined(separator: ", ")) }"
    }
  }
}
