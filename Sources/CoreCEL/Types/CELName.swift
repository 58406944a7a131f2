/// Names of properties as names of expressions. Source: Escape, apiserver/pkg/cel/escaping.go, v1.36.
package enum CELName {
  private static let keywords = ["true", "false", "null", "in"] + Parser.reserved.filter { $0 != "let" } + ["let"]

  /// The name by which an expression calls a property: "a-b" is `a__dash__b`. Nil where no name can.
  package static func escape(_ name: String) -> String? {
    guard let first = name.utf8.first, !Lexer.isDigit(first) else { return nil }
    if keywords.contains(name) { return "__\(name)__" }
    var escaped = ""
    var rest = name.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "."): escaped += "__dot__"
      case UInt8(ascii: "-"): escaped += "__dash__"
      case UInt8(ascii: "/"): escaped += "__slash__"
      case UInt8(ascii: "_") where rest.first == UInt8(ascii: "_"):
        rest.removeFirst()
        escaped += "__underscores__"
      case _ where Lexer.isLetter(byte) || Lexer.isDigit(byte): escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: return nil
      }
    }
    return escaped
  }
}
