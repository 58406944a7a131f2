import CoreObjects

/// A path into an object as printer columns and selectable fields write it: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`,
/// `.spec.containers[0].image`, `.metadata.labels['app\.kubernetes\.io/name']`, `..name`, `.items[*].name`, `.items[1:3]`.
/// Source of the syntax: "JSONPath Support" in Kubernetes' documentation of kubectl.
struct JSONPath: Sendable {
  /// Characters of a path, and values on the way of one, at the most.
  static let limitBytes = 4096
  static let valueLimit = 10_000

  struct Problem: Error, Sendable { var message: String }

  private enum Step: Sendable {
    case member(Key)
    case every
    /// Nil: from the first, to the last.
    case slice(from: Int?, to: Int?, by: Int)
    case element(Int)
    case descend
    case filter(Filter)
    case union([Step])
  }

  private struct Filter: Sendable {
    enum Operand: Sendable {
      case path(JSONPath)
      case value(JSON)
    }
    var left: Operand
    /// Nil: it is there.
    var comparison: (operator: String, right: Operand)?
  }

  private var steps: [Step] = []

  private init(steps: [Step]) { self.steps = steps }

  init(_ text: String) throws(Problem) {
    guard text.utf8.count <= JSONPath.limitBytes else { throw Problem(message: "is longer than \(JSONPath.limitBytes) bytes") }
    var rest = Substring(text)
    if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
    if rest.hasPrefix("$") { rest = rest.dropFirst() }
    try JSONPath.read(&rest, &steps)
    guard rest.isEmpty else { throw Problem(message: "cannot be read at \"\(rest.prefix(20))\"") }
  }

  /// The members that it names one after the other; nil where it does anything else.
  var members: [Key]? {
    var keys: [Key] = []
    for step in steps {
      guard case .member(let key) = step else { return nil }
      keys.append(key)
    }
    return keys
  }

  enum Name: Sendable {
    case member(Key)
    case index(Int)
  }

  /// The members and elements that it names one after the other; nil where it does anything else.
  var names: [Name]? {
    var names: [Name] = []
    for step in steps {
      switch step {
      case .member(let key): names.append(.member(key))
      case .element(let index): names.append(.index(index))
      default: return nil
      }
    }
    return names
  }

  /// Every value that it leads to.
  func find(in tree: JSON) -> [JSON] { JSONPath.find(steps[...], in: tree) }

  private static func find(_ steps: ArraySlice<Step>, in tree: JSON) -> [JSON] {
    var values = [tree]
    for step in steps {
      var next: [JSON] = []
      for value in values {
        JSONPath.follow(step, value, &next)
        if next.count > valueLimit { return [] }
      }
      values = next
      if values.isEmpty { return [] }
    }
    return values
  }

  private static func follow(_ step: Step, _ value: JSON, _ found: inout [JSON]) {
    switch step {
    case .member(let key): if case let member = value[key], !member.isNull { found.append(member) }
    case .every: found += value.isArray ? value.elements : value.members.map(\.value)
    case .element(let index):
      let elements = value.elements
      let place = index < 0 ? elements.count + index : index
      if elements.indices.contains(place) { found.append(elements[place]) }
    case .slice(let from, let to, let by):
      let elements = value.elements
      func place(_ index: Int) -> Int { min(max(index < 0 ? elements.count + index : index, 0), elements.count) }
      let (start, end) = (place(from ?? 0), place(to ?? elements.count))
      found += stride(from: start, to: max(end, start), by: by).map { elements[$0] }
    case .descend: descend(value, &found)
    case .filter(let filter): found += value.elements.filter { holds(filter, $0) }
    case .union(let steps): for step in steps { follow(step, value, &found) }
    }
  }

  private static func descend(_ value: JSON, _ found: inout [JSON]) {
    guard found.count <= valueLimit else { return }
    found.append(value)
    for child in value.isArray ? value.elements : value.members.map(\.value) where child.isArray || child.isObject {
      descend(child, &found)
    }
  }

  // MARK: Filters

  private static func holds(_ filter: Filter, _ element: JSON) -> Bool {
    func values(_ operand: Filter.Operand) -> JSON? {
      switch operand {
      case .path(let path): path.find(in: element).first
      case .value(let value): value
      }
    }
    guard let left = values(filter.left) else { return false }
    guard let comparison = filter.comparison else { return true }
    guard let right = values(comparison.right) else { return false }
    switch comparison.operator {
    case "==": return left.means(right)
    case "!=": return !left.means(right)
    default:
      let isLess: Bool
      if let x = left.number, let y = right.number {
        isLess = x < y
      } else if let x = left.string, let y = right.string {
        isLess = x < y
      } else {
        return false
      }
      switch comparison.operator {
      case "<": return isLess
      case ">=": return !isLess
      case "<=": return isLess || left.means(right)
      default: return !isLess && !left.means(right)
      }
    }
  }

  // MARK: Reading

