/// A document of HTML or XML as it grows. What comes from outside is escaped.
struct Markup: Sendable {
  private(set) var bytes: [UInt8] = []

  /// Text of our own.
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Text of others', in an element or in quotes. Characters that XML does not have become U+FFFD.
  mutating func text(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": raw("&amp;")
      case "<": raw("&lt;")
      case ">": raw("&gt;")
      case "\"": raw("&quot;")
      case "'": raw("&#39;")
      case "\t", "\n", "\r": bytes.append(UInt8(scalar.value))
      case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": raw("\u{FFFD}")
      default: bytes.append(contentsOf: UTF8.encode(scalar)!)
      }
    }
  }

  mutating func int(_ number: Int) {
    if (0..<10).contains(number) { bytes.append(UInt8(48 + number)) } else { raw(String(number)) }
  }

  /// `<name attributes>text</name>`
  mutating func element(_ name: String, _ attributes: String = "", _ content: String) {
    open(name, attributes)
    text(content)
    raw("</\(name)>")
  }

  mutating func open(_ name: String, _ attributes: String = "") {
    raw(attributes.isEmpty ? "<\(name)>" : "<\(name) \(attributes)>")
  }

  /// `<name attributes>`, what the body writes, `</name>`.
  mutating func inside(_ name: String, _ attributes: String = "", _ body: (inout Markup) -> Void) {
    open(name, attributes)
    body(&self)
    raw("</\(name)>\n")
  }

  /// A text as it may stand in a quoted attribute.
  static func escaped(_ text: String) -> String {
    var markup = Markup()
    markup.text(text)
    return String(decoding: markup.bytes, as: UTF8.self)
  }
}
