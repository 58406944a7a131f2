/// A URL in its parts, as Go's net/url takes it apart (go1.26): schemes and absolute paths, nothing relative.
struct URLText: Sendable, Equatable {
  var scheme = ""
  /// With the port, brackets around an address of IPv6.
  var host = ""
  /// Escaped as it has to be.
  var path = ""
  var query = ""

  /// Nil for what is no absolute URL or path.
  init?(_ text: String) {
    guard URLText.reads(text) else { return nil }
    // Where there is a fragment, it belongs to neither the path nor the query.
    let pieces = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    guard pieces.count == 1 || URLText.unescaped(pieces[1]) != nil, let parts = URLText.parts(String(pieces[0])) else {
      return nil
    }
    self = parts
  }

  private init() {}

  /// Whether it is an absolute URL or path.
  static func reads(_ text: String) -> Bool { parts(text) != nil }

  private static func parts(_ text: String) -> URLText? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    var url = URLText()
    if text == "*" {
      url.path = "*"
      return url
    }
    guard let (scheme, behind) = scheme(text) else { return nil }
    url.scheme = scheme
    var rest = behind
    if let mark = rest.firstIndex(of: "?") {
      url.query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    // "mailto:somebody" has neither a host nor a path.
    guard rest.hasPrefix("/") else { return scheme.isEmpty ? nil : url }
    if !scheme.isEmpty, rest.hasPrefix("//") {
      let authority = rest.dropFirst(2).prefix { $0 != "/" }
      guard let host = host(authority) else { return nil }
      url.host = host
      rest = rest[authority.endIndex...]
    }
    guard let path = escapedPath(rest) else { return nil }
    url.path = path
    return url
  }

  private static func scheme(_ text: String) -> (String, Substring)? {
    for (place, byte) in zip(text.utf8.indices, text.utf8) {
      let isFirst = place == text.utf8.startIndex
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: continue
      case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        if isFirst { return ("", text[...]) }
      case UInt8(ascii: ":"):
        return isFirst ? nil : (Text.lowercased(String(text[..<place])), text[text.utf8.index(after: place)...])
      default: return ("", text[...])
      }
    }
    return ("", text[...])
  }

  private static func host(_ authority: Substring) -> String? {
    var host = authority
    if let at = authority.lastIndex(of: "@") {
      let user = authority[..<at]
      let isWell = user.utf8.allSatisfy {
        Lexer.isLetter($0) || Lexer.isDigit($0) || "-._:~!$&'()*+,;=%@".utf8.contains($0)
      }
      guard isWell, unescaped(user) != nil else { return nil }
      host = authority[authority.index(after: at)...]
    }
    var port = Substring()
    if host.hasPrefix("[") {
      guard let end = host.lastIndex(of: "]") else { return nil }
      port = host[host.index(after: end)...]
    } else if let colon = host.lastIndex(of: ":") {
      port = host[colon...]
    }
    guard isPort(port) else { return nil }
    return unescapedHost(host)
  }

  static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.hasPrefix(":") && text.utf8.dropFirst().allSatisfy(Lexer.isDigit))
  }

  /// In a host only what is not ASCII may be escaped.
  private static func unescapedHost(_ host: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = host.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let value = hexadecimal(&rest), value >= 0x80 || value == 0x25 else { return nil }
        bytes.append(value)
      } else {
        let isWell =
          byte >= 0x80 || Lexer.isLetter(byte) || Lexer.isDigit(byte) || "-_.~!$&'()*+,;=:[]<>\"".utf8.contains(byte)
        guard isWell else { return nil }
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ rest: inout Substring.UTF8View) -> UInt8? {
    let digits = rest.prefix(2)
    guard digits.count == 2, digits.allSatisfy(Lexer.isHexadecimal) else { return nil }
    rest.removeFirst(2)
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// Nil where a "%" has no two digits behind it.
  private static func unescaped(_ text: Substring, plusIsBlank: Bool = false) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let value = hexadecimal(&rest) else { return nil }
        bytes.append(value)
      } else {
        bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return bytes
  }

  /// As it is where all of it may stand in a path; escaped anew otherwise.
  private static func escapedPath(_ path: Substring) -> String? {
    guard let plain = unescaped(path) else { return nil }
    func isPlain(_ byte: UInt8) -> Bool {
      (Lexer.isLetter(byte) || Lexer.isDigit(byte)) || "-_.~$&+,/:;=@".utf8.contains(byte)
    }
    if path.utf8.allSatisfy({ isPlain($0) || "!'()*[]%".utf8.contains($0) }) { return String(path) }
    var escaped = ""
    for byte in plain {
      if isPlain(byte) {
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return escaped
  }

  /// Without the port and brackets.
  var hostname: String {
    var name = host[...]
    if let colon = name.lastIndex(of: ":"), URLText.isPort(name[colon...]) { name = name[..<colon] }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    return String(name)
  }

  var port: String {
    guard let colon = host.lastIndex(of: ":"), URLText.isPort(host[colon...]) else { return "" }
    return String(host[host.index(after: colon)...])
  }

  /// All values of each key, in the order in which they stand there. What cannot be read is left out.
  var parameters: [(key: String, values: [String])] {
    var parameters: [(key: String, values: [String])] = []
    var places: [String: Int] = [:]
    for piece in query.split(separator: "&") where !piece.contains(";") {
      let sides = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let key = URLText.unescaped(sides[0], plusIsBlank: true),
        let value = sides.count == 2 ? URLText.unescaped(sides[1], plusIsBlank: true) : []
      else { continue }
      let (name, text) = (String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self))
      if let place = places[name] {
        parameters[place].values.append(text)
      } else {
        places[name] = parameters.count
        parameters.append((name, [text]))
      }
    }
    return parameters
  }
}
