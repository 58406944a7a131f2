import CoreObjects

/// A form that a text can have, by the name that Kubernetes gives it.
package enum TextForm: String, CaseIterable, Sendable {
  case dns1123Label, dns1123Subdomain, dns1035Label, qualifiedName, dns1123LabelPrefix, dns1123SubdomainPrefix, dns1035LabelPrefix
  case labelValue, uri, uuid, byte, date, datetime

  /// As long as the pattern that costs are counted by.
  var patternLength: Int {
    switch self {
    case .dns1123Label, .dns1035Label, .dns1123LabelPrefix, .dns1035LabelPrefix: 30
    case .dns1123Subdomain, .qualifiedName, .dns1123SubdomainPrefix: 60
    case .labelValue: 40
    case .uri: 1100
    case .uuid: 82
    case .byte: 100
    case .date, .datetime: 85
    }
  }

  /// By which the costs are estimated, whatever the form.
  static let estimatedPattern = 128

  package func fits(_ text: String) -> Bool { problems(text).isEmpty }

  /// What is wrong with the text; nothing where it has the form.
  func problems(_ text: String) -> [String] {
    switch self {
    case .dns1123Label: TextForm.label(text)
    case .dns1123LabelPrefix: TextForm.label(TextForm.completed(text))
    case .dns1123Subdomain: TextForm.subdomain(text)
    case .dns1123SubdomainPrefix: TextForm.subdomain(TextForm.completed(text))
    case .dns1035Label: TextForm.startingLabel(text)
    case .dns1035LabelPrefix: TextForm.startingLabel(TextForm.completed(text))
    case .qualifiedName: TextForm.qualified(text)
    case .labelValue: text.isEmpty ? [] : TextForm.named(text, "a label's value")
    case .uri: URLText.reads(text) ? [] : ["it is no absolute URL or path"]
    case .uuid: TextForm.isUUID(text) ? [] : ["it is no UUID"]
    case .byte: TextForm.isBase64(text) ? [] : ["it is no base64"]
    case .date: TextForm.isDate(text) ? [] : ["it is no date"]
    case .datetime: TextForm.isDateTime(text) ? [] : ["it is no date with a time"]
    }
  }

  /// A prefix may end with a dash: something follows.
  private static func completed(_ text: String) -> String { text.hasSuffix("-") && text.count > 1 ? text.dropLast() + "a" : text }

  private static func tooLong(_ text: String, _ limit: Int) -> [String] {
    text.utf8.count > limit ? ["it is longer than \(limit) bytes"] : []
  }

  private static func isLabel(_ text: Substring) -> Bool {
    func isEdge(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || Lexer.isDigit(byte) }
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isEdge(first) && isEdge(last) && text.utf8.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
  }

  private static func label(_ text: String) -> [String] {
    tooLong(text, 63)
      + (isLabel(text[...])
        ? [] : ["it has to consist of lower case letters, digits and '-', and to begin and end with a letter or digit"])
  }

  private static func startingLabel(_ text: String) -> [String] {
    let isWell = isLabel(text[...]) && text.utf8.first.map(Lexer.isDigit) == false
    return tooLong(text, 63)
      + (isWell
        ? [] : ["it has to consist of lower case letters, digits and '-', begin with a letter and end with a letter or digit"])
  }

  private static func subdomain(_ text: String) -> [String] {
    let isWell = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    return tooLong(text, 253)
      + (isWell ? [] : ["it has to consist of parts of lower case letters, digits and '-', joined by '.'"])
  }

  private static func named(_ text: String, _ what: String) -> [String] {
    func isEdge(_ byte: UInt8) -> Bool { byte != UInt8(ascii: "_") && (Lexer.isLetter(byte) || Lexer.isDigit(byte)) }
    guard let first = text.utf8.first, let last = text.utf8.last else { return ["\(what) is empty"] }
    let isWell = isEdge(first) && isEdge(last) && text.utf8.allSatisfy { isEdge($0) || "-_.".utf8.contains($0) }
    return tooLong(text, 63)
      + (isWell
        ? [] : ["\(what) has to consist of letters, digits, '-', '_' and '.', and to begin and end with a letter or digit"])
  }

  private static func qualified(_ text: String) -> [String] {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: return named(text, "a name")
    case 2: return (parts[0].isEmpty ? ["its prefix is empty"] : subdomain(String(parts[0]))) + named(String(parts[1]), "a name")
    default: return ["it has to be a name, with or without a prefix and '/' in front"]
    }
  }

  private static func isUUID(_ text: String) -> Bool {
    var rest = text.utf8[...]
    for (number, count) in [8, 4, 4, 4, 12].enumerated() {
      if number > 0, rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      let digits = rest.prefix(count)
      guard digits.count == count, digits.allSatisfy(Lexer.isHexadecimal) else { return false }
      rest = rest[digits.endIndex...]
    }
    return rest.isEmpty
  }

  private static func isBase64(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count % 4 == 0 else { return false }
    let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    return padding <= 2
      && text.utf8.dropLast(padding).allSatisfy {
        $0 != UInt8(ascii: "_") && (Lexer.isLetter($0) || Lexer.isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/"))
      }
  }

  private static func isDate(_ text: String) -> Bool {
    text.utf8.count == 10 && CELTimestamp(rfc3339: text + "T00:00:00Z") != nil
  }

  private static func isDateTime(_ text: String) -> Bool {
    let parts = Text.uppercased(text).split(separator: "T", omittingEmptySubsequences: false)
    return parts.count == 2 && isDate(String(parts[0])) && CELTimestamp(rfc3339: parts.joined(separator: "T")) != nil
  }
}
