/// A path into a document (RFC 6901): "/spec/containers/0/image". "~1" is a slash and "~0" a tilde.
package struct JSONPointer: Sendable, Equatable {
  package let tokens: [String]

  /// Nil unless the text is empty or begins with a slash, has only whole escapes and as many steps as a document may be deep.
  package init?(_ text: String) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    let steps = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard steps.count <= JSONParser.depthLimit else { return nil }
    var tokens: [String] = []
    for step in steps {
      guard let token = JSONPointer.unescape(step) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  init(tokens: [String]) { self.tokens = tokens }

  private static func unescape(_ step: Substring.UTF8View) -> String? {
    var out: [UInt8] = []
    var bytes = step.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "~") else {
        out.append(byte)
        continue
      }
      switch bytes.next() {
      case UInt8(ascii: "0"): out.append(UInt8(ascii: "~"))
      case UInt8(ascii: "1"): out.append(UInt8(ascii: "/"))
      default: return nil
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  package var text: String {
    var out: [UInt8] = []
    for token in tokens {
      out.append(UInt8(ascii: "/"))
      for byte in token.utf8 {
        switch byte {
        case UInt8(ascii: "~"): out += [UInt8(ascii: "~"), UInt8(ascii: "0")]
        case UInt8(ascii: "/"): out += [UInt8(ascii: "~"), UInt8(ascii: "1")]
        default: out.append(byte)
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  var parent: JSONPointer { JSONPointer(tokens: Array(tokens.dropLast())) }

  /// The value there, which may be null; nil where there is none.
  package func find(in tree: JSON) -> JSON? {
    var value = tree
    for token in tokens {
      guard let next = value.child(token) else { return nil }
      value = next
    }
    return value
  }

  /// Changes the value there in place; false where there is none.
  func edit(_ tree: inout JSON, _ body: (inout JSON, Int) -> Void) -> Bool { JSONPointer.edit(&tree, tokens[...], body) }

  private static func edit(_ tree: inout JSON, _ tokens: ArraySlice<String>, _ body: (inout JSON, Int) -> Void) -> Bool {
    guard let token = tokens.first else {
      body(&tree, 0)
      return true
    }
    if case .object(var members) = tree, let index = members.firstIndex(where: { $0.key == Key(token) }) {
      tree = .null
      defer { tree = .object(members) }
      return edit(&members[index].value, tokens.dropFirst(), body)
    }
    if case .array(var elements) = tree, let index = arrayIndex(token), index < elements.count {
      tree = .null
      defer { tree = .array(elements) }
      return edit(&elements[index], tokens.dropFirst(), body)
    }
    return false
  }

  /// Digits without a leading zero.
  static func arrayIndex(_ token: String) -> Int? {
    let bytes = token.utf8
    guard let first = bytes.first, bytes.allSatisfy({ $0 >= 48 && $0 <= 57 }), first != 48 || bytes.count == 1 else { return nil }
    return Int(token)
  }
}

extension JSON {
  fileprivate func child(_ token: String) -> JSON? {
    switch self {
    case .object(let members):
      let key = Key(token)
      return members.first { $0.key == key }?.value
    case .array(let elements):
      guard let index = JSONPointer.arrayIndex(token), index < elements.count else { return nil }
      return elements[index]
    default: return nil
    }
  }

  /// Adds a member or inserts an element ("-" is the end); what was wrong, or nil.
  mutating func insert(_ value: JSON, at token: String) -> String? {
    switch self {
    case .object(var members):
      self = .null
      let key = Key(token)
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = value
      } else {
        members.append(Member(key: key, value: value))
      }
      self = .object(members)
    case .array(var elements):
      guard let index = token == "-" ? elements.count : JSONPointer.arrayIndex(token) else {
        return "'\(token)' is no array index"
      }
      guard index <= elements.count else { return "index \(index) is beyond the array's \(elements.count) elements" }
      self = .null
      elements.insert(value, at: index)
      self = .array(elements)
    default: return "its parent is \(typeName), not an object or an array"
    }
    return nil
  }

  mutating func removeChild(_ token: String) {
    if case .array(var elements) = self, let index = JSONPointer.arrayIndex(token), index < elements.count {
      self = .null
      elements.remove(at: index)
      self = .array(elements)
    } else {
      remove(Key(token))
    }
  }

  /// Whether it nests at most `depth` deep and holds at most `values` values, which are taken off.
  func fits(depth: Int, values: inout Int) -> Bool {
    values -= 1
    guard depth >= 0, values >= 0 else { return false }
    switch self {
    case .array(let elements):
      for element in elements where !element.fits(depth: depth - 1, values: &values) { return false }
    case .object(let members):
      for member in members where !member.value.fits(depth: depth - 1, values: &values) { return false }
    default: break
    }
    return true
  }
}
