import CoreObjects

/// What stands in parentheses in a chainsaw assertion: the part of JMESPath that compares numbers and texts. Paths with indices,
/// `[*]` and filters `[?…]`, comparisons, `&&`, `||`, `!`, `length()`, 'texts' and `JSON`.
struct ChainsawExpression: Sendable {
  private indirect enum Node: Sendable {
    case literal(JSON)
    case current
    case field(Node, Key)
    case index(Node, Int)
    case each(Node)
    case filter(Node, Node)
    case length(Node)
    case not(Node)
    case both(Node, Node)
    case either(Node, Node)
    case compare(Node, String, Node)
  }
  private let root: Node

  /// - Throws: what is not understood, in words.
  init(_ text: String) throws(RehearsalError) {
    var reader = Reader(text)
    root = try reader.either()
    reader.skipSpaces()
    if !reader.isAtEnd { throw reader.problem }
  }

  func value(of tree: JSON) -> JSON { ChainsawExpression.value(root, tree) }

  // MARK: Values

  private static func value(_ node: Node, _ tree: JSON) -> JSON {
    switch node {
    case .literal(let value): return value
    case .current: return tree
    case .field(let parent, let key):
      let value = value(parent, tree)
      return value.isArray ? .array(value.elements.map { $0[key] }.filter { !$0.isNull }) : value[key]
    case .index(let parent, let index):
      let elements = value(parent, tree).elements
      let place = index < 0 ? elements.count + index : index
      return elements.indices.contains(place) ? elements[place] : .null
    case .each(let parent): return value(parent, tree)
    case .filter(let parent, let condition):
      return .array(value(parent, tree).elements.filter { isTrue(value(condition, $0)) })
    case .length(let argument):
      let value = value(argument, tree)
      if let text = value.string { return .int(Int64(text.count)) }
      return .int(Int64(value.isArray ? value.elements.count : value.members.count))
    case .not(let argument): return .bool(!isTrue(value(argument, tree)))
    case .both(let left, let right): return .bool(isTrue(value(left, tree)) && isTrue(value(right, tree)))
    case .either(let left, let right): return .bool(isTrue(value(left, tree)) || isTrue(value(right, tree)))
    case .compare(let left, let sign, let right): return .bool(compares(value(left, tree), sign, value(right, tree)))
    }
  }

  private static func isTrue(_ value: JSON) -> Bool {
    if let bool = value.bool { return bool }
    if let text = value.string { return !text.isEmpty }
    if value.isArray { return !value.elements.isEmpty }
    if value.isObject { return !value.members.isEmpty }
    return !value.isNull
  }

  private static func compares(_ left: JSON, _ sign: String, _ right: JSON) -> Bool {
    switch sign {
    case "==": return isEqual(left, right)
    case "!=": return !isEqual(left, right)
    default:
      guard let a = left.double, let b = right.double else { return false }
      return sign == "<" ? a < b : sign == "<=" ? a <= b : sign == ">" ? a > b : a >= b
    }
  }

  static func isEqual(_ left: JSON, _ right: JSON) -> Bool {
    if let a = left.double, let b = right.double { return a == b }
    return left == right
  }

  // MARK: Reading

  private struct Reader {
    static let depthLimit = 32
    private let characters: [Character]
    private let text: String
    private var place = 0
    private var depth = 0

    init(_ text: String) {
      self.text = text
      characters = Array(text)
    }

    var isAtEnd: Bool { place >= characters.count }
    var problem: RehearsalError { RehearsalError("'(\(text))' is not understood at character \(place + 1)") }
    mutating func skipSpaces() { while !isAtEnd, characters[place] == " " { place += 1 } }

    private mutating func consume(_ word: String) -> Bool {
      skipSpaces()
      guard characters[place...].starts(with: word) else { return false }
      place += word.count
      return true
    }

    mutating func either() throws(RehearsalError) -> Node {
      depth += 1
      defer { depth -= 1 }
      guard depth < Reader.depthLimit else { throw RehearsalError("'(\(text))' is nested too deeply") }
      var node = try both()
      while consume("||") { node = .either(node, try both()) }
      return node
    }

    private mutating func both() throws(RehearsalError) -> Node {
      var node = try comparison()
      while consume("&&") { node = .both(node, try comparison()) }
      return node
    }

    private mutating func comparison() throws(RehearsalError) -> Node {
      if consume("!") { return .not(try comparison()) }
      let left = try path()
      for sign in ["==", "!=", "<=", ">=", "<", ">"] where consume(sign) { return .compare(left, sign, try path()) }
      return left
    }

    private mutating func path() throws(RehearsalError) -> Node {
      var node = try first()
      while true {
        if consume("[?") {
          node = .filter(node, try either())
          guard consume("]") else { throw problem }
        } else if consume("[*]") {
          node = .each(node)
        } else if consume("[") {
          let digits = String(characters[place...].prefix { $0.isNumber || $0 == "-" })
          guard let index = Int(digits) else { throw problem }
          place += digits.count
          guard consume("]") else { throw problem }
          node = .index(node, index)
        } else if consume(".") {
          node = .field(node, Key(try name()))
        } else {
          return node
        }
      }
    }

    private mutating func first() throws(RehearsalError) -> Node {
      skipSpaces()
      if consume("(") {
        let node = try either()
        guard consume(")") else { throw problem }
        return node
      }
      if consume("'") { return .literal(.string(try quoted("'"))) }
      if consume("`") {
        let text = try quoted("`")
        guard let value = try? JSONParser.parse(text) else { throw problem }
        return .literal(value)
      }
      if consume("@") { return .current }
      if consume("length(") {
        let argument = try either()
        guard consume(")") else { throw problem }
        return .length(argument)
      }
      return .field(.current, Key(try name()))
    }

    private mutating func quoted(_ mark: Character) throws(RehearsalError) -> String {
      guard let end = characters[place...].firstIndex(of: mark) else { throw problem }
      defer { place = end + 1 }
      return String(characters[place..<end])
    }

    private mutating func name() throws(RehearsalError) -> String {
      skipSpaces()
      if consume("\"") { return try quoted("\"") }
      let name = String(characters[place...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      guard let first = name.first, !first.isNumber else { throw problem }
      place += name.count
      return name
    }
  }
}
