/// `'%s has %d'.format(['web', 3])`. Source: ext/formatting.go of cel-go, with the locale en_US, as Kubernetes has it.
enum TextFormat {
  static func format(_ text: String, _ values: [CELValue]) throws(CELFailure) -> String {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    var used = 0
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      if rest.first == "%" {
        result.append("%")
        rest.removeFirst()
        continue
      }
      let precision = try precision(&rest)
      guard let letter = rest.popFirst() else { throw wrong("the text ends with '%'") }
      guard used < values.count else { throw wrong("there are more places than the \(values.count) values") }
      result.append(contentsOf: try clause(letter, precision, values[used]).unicodeScalars)
      used += 1
      if result.count > CELLimits.madeBytes { throw CELFailure(.overflow, "the text is too long") }
    }
    return String(result)
  }

  private static func wrong(_ message: String) -> CELFailure { CELFailure(.invalidArgument, "format: \(message)") }

  private static func precision(_ rest: inout Substring.UnicodeScalarView) throws(CELFailure) -> Int? {
    guard rest.first == "." else { return nil }
    rest.removeFirst()
    var precision = 0
    var count = 0
    while let digit = rest.first, ("0"..."9").contains(digit) {
      precision = precision * 10 + Int(digit.value - 0x30)
      count += 1
      if precision > 100 { throw wrong("more than 100 digits are asked for") }
      rest.removeFirst()
    }
    if count == 0 { throw wrong("there are no digits behind '.'") }
    return precision
  }

  private static func clause(_ letter: Unicode.Scalar, _ precision: Int?, _ value: CELValue) throws(CELFailure) -> String {
    switch letter {
    case "s": return try plain(value)
    case "d":
      switch value {
      case .int(let number): return String(number)
      case .uint(let number): return String(number)
      default: break
      }
    case "f", "e":
      let number: Double
      switch value {
      case .double(let given): number = given
      case .string("NaN"): number = .nan
      case .string("Infinity"): number = .infinity
      case .string("-Infinity"): number = -.infinity
      default: throw wrong("'%\(letter)' takes a double, and no \(value.typeName)")
      }
      if number.isNaN { return "NaN" }
      if number.isInfinite { return number < 0 ? "-∞" : "∞" }
      let digits = DecimalText(number)
      return letter == "f" ? digits.fixed(precision ?? 6) : digits.scientific(precision ?? 6)
    case "b":
      if case .bool(let flag) = value { return flag ? "1" : "0" }
      if let text = inRadix(value, 2, isUppercase: false) { return text }
    case "o": if let text = inRadix(value, 8, isUppercase: false) { return text }
    case "x", "X":
      if let text = inRadix(value, 16, isUppercase: letter == "X") { return text }
      var bytes: [UInt8]?
      if case .string(let text) = value { bytes = Array(text.utf8) }
      if case .bytes(let given) = value { bytes = given }
      if let bytes {
        return bytes.map { byte in
          let digits = String(byte, radix: 16, uppercase: letter == "X")
          return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
      }
    default: throw wrong("there is no '%\(letter)'")
    }
    throw wrong("'%\(letter)' does not take a \(value.typeName)")
  }

  private static func inRadix(_ value: CELValue, _ radix: Int, isUppercase: Bool) -> String? {
    switch value {
    case .int(let number): String(number, radix: radix, uppercase: isUppercase)
    case .uint(let number): String(number, radix: radix, uppercase: isUppercase)
    default: nil
    }
  }

  private static func plain(_ value: CELValue) throws(CELFailure) -> String {
    switch value {
    case .null: return "null"
    case .made, .tree, .map, .object: return try nested(value)
    case .optional, .opaque, .message: throw wrong("'%s' does not take a \(value.typeName)")
    default: return try Conversions.text(of: value)
    }
  }

  /// As an expression would have it.
  private static func nested(_ value: CELValue) throws(CELFailure) -> String {
    switch value {
    case .string(let text): return Text.quoted(text)
    case .bytes(let bytes): return "b" + Text.quoted(String(decoding: bytes, as: UTF8.self))
    case .timestamp, .duration:
      let name = if case .timestamp = value { "timestamp" } else { "duration" }
      return "\(name)(\"\(try Conversions.text(of: value))\")"
    case .double(let number):
      if !number.isFinite { return "\"\(number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf")\"" }
      return DecimalText(number).fixed(6, isGrouped: false)
    case .made, .tree:
      var parts: [String] = []
      for element in try value.elements() ?? [] { parts.append(try nested(element)) }
      return "[" + parts.joined(separator: ", ") + "]"
    case .map, .object:
      var parts: [(key: String, value: String)] = []
      for key in value.keys ?? [] { parts.append((try nested(key), try value.find(key).map(nested) ?? "null")) }
      parts.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      return "{" + parts.map { "\($0.key):\($0.value)" }.joined(separator: ", ") + "}"
    default: return try plain(value)
    }
  }
}