  private static func read(_ rest: inout Substring, _ steps: inout [Step], until end: (Substring) -> Bool = { _ in false })
    throws(Problem)
  {
    while let first = rest.first, !end(rest) {
      if rest.hasPrefix("..") {
        rest = rest.dropFirst(first == "." ? 1 : 0)
        steps.append(.descend)
        if rest.hasPrefix(".[") { rest = rest.dropFirst() }
      } else if first == "." {
        rest = rest.dropFirst()
        if rest.isEmpty, !steps.isEmpty { throw Problem(message: "ends with a dot") }
        if rest.isEmpty || rest.first == "[" { continue }
        if rest.first == "*" {
          rest = rest.dropFirst()
          steps.append(.every)
        } else {
          steps.append(.member(Key(try name(&rest))))
        }
      } else if first == "[" {
        rest = rest.dropFirst()
        steps.append(try bracket(&rest))
      } else if steps.isEmpty {
        steps.append(.member(Key(try name(&rest))))
      } else {
        throw Problem(message: "cannot be read at \"\(rest.prefix(20))\"")
      }
    }
  }

  private static func name(_ rest: inout Substring) throws(Problem) -> String {
    var name = ""
    while let first = rest.first {
      if first == "\\" {
        rest = rest.dropFirst()
        guard let escaped = rest.first else { throw Problem(message: "ends within an escape") }
        name.append(escaped)
      } else if ".[]()=<>!,\"' {}".contains(first) {
        break
      } else {
        name.append(first)
      }
      rest = rest.dropFirst()
    }
    if name.isEmpty { throw Problem(message: "lacks a name at \"\(rest.prefix(20))\"") }
    return name
  }

  /// What stands between [ and ], the first of which is read.
  private static func bracket(_ rest: inout Substring) throws(Problem) -> Step {
    if rest.hasPrefix("?(") {
      rest = rest.dropFirst(2)
      let filter = try self.filter(&rest)
      guard rest.hasPrefix(")]") else { throw Problem(message: "lacks )] behind a filter") }
      rest = rest.dropFirst(2)
      return .filter(filter)
    }
    var parts: [Step] = []
    while true {
      if let quote = rest.first, quote == "'" || quote == "\"" {
        parts.append(.member(Key(try quoted(&rest))))
      } else {
        let text = rest.prefix { $0 != "]" && $0 != "," }
        rest = rest.dropFirst(text.count)
        parts.append(try index(text))
      }
      guard let next = rest.first else { throw Problem(message: "lacks a ]") }
      rest = rest.dropFirst()
      if next == "]" { return parts.count == 1 ? parts[0] : .union(parts) }
      guard next == "," else { throw Problem(message: "lacks a ]") }
    }
  }

  private static func index(_ text: Substring) throws(Problem) -> Step {
    if text == "*" { return .every }
    if let index = Int(text) { return .element(index) }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts.allSatisfy({ $0.isEmpty || Int($0) != nil }) else {
      throw Problem(message: "has \"\(text.prefix(20))\" between brackets, which is no index")
    }
    let by = parts.count == 3 ? Int(parts[2]) ?? 1 : 1
    guard by > 0 else { throw Problem(message: "goes through a list by \(by)") }
    return .slice(from: Int(parts[0]), to: Int(parts[1]), by: by)
  }

  private static func quoted(_ rest: inout Substring) throws(Problem) -> String {
    guard let quote = rest.first else { throw Problem(message: "lacks a text") }
    rest = rest.dropFirst()
    var text = ""
    while let first = rest.first {
      rest = rest.dropFirst()
      if first == quote { return text }
      if first == "\\", let escaped = rest.first {
        text.append(escaped)
        rest = rest.dropFirst()
      } else {
        text.append(first)
      }
    }
    throw Problem(message: "lacks the end of a text")
  }

  private static func filter(_ rest: inout Substring) throws(Problem) -> Filter {
    let left = try operand(&rest)
    rest = rest.drop { $0 == " " }
    for name in ["==", "!=", "<=", ">=", "<", ">"] where rest.hasPrefix(name) {
      rest = rest.dropFirst(name.count)
      return Filter(left: left, comparison: (name, try operand(&rest)))
    }
    return Filter(left: left, comparison: nil)
  }

  private static func operand(_ rest: inout Substring) throws(Problem) -> Filter.Operand {
    rest = rest.drop { $0 == " " }
    defer { rest = rest.drop { $0 == " " } }
    if rest.hasPrefix("@") || rest.hasPrefix("$") {
      rest = rest.dropFirst()
      var steps: [Step] = []
      try read(&rest, &steps) { text in text.first.map { ")=<>! ".contains($0) } ?? true }
      return .path(JSONPath(steps: steps))
    }
    if rest.hasPrefix("'") || rest.hasPrefix("\"") { return .value(.string(try quoted(&rest))) }
    let text = rest.prefix { !")=<>! ".contains($0) }
    rest = rest.dropFirst(text.count)
    guard let value = try? JSONParser.parse(String(text)) else {
      throw Problem(message: "compares with \"\(text.prefix(20))\", which is no value")
    }
    return .value(value)
  }
}
