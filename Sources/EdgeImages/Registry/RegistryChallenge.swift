/// One way in which a registry wants to be shown who asks: an entry of WWW-Authenticate. Source: RFC 9110, section 11.6.1.
struct RegistryChallenge: Equatable {
  /// In lower case: "basic", "bearer".
  var scheme: String
  /// Names in lower case.
  var parameters: [String: String] = [:]

  /// - Parameter fields: the values of all header fields of that name.
  static func all(_ fields: [String]) -> [RegistryChallenge] { fields.flatMap(all(in:)) }

  private static func all(in field: String) -> [RegistryChallenge] {
    var challenges: [RegistryChallenge] = []
    var rest = Substring(field)
    while true {
      rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
      let word = rest.prefix { $0 != " " && $0 != "," && $0 != "=" && $0 != "\t" }
      if word.isEmpty { return challenges }
      rest = rest.dropFirst(word.count)
      guard rest.first == "=" else {
        challenges.append(RegistryChallenge(scheme: word.lowercased()))
        continue
      }
      rest = rest.dropFirst()
      let value = value(&rest)
      if !challenges.isEmpty { challenges[challenges.count - 1].parameters[word.lowercased()] = value }
    }
  }

  private static func value(_ rest: inout Substring) -> String {
    guard rest.first == "\"" else {
      let value = rest.prefix { $0 != "," && $0 != " " }
      rest = rest.dropFirst(value.count)
      return String(value)
    }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst(), character != "\"" {
      if character == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(character) }
    }
    return value
  }
}
