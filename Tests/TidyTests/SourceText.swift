/// A file of Swift as the rules see it.
struct SourceText: Sendable {
  /// From the repository's root, such as Sources/CoreStore/Store.swift.
  let path: String
  let text: String
  /// The text without its comments and without what its string literals say; interpolations are code.
  let code: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    var scanner = CodeScanner(text)
    code = scanner.scan()
  }

  /// The folder below Sources.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  var isCore: Bool { target.hasPrefix("Core") }

  var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

  /// The modules that it imports.
  var imports: [String] {
    code.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count else { return nil }
      return words[words.count - 1].split(separator: ".").first.map(String.init)
    }
  }

  /// Whether a word stands in the code: not as a part of another, and not as the name of a function that is declared.
  func uses(_ word: String, called: Bool) -> Bool {
    var rest = code[...]
    while let place = rest.firstRange(of: word) {
      let before = code[..<place.lowerBound]
      rest = rest[place.upperBound...]
      let isWhole = !isPartOfName(before.last) && !isPartOfName(rest.first)
      if isWhole, !before.hasSuffix("func "), !called || rest.first == "(" { return true }
    }
    return false
  }

  /// The functions that are called as such: no methods, unless of Glibc.
  var functionsCalled: Set<String> {
    let bytes = Array(code.utf8)
    var found: Set<String> = []
    for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "(") {
      let name = bytes[..<place].reversed().prefix { isPartOfName(Character(UnicodeScalar($0))) }.reversed()
      let before = bytes[..<(place - name.count)]
      let text = String(decoding: name, as: UTF8.self)
      if before.ends(with: "Glibc.") {
        found.insert(text)
      } else if !name.isEmpty, before.last != UInt8(ascii: "."), !before.ends(with: "func "), !before.ends(with: "case ") {
        found.insert(text)
      }
    }
    return found
  }

  func declares(_ name: String) -> Bool {
    ["func \(name)(", "func \(name)<", "let \(name)", "\(name): (", "\(name): @"].contains { code.firstRange(of: $0) != nil }
  }

  private func isPartOfName(_ character: Character?) -> Bool {
    character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

/// Takes comments and literals out of Swift.
struct CodeScanner {
  private let bytes: [UInt8]
  private var index = 0
  private var code: [UInt8] = []

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func scan() -> String {
    scanCode(endsAtParenthesis: false)
    return String(decoding: code, as: UTF8.self)
  }

  private func starts(_ mark: String) -> Bool { bytes[index...].starts(with: mark.utf8) }

  private mutating func skip(behind mark: String) {
    while index < bytes.count, !starts(mark) { index += 1 }
    index = min(bytes.count, index + mark.utf8.count)
  }

  private mutating func scanCode(endsAtParenthesis: Bool) {
    var depth = 0
    while index < bytes.count {
      if starts("//") {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      } else if starts("/*") {
        skip(behind: "*/")
      } else if let marks = literalMarks() {
        scanLiteral(marks)
      } else {
        if bytes[index] == UInt8(ascii: "(") { depth += 1 }
        if bytes[index] == UInt8(ascii: ")") {
          if depth == 0, endsAtParenthesis { return }
          depth -= 1
        }
        code.append(bytes[index])
        index += 1
      }
    }
  }

  /// How many # stand before the quotes of a literal that begins here, and whether it has three quotes.
  private func literalMarks() -> (hashes: Int, isLong: Bool)? {
    let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
    let quotes = bytes[(index + hashes)...].prefix { $0 == UInt8(ascii: "\"") }.count
    return quotes == 0 ? nil : (hashes, quotes >= 3)
  }

  private mutating func scanLiteral(_ marks: (hashes: Int, isLong: Bool)) {
    let hashes = String(repeating: "#", count: marks.hashes)
    let end = (marks.isLong ? "\"\"\"" : "\"") + hashes
    index += end.utf8.count
    code += Array("\"".utf8)
    while index < bytes.count, !starts(end) {
      if starts("\\" + hashes + "(") {
        index += 2 + marks.hashes
        code += Array(" ".utf8)
        scanCode(endsAtParenthesis: true)
        index += 1
      } else if starts("\\") {
        index += 2
      } else {
        index += 1
      }
    }
    index = min(bytes.count, index + end.utf8.count)
    code += Array("\"".utf8)
  }
}
