import CoreObjects

/// Formats of texts that a schema may name. Source: the formats of kube-openapi/pkg/validation/strfmt that custom resources may have,
/// pkg/apiserver/validation/formats.go of apiextensions-apiserver, v1.36. Others are not looked at.
enum TextFormat {
  /// What the text should be, in words; nil where it is so, or the format is not known.
  static func problem(_ text: String, _ format: String) -> String? {
    let bytes = Array(text.utf8)
    switch format.filter({ $0 != "-" }) {
    case "datetime": return ScalarSyntax.isTime(text) ? nil : "a time in RFC 3339, for example 2026-01-31T12:00:00Z"
    case "date": return isDate(bytes) ? nil : "a date, for example 2026-01-31"
    case "duration": return isDuration(text) ? nil : "a duration, for example 1h30m"
    case "byte": return ScalarSyntax.isBase64(text) ? nil : "base64"
    case "ipv4": return AddressText(text) != nil && text.contains(".") && !text.contains(":") ? nil : "an IPv4 address"
    case "ipv6": return AddressText(text) != nil && text.contains(":") ? nil : "an IPv6 address"
    case "cidr": return isCIDR(text) ? nil : "an address range, for example 10.0.0.0/8"
    case "hostname": return FieldRules.isSubdomain(text.lowercased()) ? nil : "a host name"
    case "email": return isEmail(text) ? nil : "an email address"
    case "mac": return isMAC(bytes) ? nil : "a hardware address, for example 02:00:00:00:00:01"
    case "uuid": return isUUID(bytes, version: nil) ? nil : "a UUID"
    case "uuid3": return isUUID(bytes, version: "3") ? nil : "a UUID of version 3"
    case "uuid4": return isUUID(bytes, version: "4") ? nil : "a UUID of version 4"
    case "uuid5": return isUUID(bytes, version: "5") ? nil : "a UUID of version 5"
    case "uri": return isURI(text) ? nil : "a URI"
    case "hexcolor": return isHexColor(bytes) ? nil : "a colour, for example #ffa500"
    case "k8sshortname": return FieldRules.isLabel(text) ? nil : "a DNS label"
    case "k8slongname": return FieldRules.isSubdomain(text) ? nil : "a DNS subdomain"
    default: return nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }

  private static func isDate(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return false }
    return ScalarSyntax.isTime(String(decoding: bytes, as: UTF8.self) + "T00:00:00Z")
  }

  /// Go's, and what strfmt takes besides: days and weeks, with spaces.
  private static func isDuration(_ text: String) -> Bool {
    let units: Set<String> = [
      "ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "nano", "nanosecond", "nanoseconds", "milli", "millisecond",
      "milliseconds", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hr", "hour", "hours", "day",
      "days",
      "wk", "week", "weeks",
    ]
    var rest = Substring(text)
    if rest == "0" { return true }
    if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
    if rest.isEmpty { return false }
    while !rest.isEmpty {
      rest = rest.drop { $0 == " " }
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard number.contains(where: { $0.isNumber }), number.count(where: { $0 == "." }) <= 1 else { return false }
      rest = rest.dropFirst(number.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isLetter }
      guard units.contains(String(unit)) else { return false }
      rest = rest.dropFirst(unit.count)
    }
    return true
  }

  private static func isCIDR(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Int(parts[1]), AddressText(String(parts[0])) != nil else { return false }
    return (0...(parts[0].contains(":") ? 128 : 32)).contains(length)
  }

  private static func isEmail(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && !text.contains(" ")
  }

  private static func isMAC(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 17 || bytes.count == 23 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      index % 3 == 2 ? byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") : isHex(byte)
    }
  }

  private static func isUUID(_ bytes: [UInt8], version: Character?) -> Bool {
    let plain = bytes.filter { $0 != UInt8(ascii: "-") }
    guard plain.count == 32, plain.allSatisfy(isHex), bytes.count == 32 || bytes.count == 36 else { return false }
    guard let version else { return true }
    return plain[12] == version.asciiValue && (version == "3" || "89abAB".utf8.contains(plain[16]))
  }

  private static func isURI(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
    if text.hasPrefix("/") { return true }
    guard let colon = text.firstIndex(of: ":"), let first = text.first, first.isLetter else { return false }
    return text[..<colon].allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
  }

  private static func isHexColor(_ bytes: [UInt8]) -> Bool {
    let digits = bytes.first == UInt8(ascii: "#") ? bytes.dropFirst() : bytes[...]
    return (digits.count == 3 || digits.count == 6) && digits.allSatisfy(isHex)
  }
}
