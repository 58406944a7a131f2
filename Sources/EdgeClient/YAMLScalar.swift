import CoreObjects

/// What a plain scalar means. Neither YAML 1.1 nor 1.2: as sigs.k8s.io/yaml reads it (goyaml.v2, resolve.go), with which the API
/// server and kubectl read manifests.
enum YAMLScalar {
  private static let truths: Set<String> = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"]
  private static let falsehoods: Set<String> = ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"]
  private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]
  /// Above it a number without a fraction is written with an exponent.
  private static let wholeLimit = 1e18

  static func value(_ text: String) -> JSON {
    if truths.contains(text) { return .bool(true) }
    if falsehoods.contains(text) { return .bool(false) }
    if nulls.contains(text) { return .null }
    guard let first = text.utf8.first, first == 0x2B || first == 0x2D || first == 0x2E || (0x30...0x39).contains(first) else {
      return .string(text)
    }
    let plain = text.filter { $0 != "_" }
    if let number = integer(plain[...]) { return .int(number) }
    guard isDecimal(plain), let number = Double(plain), number.isFinite else { return .string(text) }
    // A number that is whole is written without a fraction.
    return number.rounded() == number && abs(number) < wholeLimit ? .int(Int64(number)) : .double(number)
  }

  /// A key is resolved like a value, and spelled anew; nil for one that is no text, number or boolean.
  static func key(_ text: String) -> String? {
    switch value(text) {
    case .string(let text): text
    case .int(let number): String(number)
    case .double(let number): Float(number).description
    case .bool(let flag): String(flag)
    default: nil
    }
  }

  /// A sign, and digits behind 0x, 0o, 0b or (octal) 0.
  private static func integer(_ text: Substring) -> Int64? {
    let isNegative = text.hasPrefix("-")
    var digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
    guard let first = digits.first, first.isNumber else { return nil }
    var radix = 10
    if first == "0", digits.count > 1 {
      let prefixes: [Substring: Int] = ["0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2]
      let known = prefixes[digits.prefix(2)]
      radix = known ?? 8
      digits = digits.dropFirst(known == nil ? 1 : 2)
      if digits.first == "+" || digits.first == "-" { return nil }
    }
    return Int64((isNegative ? "-" : "") + digits, radix: radix)
  }

  /// A sign, digits with at most one point among them, and an exponent.
  private static func isDecimal(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func skip(oneOf bytes: String) -> Bool {
      guard let first = rest.first, bytes.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    func skipDigits() -> Bool {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest[digits.endIndex...]
      return !digits.isEmpty
    }
    _ = skip(oneOf: "+-")
    let isWhole = skipDigits()
    let isFraction = skip(oneOf: ".") && skipDigits()
    guard isWhole || isFraction else { return false }
    guard skip(oneOf: "eE") else { return rest.isEmpty }
    _ = skip(oneOf: "+-")
    return skipDigits() && rest.isEmpty
  }
}
