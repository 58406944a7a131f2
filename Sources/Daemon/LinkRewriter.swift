/// Has the links of a page in HTML that is read through a proxy lead where its reader finds them: the ones that begin with a slash.
/// It takes the page in pieces of any size. Source: k8s.io/apimachinery/pkg/util/proxy/transport.go, v0.36.
package struct LinkRewriter: Sendable {
  /// A tag longer than this stays as it is.
  private static let tagLimit = 1 << 16
  /// What is text to its end, whatever is in it.
  private static let texts: Set<String> = ["script", "style", "textarea", "title", "xmp", "noscript"]
  /// Attributes that hold links, and the tags that have them.
  private static let links: [String: Set<String>] = [
    "action": ["form"], "background": ["body"], "cite": ["blockquote", "del", "ins", "q"], "classid": ["object"],
    "codebase": ["applet", "object"], "data": ["object"], "formaction": ["button", "input"],
    "href": ["a", "area", "base", "link"],
    "icon": ["command"], "longdesc": ["frame", "iframe", "img"], "manifest": ["html"], "poster": ["video"], "profile": ["head"],
    "src": ["audio", "embed", "frame", "iframe", "img", "input", "script", "source", "track", "video"],
    "usemap": ["img", "input", "object"],
  ]

  private let rewrite: @Sendable (String) -> String
  private var waiting: [UInt8] = []
  /// The end of what is text now: "</script".
  private var textEnd: [UInt8]?

  /// - Parameter rewrite: where a link leads
  package init(_ rewrite: @escaping @Sendable (String) -> String) { self.rewrite = rewrite }

  /// The page's next piece, as far as it is certain.
  package mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
    waiting += bytes
    var out: [UInt8] = []
    var start = 0
    while start < waiting.count {
      guard let open = waiting[start...].firstIndex(of: UInt8(ascii: "<")) else {
        out += waiting[start...]
        start = waiting.count
        break
      }
      out += waiting[start..<open]
      start = open
      guard let end = end(ofTagAt: open) else {
        guard waiting.count - open > LinkRewriter.tagLimit else { break }
        out.append(waiting[open])
        start = open + 1
        continue
      }
      out += tag(waiting[open..<end])
      start = end
    }
    waiting.removeFirst(start)
    return out
  }

  /// What is left at the end.
  package mutating func finish() -> [UInt8] {
    defer { waiting = [] }
    return waiting
  }

  /// Behind the tag, the comment, or the single "<" of a text; nil while that is not known.
  private func end(ofTagAt open: Int) -> Int? {
    if let textEnd {
      let part = waiting[open...].prefix(textEnd.count)
      guard LinkRewriter.lowered(part).elementsEqual(textEnd.prefix(part.count)) else { return open + 1 }
      return part.count < textEnd.count ? nil : open + part.count
    }
    guard open + 1 < waiting.count else { return nil }
    let second = waiting[open + 1]
    guard second | 0x20 >= 0x61 && second | 0x20 <= 0x7A || "/!?".utf8.contains(second) else { return open + 1 }
    let comment = Array("<!--".utf8)
    let part = waiting[open...].prefix(comment.count)
    if part.elementsEqual(comment.prefix(part.count)) {
      guard part.count == comment.count else { return nil }
      var index = open + comment.count
      while let dash = waiting[index...].firstIndex(of: UInt8(ascii: "-")) {
        if waiting[dash...].starts(with: "-->".utf8) { return dash + 3 }
        index = dash + 1
      }
      return nil
    }
    var quote: UInt8?
    for index in (open + 1)..<waiting.count {
      let byte = waiting[index]
      if byte == quote {
        quote = nil
      } else if quote == nil {
        if byte == UInt8(ascii: ">") { return index + 1 }
        let opens = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
        if opens, LinkRewriter.isBlank(waiting[index - 1]) || waiting[index - 1] == UInt8(ascii: "=") { quote = byte }
      }
    }
    return nil
  }

  private mutating func tag(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    if textEnd != nil {
      if bytes.count > 1 { textEnd = nil }
      return Array(bytes)
    }
    let name = String(
      decoding: LinkRewriter.lowered(bytes.dropFirst().prefix { !LinkRewriter.isBlank($0) && $0 != 0x2F && $0 != 0x3E }),
      as: UTF8.self)
    if LinkRewriter.texts.contains(name) { textEnd = Array("</\(name)".utf8) }
    var out: [UInt8] = []
    var rest = bytes
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      let before = rest[..<equals]
      let word = before.reversed().drop(while: LinkRewriter.isBlank).prefix { !LinkRewriter.isBlank($0) }.reversed()
      let attribute = String(decoding: LinkRewriter.lowered(word), as: UTF8.self)
      var value = rest[(equals + 1)...].drop(while: LinkRewriter.isBlank)
      let quote = value.first.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") ? $0 : nil }
      if quote != nil { value = value.dropFirst() }
      let text = value.prefix { quote == nil ? !LinkRewriter.isBlank($0) && $0 != 0x3E : $0 != quote }
      out += rest[..<text.startIndex]
      if LinkRewriter.links[attribute]?.contains(name) == true {
        out += Array(rewrite(String(decoding: text, as: UTF8.self)).utf8)
      } else {
        out += text
      }
      rest = rest[text.endIndex...]
    }
    return out + rest
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func lowered(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
  }
}
