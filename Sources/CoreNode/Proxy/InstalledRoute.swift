/// A route as it stands in the rules.
struct InstalledRoute: Sendable {
  /// Numbers of what pods of node n call begin at n + 1 times this.
  private static let numbersPerNode = 1 << 16

  let route: Route
  /// The backends by the number that is drawn for them: a change moves as few as it can.
  private let slots: [Route.Backend]
  /// Numbers of backends that stay theirs, for clients that stay with them.
  private let numbers: [Route.Backend: Int]

  init(_ route: Route, after old: InstalledRoute?) {
    self.route = route
    let wanted = Set(route.backends)
    var slots = old?.slots ?? []
    var fresh = ArraySlice(route.backends.filter { !slots.contains($0) })
    for index in slots.indices.reversed() where !wanted.contains(slots[index]) {
      if let new = fresh.popFirst() {
        slots[index] = new
      } else {
        slots.swapAt(index, slots.count - 1)
        slots.removeLast()
      }
    }
    self.slots = slots + fresh
    var numbers: [Route.Backend: Int] = [:]
    // A number that was somebody else's until now is left alone for a while.
    let taken = Set((old?.numbers ?? [:]).values)
    var next = 0
    for backend in self.slots {
      if let known = old?.numbers[backend] {
        numbers[backend] = known
      } else {
        while taken.contains(next) { next += 1 }
        numbers[backend] = next
        next += 1
      }
    }
    self.numbers = numbers
  }

  var addresses: Set<String> { Set(slots.map(\.address)) }

  private var base: Int { route.frontend.callersNode.map { ($0 + 1) * InstalledRoute.numbersPerNode } ?? 0 }

  private var key: String { "\(route.frontend.address) . \(route.frontend.protocol) . \(route.frontend.port)" }

  /// The chain that draws among so many backends; none without backends.
  var chain: RuleChain? {
    slots.isEmpty ? nil : RuleChain(backends: slots.count, base: base, affinitySeconds: route.affinitySeconds)
  }

  var elements: [RuleElement] {
    guard let chain else { return route.frontend.callersNode == nil ? [RuleElement("empty", key)] : [] }
    var elements = [
      route.frontend.callersNode.map { RuleElement("local", "\($0 + 1) . \(key)", "goto \(chain.name)") }
        ?? RuleElement("services", key, "goto \(chain.name)")
    ]
    for (slot, backend) in slots.enumerated() {
      let isSticky = route.affinitySeconds != nil
      let number = base + (isSticky ? numbers[backend] ?? 0 : slot)
      elements.append(RuleElement("endpoints", "\(key) . \(number)", "\(backend.address) . \(backend.port)"))
      if isSticky { elements.append(RuleElement("slots", "\(key) . \(base + slot)", "\(number)")) }
    }
    return elements
  }
}
